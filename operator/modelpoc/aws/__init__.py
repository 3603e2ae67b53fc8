"""AWS: one file for each resource (its desired fields, its diff, its calls), and the session under them."""
