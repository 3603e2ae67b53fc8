"""Git → cluster: what a branch says about POCs is what the cluster is asked for."""
