"""The inference host: what framework images of SageMaker bring with them, here a program of ours."""

from __future__ import annotations

from pathlib import Path

# It leaves no bytecode beside its source.
COMMAND = ("python", "-B", str(Path(__file__).with_name("inference_host")))
