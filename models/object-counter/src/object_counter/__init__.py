"""Counts the objects in a picture: what runs behind the endpoint."""
