"""Gold sets: questions, and the quotes that answer them; how they are read, checked, drafted and added to."""
