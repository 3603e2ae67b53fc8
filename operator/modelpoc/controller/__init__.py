"""kopf as informer → queue → pass → status. Knows Kubernetes, and no AWS service."""
