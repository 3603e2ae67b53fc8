"""IAM as AWS evaluates it: policy documents, what a request needs, whether its principal may.

`documents`, `conditions`, `wildcards`, `evaluation` and `trust` are pure. `needs` says of each request which
actions on which resources it needs. `roles` reads what the local IAM holds; `guard` puts all together.
"""
