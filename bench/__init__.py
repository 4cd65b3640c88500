"""Measurements: each script is one claim's command, each file in `results` one run of it. See README.md."""
