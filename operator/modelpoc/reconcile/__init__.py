"""The engine: graph + inventory → plan → pass → outcome.

It knows no AWS service and no Kubernetes. Everything it needs to know about a thing in the cloud it
asks of that thing's `Kind`.
"""
