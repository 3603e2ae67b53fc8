"""Which addresses a server of ours listens on: all of a Pod's, whatever their family, and elsewhere no more
than it was told."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from modelpoc.controller.http import Health
from modelpoc.controller.metrics import Metrics
from modelpoc.controller.settings import Settings as OperatorSettings
from modelpoc.kube.listening import everywhere, url, urls
from modelpoc.sync.source import Source
from modelpoc.sync.sync import Settings as SyncSettings
from modelpoc.sync.webhook import Webhook

pytestmark = pytest.mark.local
IN_A_POD = {"KUBERNETES_SERVICE_HOST": "fd00::1"}
NEAR = ("127.0.0.1", "::1")
needs_ipv6 = pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")


@asynccontextmanager
async def listening(server: str, host: str) -> AsyncIterator[web.AppRunner]:
    if server == "health":
        health = Health(Metrics(), missing=list, stuck=str)
        runner = await health.serve(host, 0)
    else:
        hook = Webhook(Source.of("https://host/x"), lambda: "hush-hush", lambda: None)
        runner = await hook.serve(host, 0)
    try:
        yield runner
    finally:
        await runner.cleanup()


async def _answers(runner: web.AppRunner, address: str) -> bool:
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(f"{url(address, port)}/healthz"):
                return True
        except aiohttp.ClientConnectorError:
            return False


@needs_ipv6
@pytest.mark.parametrize("server", ["health", "webhook"])
@pytest.mark.parametrize(
    ("host", "answered"),
    [("::", [True, True]), ("0.0.0.0", [True, False]), ("127.0.0.1", [True, False]), ("::1", [False, True])],
)
async def test_who_is_answered(server: str, host: str, answered: list[bool]) -> None:
    async with listening(server, host) as runner:
        assert [await _answers(runner, address) for address in NEAR] == answered


async def test_where_there_is_no_ipv6_it_listens_on_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "has_ipv6", False)
    async with listening("health", "::") as runner:
        assert await _answers(runner, "127.0.0.1")
        assert not await _answers(runner, "::1")


async def test_a_port_that_is_taken_is_no_missing_ipv6() -> None:
    async with listening("health", "::") as runner:
        hook = Webhook(Source.of("https://host/x"), lambda: "hush-hush", lambda: None)
        with pytest.raises(OSError, match="in use"):
            await hook.serve("::", runner.addresses[0][1])


@pytest.mark.parametrize(("environ", "host"), [(IN_A_POD, "::"), ({}, "0.0.0.0")])
def test_every_address_is_meant_in_a_pod_and_elsewhere_those_of_ipv4(
    environ: dict[str, str], host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert everywhere(environ) == host
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert OperatorSettings().http_host == host
    assert SyncSettings(source=Source.of("https://host/x")).webhook_host == host


@needs_ipv6
async def test_it_says_where_it_listens_as_a_url() -> None:
    async with listening("health", "::1") as runner:
        assert urls(runner) == [f"http://[::1]:{runner.addresses[0][1]}"]
