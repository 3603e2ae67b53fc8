"""Operations on functions: create, look, change, delete."""

from __future__ import annotations

import asyncio

from botocore.exceptions import ClientError

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.lambda_ import checks
from localcloud.aws.lambda_.base import Answer, Request
from localcloud.aws.lambda_.downloads import Downloads
from localcloud.aws.lambda_.errors import conflict, invalid
from localcloud.aws.lambda_.machine import code_of
from localcloud.aws.lambda_.packages import unpack, zip_of
from localcloud.aws.lambda_.records import Function, Package, Served
from localcloud.aws.lambda_.views import configuration, function_view
from localcloud.aws.paging import page

_PAGE = 50
_CANNOT_BE_ASSUMED = "The role defined for the function cannot be assumed by Lambda."


class FunctionOperations(Downloads):
    """Functions, whose states change by the clock."""

    async def CreateFunction(self, call: Call, request: Request) -> Answer:
        """A function, Pending at first."""
        name = self.names.name_of(request["FunctionName"])
        checks.check_name(name)
        checks.check_request(request)
        self._check_new(name)
        config = configuration(name, None, {**request, **_required(request)})
        checks.check_config(config)
        checks.check_tags(request.get("Tags") or {})
        await self._check_role(str(config["Role"]))
        served = Served(config, await self._package(request["Code"], "CreateFunction"))
        self._check_new(name)  # again: fetching took its time
        function = Function(name, self.names.arn(name), served, served, self.cloud.clock.now())
        function.tags = dict(request.get("Tags") or {})
        self.functions[name] = function
        self.cloud.spawn(self._activate(function), f"function {name}")
        return function_view(function)

    def GetFunction(self, call: Call, request: Request) -> Answer:
        """A function with where its code is, its tags and its reserved concurrency."""
        function = self.function(request["FunctionName"], request.get("Qualifier"))
        answer = {
            "Configuration": function_view(function),
            "Code": {"RepositoryType": "S3", "Location": self.location(function)},
        }
        if function.tags:
            answer["Tags"] = function.tags
        if function.reserved is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
        return answer

    def GetFunctionConfiguration(self, call: Call, request: Request) -> Answer:
        """A function without its code."""
        return function_view(self.function(request["FunctionName"], request.get("Qualifier")))

    def ListFunctions(self, call: Call, request: Request) -> Answer:
        """All functions, 50 a page, by name."""
        views = [function_view(self.functions[name]) for name in sorted(self.functions)]
        for view in views:  # a list does not say how far creations and changes are
            for member in [m for m in view if m.startswith(("State", "LastUpdateStatus"))]:
                del view[member]
        limit = min(request.get("MaxItems") or _PAGE, _PAGE)
        shown, marker = page(
            views, limit, request.get("Marker"), "ListFunctions", invalid("Invalid pagination token")
        )
        return {"Functions": shown, **({"NextMarker": marker} if marker else {})}

    async def UpdateFunctionCode(self, call: Call, request: Request) -> Answer:
        """Other code for a function, from when the update is over."""
        function = self._changeable(request)
        checks.check_request(request)
        package = await self._package(request, "UpdateFunctionCode")
        self._changeable(request)
        given = {key: request[key] for key in ("Architectures",) if request.get(key)}
        served = Served({**function.current.config, **given}, package)
        if request.get("DryRun"):
            return function_view(function) | {"CodeSha256": package.sha256, "CodeSize": package.size}
        return self._change(function, served)

    async def UpdateFunctionConfiguration(self, call: Call, request: Request) -> Answer:
        """Changes what is given, from when the update is over."""
        function = self._changeable(request)
        checks.check_request(request)
        present = dict(function.current.config)
        config = configuration(function.name, present, request)
        if "Environment" in request and not (request["Environment"] or {}).get("Variables"):
            config.pop("Environment", None)
        checks.check_config(config)
        if config["Role"] != present["Role"]:
            await self._check_role(str(config["Role"]))
            self._changeable(request)
        return self._change(function, Served(config, function.current.package))

    def DeleteFunction(self, call: Call, request: Request) -> Answer:
        """Takes a function away; invocations under way come to their end."""
        function = self.function(request["FunctionName"], request.get("Qualifier"))
        del self.functions[function.name]
        self.retire(function)
        return {"StatusCode": 204}

    async def _activate(self, function: Function) -> None:
        await self.cloud.clock.sleep(self.cloud.config.durations.function_creating)
        function.state, function.update = "Active", "Successful"
        function.touch()

    async def _finish(self, function: Function) -> None:
        await self.cloud.clock.sleep(self.cloud.config.durations.function_updating)
        if self.functions.get(function.name) is function:
            function.serving, function.update = function.current, "Successful"
            function.touch()
            self.retire(function)

    def _change(self, function: Function, served: Served) -> Answer:
        function.current, function.update = served, "InProgress"
        function.modified = self.cloud.clock.now()
        function.touch()
        self.cloud.spawn(self._finish(function), f"update {function.name}")
        return function_view(function)

    def _changeable(self, request: Request) -> Function:
        """A function that may be changed now."""
        function = self.function(request["FunctionName"])
        revision = request.get("RevisionId")
        if revision is not None and revision != function.revision:
            raise stale_revision()
        begin = "The operation cannot be performed at this time."
        if function.state == "Pending":
            raise conflict(f"{begin} The function is currently in the following state: Pending")
        if function.update == "InProgress":
            raise conflict(f"{begin} An update is in progress for resource: {function.arn}")
        return function

    def _check_new(self, name: str) -> None:
        if name in self.functions:
            raise conflict(f"Function already exist: {name}")

    async def _check_role(self, arn: str) -> None:
        """The role must be there, and trust Lambda."""
        if self.cloud.iam.service_may_assume(arn, "lambda") is False:
            raise invalid(_CANNOT_BE_ASSUMED)
        try:
            await self.machine.ask("iam", "get_role", RoleName=arn.rpartition("/")[2])
        except ClientError as error:
            if code_of(error) == "NoSuchEntity":
                raise invalid(_CANNOT_BE_ASSUMED) from error
            raise

    async def _package(self, code: Request, operation: str) -> Package:
        s3 = self.machine.client("s3")
        data: bytes = await self.machine.in_thread(zip_of, code, s3, operation)
        return await asyncio.to_thread(unpack, data, self.machine.packages)


def stale_revision() -> AwsError:
    """The caller's revision id is not the latest."""
    message = (
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
    )
    return AwsError("PreconditionFailedException", message, status=412)


def _required(request: Request) -> Request:
    """Members that a function of type Zip cannot be without, though the model says otherwise."""
    for member in ("Runtime", "Handler"):
        if not request.get(member):
            raise invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            )
    return {}
