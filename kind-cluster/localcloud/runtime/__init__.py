"""What a container runtime does, without one: images as snapshots, tasks as processes, output to the logs."""
