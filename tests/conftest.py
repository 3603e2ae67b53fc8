"""What holds for every test."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

# Whoever runs in the background of a shell without job control inherits an ignored SIGINT, and so do its
# children: then no test could interrupt anything.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says more about the machine than about the code. Each run draws the same ones:
# a change answers for what it breaks. `pytest --hypothesis-profile search` draws many others, new each time.
slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("house", slow, derandomize=True)
settings.register_profile("search", slow, derandomize=False, max_examples=2000)
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that may take longest begin first: side by side, nobody waits for them at the end."""
    allowed: dict[str, float] = {}
    for item in items:
        file = item.nodeid.partition("::")[0]
        mark = item.get_closest_marker("timeout")
        allowed[file] = max(allowed.get(file, 0), mark.args[0] if mark else 0)
    items.sort(key=lambda item: -allowed[item.nodeid.partition("::")[0]])
