"""Where the informer finds the API server from within a Pod."""

from __future__ import annotations

import kopf
import pytest

from modelpoc.controller.watch import by_address

pytestmark = pytest.mark.unit
FOUND = kopf.ConnectionInfo(server="https://kubernetes.default.svc", token="t", priority=30)


@pytest.mark.parametrize(
    ("environ", "server"),
    [
        ({"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}, "https://10.96.0.1:443"),
        ({"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}, "https://[fd00::1]:6443"),
        ({"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, "https://10.96.0.1:443"),
        ({}, "https://kubernetes.default.svc"),
    ],
)
def test_it_needs_no_dns(environ: dict[str, str], server: str) -> None:
    login = by_address(FOUND, environ)
    assert login.server == server
    assert (login.token, login.priority) == ("t", 30)
