"""From files to passages that can be searched; knows nothing of prompts."""
