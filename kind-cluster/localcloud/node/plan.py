"""What the node and its first process tell each other by, files in the node's directory."""

FIRST = "localcloud.node.init"
"""The module that is the first process; its last word is the directory."""
STARTED = "init.json"
"""From the first process: its number, as this machine counts."""
GO = "go"
"""To it: the network is laid, and the plan written."""
PLAN = "plan.json"
"""Name → words of each program, in the order in which they are to be started."""
OWN = ("/run", "/var/lib", "/var/log")
"""Folders that are empty in the node, whatever this machine has in them: sockets, locks, caches, logs."""
