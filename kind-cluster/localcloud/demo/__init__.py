"""The main job on this machine: from nothing to a prediction."""
