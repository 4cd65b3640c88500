"""What every floor stands on: errors to mend, words, what can be shown, whole files, hosts. Imports nothing of ours."""

import os

# Read when these are imported: onnxruntime (from 1.29) and huggingface_hub else tell their makers that they are used.
os.environ["ORT_DISABLE_TELEMETRY"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
