"""Where `GetFunction` says that a package can be had: `/_local/lambda/packages/<digest>.zip`."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from localcloud.aws.lambda_.base import LambdaBase
from localcloud.aws.lambda_.records import Function, Package


class Downloads(LambdaBase):
    """Packages as they were uploaded. On AWS the address is a signed one, and good for ten minutes."""

    def routes(self) -> Iterable[web.RouteDef]:
        """GET fetches a package that a function has."""
        return (web.get("/_local/lambda/packages/{name}", self._fetch),)

    def location(self, function: Function) -> str:
        """The address of a function's package."""
        return f"{self.cloud.endpoint_url}/_local/lambda/packages/{_name(function.current.package)}"

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        packages = {_name(f.current.package): f.current.package for f in self.functions.values()}
        found = packages.get(request.match_info["name"])
        if found is None:
            return web.json_response({"error": "no function has this package"}, status=404)
        return web.FileResponse(found.archive, headers={"Content-Type": "application/zip"})


def _name(package: Package) -> str:
    return package.archive.name
