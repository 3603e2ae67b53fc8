"""Talking to a Kubernetes API server, for whatever is not the operator's own watching."""
