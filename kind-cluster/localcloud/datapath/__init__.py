"""Where requests travel: load balancer listeners and HTTP APIs on real sockets.

Deciding (matching, rewriting, route selection, CORS, throttles) is pure and has files of its own;
only `listener.py`, `gateway.py` and `forward.py` touch sockets.
"""
