"""At the start: why there is nothing to watch yet, in words that help; and no end because of it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from kubernetes.aio.client.exceptions import ApiException

from modelpoc.controller.kube import Kube

pytestmark = pytest.mark.unit


class Server:
    """As far as it is asked; `trouble` is raised where objects are listed."""

    def __init__(self, groups: tuple[str, ...] = ("modelpoc.dev",), trouble: Exception | None = None) -> None:
        self.groups, self.trouble = groups, trouble

    async def get_api_versions(self) -> Any:
        return SimpleNamespace(groups=[SimpleNamespace(name=name) for name in self.groups])

    async def get_api_resources(self, **_: str) -> Any:
        return SimpleNamespace(
            resources=[SimpleNamespace(name=name) for name in ("modelpocs", "modelplatforms")]
        )

    async def list_cluster_custom_object(self, **_: str) -> Any:
        if self.trouble:
            raise self.trouble
        return {"items": []}


def _kube(server: Server) -> Kube:
    kube = Kube(object())
    kube._objects = kube._apis = server
    return kube


def _refused() -> ApiException:
    error = ApiException(status=403, reason="Forbidden")
    error.body = json.dumps({"message": 'modelpocs.modelpoc.dev is forbidden: User "x" cannot list'})
    return error


@pytest.mark.parametrize(
    ("server", "why"),
    [
        (Server(), ""),
        (Server(groups=("apps",)), "apply crds/"),
        (Server(trouble=_refused()), 'modelpocs.modelpoc.dev is forbidden: User "x" cannot list'),
        (Server(trouble=ApiException(status=404, reason="Not Found")), "Not Found"),
        (Server(trouble=aiohttp.ClientError("no route")), "the API server does not answer: no route"),
        (Server(trouble=TimeoutError()), "the API server does not answer: TimeoutError"),
    ],
    ids=["served", "no CRDs", "no right", "not yet", "away", "slow"],
)
async def test_why_ours_are_not_served(server: Server, why: str) -> None:
    told = await _kube(server).not_served()
    assert (bool(told), why in told) == (bool(why), True)
