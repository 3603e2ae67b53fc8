"""The local cloud's own routes beside AWS: health, the record of calls, faults, task credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from localcloud.aws.faults import Rule

if TYPE_CHECKING:
    from localcloud.aws.calls import CallLog
    from localcloud.aws.faults import Faults
    from localcloud.aws.iam.record import Record
    from localcloud.aws.identities import Identities


class Control:
    """Handlers of `/_local/…`."""

    def __init__(
        self, calls: CallLog, faults: Faults, identities: Identities, iam: Record, about: dict[str, Any]
    ) -> None:
        self._calls = calls
        self._iam = iam
        self._faults = faults
        self._identities = identities
        self._about = about

    def add_to(self, app: web.Application) -> None:
        """Adds the routes to the endpoint's application."""
        app.router.add_get("/_local/health", self.health)
        app.router.add_get("/_local/calls", self.calls)
        app.router.add_delete("/_local/calls", self.forget_calls)
        app.router.add_get("/_local/faults", self.faults)
        app.router.add_put("/_local/faults", self.put_faults)
        app.router.add_delete("/_local/faults", self.remove_faults)
        app.router.add_get("/_local/iam", self.permissions)
        app.router.add_delete("/_local/iam", self.forget_permissions)
        app.router.add_get("/_local/credentials/{token}", self.credentials)

    async def health(self, _: web.Request) -> web.Response:
        """200 once the cloud serves: account, region, time scale."""
        return web.json_response({"status": "ok", **self._about})

    async def calls(self, request: web.Request) -> web.Response:
        """The calls after `since`; globs `principal`, `service`, `operation`, and `mutating` filter them."""
        query = request.query
        try:
            since = int(query.get("since", "0"))
        except ValueError:
            return web.json_response({"error": "since must be a number"}, status=400)
        found = self._calls.entries(
            since, query.get("principal", "*"), query.get("service", "*"), query.get("operation", "*")
        )
        if "mutating" in query:
            found = [entry for entry in found if entry.mutating == (query["mutating"] == "true")]
        return web.json_response({"last": self._calls.last, "calls": [entry.document() for entry in found]})

    async def forget_calls(self, _: web.Request) -> web.Response:
        """Clears the record."""
        self._calls.clear()
        return web.json_response({"last": self._calls.last})

    async def faults(self, _: web.Request) -> web.Response:
        """The fault rules in force."""
        return web.json_response([rule.document() for rule in self._faults.rules])

    async def put_faults(self, request: web.Request) -> web.Response:
        """Replaces the fault rules by a JSON list; 400 says what is wrong with it."""
        try:
            rules = [Rule.parse(document) for document in await request.json()]
        except (ValueError, TypeError, AttributeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        self._faults.put(rules)
        return web.json_response([rule.document() for rule in rules])

    async def remove_faults(self, _: web.Request) -> web.Response:
        """Ends all faults."""
        self._faults.put([])
        return web.json_response([])

    async def permissions(self, _: web.Request) -> web.Response:
        """By role: the IAM actions that it used; and all that was refused."""
        return web.json_response(self._iam.document())

    async def forget_permissions(self, _: web.Request) -> web.Response:
        """Clears that record."""
        self._iam.clear()
        return web.json_response(self._iam.document())

    async def credentials(self, request: web.Request) -> web.Response:
        """A task's credentials, as AWS_CONTAINER_CREDENTIALS_FULL_URI gives them."""
        found = self._identities.container_credentials(request.match_info["token"])
        if found is None:
            return web.json_response({"message": "unknown token"}, status=404)
        return web.json_response(found)
