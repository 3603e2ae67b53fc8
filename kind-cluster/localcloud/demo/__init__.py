"""The main job on this machine: from nothing to two predictions."""
