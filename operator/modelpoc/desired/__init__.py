"""ModelPOC + ModelPlatform → graph of resources. Pure: no clock, no network, no Kubernetes."""
