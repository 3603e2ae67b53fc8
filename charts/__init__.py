"""The Helm chart, and what is made of it."""
