"""The path under which the world sees the app, put back after the load balancer took it away."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Prefix:
    """ASGI middleware: /predict and <prefix>/predict arrive alike, as ASGI wants a mounted app's.

    The prefix stands in `root_path` and at the head of `path`, so that the framework routes by
    what follows it and writes it into every address it makes. "" changes nothing.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._prefix:
            path = scope["path"]
            whole = path if f"{path}/".startswith(f"{self._prefix}/") else self._prefix + path
            scope = {**scope, "root_path": self._prefix, "path": whole}
        await self._app(scope, receive, send)
