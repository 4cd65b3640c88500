"""The command line: each command is one call of the Python API, and only here is anything printed."""
