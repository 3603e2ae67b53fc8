"""The chart's values for a cluster whose AWS is a local one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.demo.account import Prepared, platform_manifest

KEYS = "aws-keys"
"""The Secret with the keys of the operator's role; in AWS there are IRSA and Pod Identity for that."""
Document = dict[str, Any]


def values(image: str, environment: Mapping[str, str], prepared: Prepared, *, poll: float = 1.0) -> Document:
    """`image` is on every node; `environment` is what leads the operator to its AWS."""
    repository, _, tag = image.rpartition(":")
    manifest = platform_manifest(prepared)
    plain = {k: v for k, v in environment.items() if k not in secret(environment)["stringData"]}
    return {
        "image": {"repository": repository, "tag": tag, "pullPolicy": "Never"},
        "env": [{"name": name, "value": value} for name, value in plain.items()],
        "envFrom": [{"secretRef": {"name": KEYS}}],
        "operator": {"poll": poll},
        "platforms": [{"name": manifest["metadata"]["name"], "spec": manifest["spec"]}],
        # The local AWS and its APIs listen on any port.
        "networkPolicy": {"extraEgress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]},
    }


def secret(environment: Mapping[str, str]) -> Document:
    """The keys as a Secret."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    keys = {name: environment[name] for name in names if name in environment}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": KEYS}, "stringData": keys}
