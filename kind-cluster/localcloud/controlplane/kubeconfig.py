"""Writing kubeconfig files."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import yaml

from localcloud.controlplane.authority import Identity, write_private

_NAME = "modelpoc-local"


def by_certificate(identity: Identity) -> dict[str, str]:
    """The user part for who shows a client certificate."""
    return {
        "client-certificate-data": _base64(identity.certificate),
        "client-key-data": _base64(identity.key),
    }


def by_token(token: str) -> dict[str, str]:
    """The user part for who shows a bearer token."""
    return {"token": token}


def write(file: Path, server: str, authority: bytes, user: Mapping[str, str]) -> Path:
    """Writes `file`, readable by its owner only: one cluster, one user, and one context, the current one."""
    cluster = {"server": server, "certificate-authority-data": _base64(authority)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _NAME, "cluster": cluster}],
        "users": [{"name": _NAME, "user": dict(user)}],
        "contexts": [{"name": _NAME, "context": {"cluster": _NAME, "user": _NAME, "namespace": "default"}}],
        "current-context": _NAME,
    }
    write_private(file, yaml.safe_dump(document, sort_keys=False).encode())
    return file


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
