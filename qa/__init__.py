"""From a question to an answer whose every quote stands in an article; knows nothing of Gradio."""
