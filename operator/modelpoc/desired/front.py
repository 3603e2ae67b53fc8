"""The function in front of a SageMaker endpoint, and what leads from the API to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.sagemaker import Proxy
from modelpoc.aws.artifact import Artifact
from modelpoc.aws.endpoint import Endpoint
from modelpoc.aws.function import ENDPOINT, Function
from modelpoc.aws.integration import Integration
from modelpoc.aws.log_group import LogGroup
from modelpoc.desired.names import Named, partition
from modelpoc.desired.places import Place
from modelpoc.desired.routes import path_of
from modelpoc.proxy.openapi import Example, document
from modelpoc.proxy.package import Cors, Package, ProxySettings, package
from modelpoc.reconcile.resource import Ref

LONGEST = 64
"""Of a function's name ("CreateFunction", FunctionName); 140 is for ARNs."""


@dataclass(frozen=True)
class Front:
    """What answers for `endpoint`."""

    poc: ModelPOC
    platform: ModelPlatform
    named: Named
    place: Place
    log_group: LogGroup
    endpoint: Endpoint

    def sources(self) -> Iterable[Artifact]:
        """The file of the POC's own handler, if it has one."""
        if key := handler_key(self.poc):
            yield Artifact(name=f"{self.platform.spec.artifacts.bucket}/{key}", given=True)

    def function(self) -> Function:
        name, package_ = self.named.name(LONGEST), function_package(self.poc, self.platform)
        sources = [s.name for s in self.sources()]
        versions: dict[str, str | Ref] = {s: Ref(Artifact.kind, s, "version") for s in sources}
        return Function(
            name=name,
            role_arn=self._role_arn,
            package=package_,
            own_source=next(iter(sources), None),
            versions={"proxy": package_.version, **versions},
            memory=self._proxy.memory,
            timeout=self._proxy.timeout_seconds,
            environment={ENDPOINT: self.endpoint.name},
            log_group=Ref(LogGroup.kind, self.log_group.name, "name"),
            invoked_from=self._invoked_from,
            retry=self.endpoint.retry,
            tags=self.named.tags(name),
            switch_after=(Ref(Endpoint.kind, self.endpoint.name, "serving"),),
        )

    def integration(self) -> Integration:
        name = self.named.name(LONGEST)
        return Integration(
            name=f"{self.place.api.id}/{name}",
            api_id=self.place.api.id,
            function_arn=Ref(Function.kind, name),
            timeout_ms=30_000,
            mark=str(self.named.owner.mark),
        )

    @property
    def _proxy(self) -> Proxy:
        assert self.poc.spec.sagemaker is not None
        return self.poc.spec.sagemaker.proxy

    @property
    def _role_arn(self) -> str:
        assert self.platform.spec.lambda_ is not None
        return self.platform.spec.lambda_.role_arn

    @property
    def _invoked_from(self) -> str:
        """Every route of the API: one statement in place of one a route, as a function's policy is short."""
        spec = self.platform.spec
        where = f"{spec.region}:{spec.account_id}:{self.place.api.id}"
        return f"arn:{partition(spec.region)}:execute-api:{where}/*/*"


def function_package(poc: ModelPOC, platform: ModelPlatform) -> Package:
    """The built-in function with the POC's document; a handler of its own is packed in when it is written."""
    name, path = poc.metadata.name, path_of(poc, platform)
    examples = (Example(e.name, e.body, e.content_type) for e in poc.spec.examples)
    settings = ProxySettings(
        name=name,
        path=path,
        document=document(name, path=path, examples=tuple(examples), own=handler_key(poc) is not None),
        cors=_cors(platform),
    )
    return package(settings)


def handler_key(poc: ModelPOC) -> str | None:
    """The key of the POC's own handler in the artifacts' bucket; None for the built-in pass-through."""
    spec = poc.spec.sagemaker
    handler = spec.proxy.handler if spec else None
    return f"{poc.metadata.name}/{handler}" if handler else None


def _cors(platform: ModelPlatform) -> Cors:
    """What the API answers itself where the platform says so; otherwise any page may call."""
    cors = platform.spec.routing.cors
    if cors is None:
        return Cors()
    return Cors(
        allow_origins=cors.allow_origins,
        allow_methods=tuple(m.value if hasattr(m, "value") else str(m) for m in cors.allow_methods),
        allow_headers=cors.allow_headers,
        expose_headers=cors.expose_headers,
        allow_credentials=cors.allow_credentials,
        max_age_seconds=cors.max_age_seconds,
    )
