"""Credentials are for one host: not for wherever that sends us on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from modelpoc.sync.clone import opened
from modelpoc.sync.credentials import Credentials
from modelpoc.sync.errors import AccessDenied
from modelpoc.sync.git import Limits
from modelpoc.sync.source import Source

pytestmark = pytest.mark.local


class Host:
    """Sends everyone to `elsewhere`, if there is such a place; else speaks enough of Git to be asked more."""

    def __init__(self, elsewhere: str = "") -> None:
        self._elsewhere = elsewhere
        self.heard: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.heard.append(request.headers.get("Authorization", ""))
        if self._elsewhere:
            raise web.HTTPMovedPermanently(f"{self._elsewhere}{request.path_qs}")
        lines = [b"# service=git-upload-pack\n", b"", b"version 2\n", b"ls-refs\n", b"fetch\n", b""]
        body = b"".join(b"%04x%s" % (len(line) + 4, line) if line else b"0000" for line in lines)
        return web.Response(body=body, content_type="application/x-git-upload-pack-advertisement")


@asynccontextmanager
async def serving(host: Host) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", host.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def test_a_credential_follows_no_redirect(tmp_path: Path) -> None:
    stranger = Host()
    async with serving(stranger) as far:
        ours = Host(elsewhere=f"http://localhost:{far}")
        async with serving(ours) as near:
            source = Source.of(f"http://127.0.0.1:{near}/team/pocs")
            async with opened(tmp_path, source, Limits(seconds=20)) as clone:
                with pytest.raises(AccessDenied, match="has moved"):
                    await clone.head(Credentials(token="hush-hush"))
    assert [bool(header) for header in ours.heard] == [True]
    assert stranger.heard == []
