"""A namespace of a real API server, a repository, and a sync between them."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from tests.e2e.repositories import Repository
from tests.e2e.test_admission import Kubectl, with_crds
from tests.granted.observing import note
from tests.unit.controller.held import PLATFORM

from localcloud import rights
from localcloud.controlplane.run import ControlPlane
from modelpoc.sync.report import Report
from modelpoc.sync.source import Source
from modelpoc.sync.sync import Settings, Sync


@contextmanager
def api_server(folder: Path) -> Iterator[Kubectl]:
    """An API server with the CRDs and a platform, and no operator."""
    plane = ControlPlane.start(folder, dies_with_us=True)
    try:
        kubectl = Kubectl(plane)
        with_crds(kubectl)
        platform = {"apiVersion": "modelpoc.dev/v1alpha1", "kind": "ModelPlatform", **PLATFORM.to_dict()}
        until(lambda: kubectl("apply", "-f", "-", stdin={**platform, "metadata": {"name": "default"}}))
        kubectl.must("apply", "-f", "-", stdin=_list(rights.manifests(rights.RULES)))
        yield kubectl
    finally:
        note("sync", plane=plane.directory)
        plane.stop()


def _list(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": items}


def until(ask: Any, seconds: float = 60) -> None:
    """Until kubectl succeeds: what was just made is not served at once."""
    deadline = time.monotonic() + seconds
    while (done := ask()).returncode != 0:
        assert time.monotonic() < deadline, done.stderr
        time.sleep(0.2)


class Place:
    """A namespace of its own with a repository and a sync between them."""

    def __init__(self, kubectl: Kubectl, folder: Path, test: str) -> None:
        words = re.sub(r"[^a-z0-9]+", "-", test.removeprefix("test_"))
        self.namespace = f"{words[:50].strip('-')}-{secrets.token_hex(3)}"
        kubectl.must("create", "namespace", self.namespace)
        kubectl.must("apply", "-f", "-", stdin=_list(rights.syncing_into(rights.RULES, self.namespace)))
        self.kubeconfig = str(rights.kubeconfig(kubectl.plane, rights.SYNC))
        self.kubectl, self.repository = kubectl, Repository(folder)
        source = Source.of(self.repository.url)
        self.settings = Settings(source, namespace=self.namespace, interval=0.2, settle=0.1, gap=0.05)

    async def once(self, **changes: Any) -> Report:
        """One look."""
        settings = replace(self.settings, **changes)
        return (await Sync(settings, CollectorRegistry(), lambda _: None).once())[0]

    def pocs(self) -> dict[str, dict[str, Any]]:
        items = json.loads(self.kubectl.must("get", "modelpocs", "-n", self.namespace, "-o", "json"))["items"]
        return {item["metadata"]["name"]: item for item in items}

    def commits(self) -> dict[str, str]:
        return {n: p["metadata"]["annotations"]["modelpoc.dev/commit"] for n, p in self.pocs().items()}

    def versions(self) -> dict[str, str]:
        return {name: poc["metadata"]["resourceVersion"] for name, poc in self.pocs().items()}

    def events(self) -> list[tuple[str, str, str]]:
        """Reason, object and message."""
        found = json.loads(self.kubectl.must("get", "events", "-n", self.namespace, "-o", "json"))["items"]
        return [(e["reason"], e["involvedObject"]["name"], e["message"]) for e in found]
