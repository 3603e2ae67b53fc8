"""A Kubernetes operator that puts a model in front of people on AWS."""
