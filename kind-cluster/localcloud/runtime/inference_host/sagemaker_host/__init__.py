"""The inference host: `/ping` and `/invocations` around a model's `inference.py`."""
