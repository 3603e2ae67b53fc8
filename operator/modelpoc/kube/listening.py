"""Where our servers listen, in a Pod and elsewhere."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

from aiohttp import web

_ANY, _ANY_OF_IPV4 = "::", "0.0.0.0"


def everywhere(environ: Mapping[str, str] = os.environ) -> str:
    """The host for a server that is told none: `::` in a Pod, elsewhere `0.0.0.0`.

    A Pod has an address of IPv4, of IPv6 or of each, and probes come to whichever it has. A machine of one's
    own may be reached by its IPv6 address from far away, where IPv4 is behind a router.
    """
    return _ANY if environ.get("KUBERNETES_SERVICE_HOST") else _ANY_OF_IPV4


async def listen(runner: web.AppRunner, host: str, port: int) -> None:
    """`::` takes calls of IPv4 too, and no others where the kernel has no IPv6.

    asyncio by itself keeps the two apart. Raises OSError when the port is taken or the address not ours.
    """
    await runner.setup()
    if host == _ANY and socket.has_dualstack_ipv6():
        both = socket.create_server((_ANY, port), family=socket.AF_INET6, dualstack_ipv6=True)
        await web.SockSite(runner, both).start()
    else:
        await web.TCPSite(runner, _ANY_OF_IPV4 if host == _ANY else host, port).start()


def urls(runner: web.AppRunner) -> list[str]:
    """Where it listens."""
    return [url(*address[:2]) for address in runner.addresses]


def url(host: str, port: int | str, scheme: str = "http") -> str:
    """`host` is a name or an address of either family."""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
