"""What the function in front of a SageMaker endpoint is made of."""

from __future__ import annotations

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.desired.routes import path_of
from modelpoc.proxy.openapi import Example, document
from modelpoc.proxy.package import Cors, Package, ProxySettings, package


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
