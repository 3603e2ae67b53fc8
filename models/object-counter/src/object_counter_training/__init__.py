"""Makes the artifact: labels, windows, training, measuring, packing. Never part of what is served."""
