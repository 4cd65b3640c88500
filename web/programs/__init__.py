"""What programs ask over HTTP: OpenAI's chat completions, Gradio's endpoints, MCP tools."""
