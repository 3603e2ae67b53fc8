"""Helm on the chart, as a person would run it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from localcloud import tools
from localcloud.controlplane.progress import telling

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "modelpoc-operator"
EXAMPLES = sorted((CHART / "examples").glob("*.yaml"))
RELEASE, NAMESPACE = "modelpoc-operator", "modelpoc-system"

Manifest = dict[str, Any]

PLATFORM: Manifest = {
    "accountId": "123456789012",
    "region": "eu-west-1",
    "artifacts": {"bucket": "models"},
    "network": {
        "vpcId": "vpc-0123456789abcdef0",
        "subnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        "securityGroupIds": ["sg-0123456789abcdef0"],
    },
}
EVERYTHING: Manifest = {
    "image": {"digest": f"sha256:{'0' * 64}"},
    "imagePullSecrets": [{"name": "registry"}],
    "platforms": [{"name": "default", "labels": {"team": "ml"}, "spec": PLATFORM}],
    "serviceAccount": {
        "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/modelpoc"}
    },
    "secrets": {"namespaces": ["team-a", "team-b"]},
    "operator": {"workers": 8, "poll": 2.5, "fastResync": 120, "deepResync": 1800, "linger": 40},
    "sync": {
        "repo": "git@github.com:team/models.git",
        "namespace": "team-a",
        "credentialsSecret": {"name": "git", "namespace": "secrets"},
        "statusApi": "https://api.github.com",
        "webhook": {"enabled": True},
    },
    "env": [{"name": "AWS_REGION", "value": "eu-west-1"}],
    "envFrom": [{"configMapRef": {"name": "proxy"}}],
    "extraArgs": ["--sync-allow-prune=3"],
    "extraVolumes": [{"name": "ca", "configMap": {"name": "ca"}}],
    "extraVolumeMounts": [{"name": "ca", "mountPath": "/etc/ssl/extra", "readOnly": True}],
    "priorityClassName": "important",
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}],
    "podLabels": {"cost": "platform"},
    "podAnnotations": {"note": "hello"},
    "commonLabels": {"team": "ml"},
    "service": {"annotations": {"note": "hello"}},
    "networkPolicy": {
        "metricsFrom": [
            {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
        ],
        "webhookFrom": [{"ipBlock": {"cidr": "192.0.2.0/24"}}],
        "extraEgress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 4566}]}],
    },
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}, "scrapeTimeout": "10s"},
}
"""Every value that adds something is used."""


class HelmError(Exception):
    """What Helm said."""


@dataclass(frozen=True)
class Helm:
    """One `helm`; with `kubeconfig`, of one cluster. `folder` takes what it writes."""

    folder: Path
    kubeconfig: Path | None = None
    program: Path = field(default_factory=lambda: _program())

    def run(self, *words: str) -> str:
        """What it printed. Raises HelmError."""
        environ = {**os.environ, "HELM_CACHE_HOME": str(self.folder), "HELM_CONFIG_HOME": str(self.folder)}
        environ["HELM_DATA_HOME"] = str(self.folder)
        environ["KUBECONFIG"] = str(self.kubeconfig or self.folder / "none")
        command = [str(self.program), *words]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise HelmError(done.stderr + done.stdout)
        return done.stdout

    def template(self, values: Mapping[str, Any] | None = None, *words: str) -> list[Manifest]:
        """What it renders. Raises HelmError."""
        named = [
            "template",
            RELEASE,
            str(CHART),
            f"--namespace={NAMESPACE}",
            *self.values(values or {}),
            *words,
        ]
        return [manifest for manifest in yaml.safe_load_all(self.run(*named)) if manifest]

    def values(self, values: Mapping[str, Any]) -> list[str]:
        """Words that give these values."""
        if not values:
            return []
        file = self.folder / f"values-{abs(hash(yaml.safe_dump(dict(values))))}.yaml"
        file.write_text(yaml.safe_dump(dict(values)))
        return [f"--values={file}"]


def one(manifests: list[Manifest], kind: str, name: str = RELEASE) -> Manifest:
    """The only one of that kind and name."""
    (found,) = (m for m in manifests if m["kind"] == kind and m["metadata"]["name"] == name)
    return found


def _program() -> Path:
    with telling() as tell:
        return tools.ensure("helm", tell)
