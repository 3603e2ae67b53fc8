"""News of POCs for people: which there are, how they read, and how they reach Slack and webhooks."""
