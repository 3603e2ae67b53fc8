"""A whole cloud on one machine: control plane and local AWS."""
