"""How the operator finds its cluster, and what stays of that."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path

import kopf
import pytest
from kubernetes.aio import client
from kubernetes.aio.config import kube_config

from modelpoc.controller.operator import loaded_config
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


async def test_no_key_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator ends at once, without what Python does at its own exit."""
    (scratch := tmp_path / "scratch").mkdir()
    (file := tmp_path / "kubeconfig").write_text(json.dumps(KUBECONFIG))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    monkeypatch.setattr(kube_config, "_temp_files", {})
    monkeypatch.setattr(client.Configuration, "_default", None)
    async with loaded_config():
        key = Path(client.Configuration.get_default_copy().key_file)
        assert (text_of(key), key.is_relative_to(scratch)) == ("a key", True)
    assert names_in(scratch) == []


def text_of(file: Path) -> str:
    return file.read_text()


def names_in(folder: Path) -> list[str]:
    return [found.name for found in folder.iterdir()]


def _inline(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "here",
    "contexts": [{"name": "here", "context": {"cluster": "one", "user": "operator"}}],
    "clusters": [{"name": "one", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [
        {
            "name": "operator",
            "user": {
                "client-certificate-data": _inline("a certificate"),
                "client-key-data": _inline("a key"),
            },
        }
    ],
}
