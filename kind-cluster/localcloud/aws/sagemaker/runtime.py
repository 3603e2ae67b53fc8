"""Invocations of endpoints.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

import aiohttp

from localcloud.aws.backend import AwsError, Backend, Call
from localcloud.aws.sagemaker import metrics, refusals, traffic
from localcloud.aws.sagemaker.fleet import Fleet, Variant
from localcloud.aws.sagemaker.host import Reply
from localcloud.aws.sagemaker.metrics import Sample
from localcloud.aws.sagemaker.records import SERVING, Endpoint

if TYPE_CHECKING:
    from localcloud.aws.sagemaker.backend import SageMaker

_SECONDS = 60.0  # real: what a container may take to answer
_MOST = 6 * 1024 * 1024  # bytes, either way
_MOST_SERVERLESS = 4 * 1024 * 1024


class SageMakerRuntime(Backend):
    """The runtime of one cloud's SageMaker."""

    service: ClassVar[str] = "sagemaker-runtime"

    async def InvokeEndpoint(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Asks the container that is next in turn; its answer is the bytes that it gave."""
        endpoint = self._endpoint(call, request)
        fleet, variant = traffic.choose(endpoint, request.get("TargetVariant"))
        body: bytes = request.get("Body") or b""
        _check(variant, body, request)
        reply = await self._asked(call, endpoint, fleet, variant, body, request)
        if not 200 <= reply.status < 300:
            raise refusals.model_error(call, endpoint, variant, reply.status, reply.body)
        if len(reply.body) > (_MOST_SERVERLESS if variant.serverless else _MOST):
            raise refusals.answer_too_large(call, endpoint, variant)
        answer = {
            "Body": reply.body,
            "ContentType": reply.content_type,
            "InvokedProductionVariant": variant.name,
        }
        given = reply.custom_attributes
        return answer | ({"CustomAttributes": given} if given else {})

    def InvokeEndpointWithResponseStream(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Not offered."""
        raise refusals.not_offered("InvokeEndpointWithResponseStream")

    def InvokeEndpointAsync(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Not offered."""
        raise refusals.not_offered("InvokeEndpointAsync")

    @property
    def _sagemaker(self) -> SageMaker:
        return cast("SageMaker", self.cloud.backend("sagemaker"))

    def _endpoint(self, call: Call, request: dict[str, Any]) -> Endpoint:
        """One that does not serve is not found either, as on AWS."""
        found = self._sagemaker.store.find_endpoint(request["EndpointName"])
        if found is None or found.status not in SERVING or found.fleet is None:
            raise refusals.not_found(call, request["EndpointName"])
        return found

    async def _asked(
        self,
        call: Call,
        endpoint: Endpoint,
        fleet: Fleet,
        variant: Variant,
        body: bytes,
        request: dict[str, Any],
    ) -> Reply:
        assert variant.host is not None
        serverless = variant.serverless
        if serverless and variant.host.busy >= serverless["MaxConcurrency"]:
            raise refusals.throttled()
        status, latency = 500, None
        begun = metrics.now()
        try:
            reply = await variant.host.invoke(body, _headers(request), _SECONDS)
            status, latency = reply.status, reply.seconds * 1e6
        except TimeoutError as slow:
            latency = (metrics.now() - begun) * 1e6
            raise refusals.timed_out(call, endpoint, variant) from slow
        except aiohttp.ClientError as gone:
            raise refusals.no_answer(call, endpoint, variant) from gone
        finally:
            sample = Sample(metrics.now(), endpoint.name, variant.name, fleet.config.name, status, latency)
            self._sagemaker.samples.add(sample)
        self._sagemaker.capture.note(call, endpoint, fleet, variant, request, reply, self.cloud.clock.now())
        return reply


def _check(variant: Variant, body: bytes, request: dict[str, Any]) -> None:
    if request.get("TargetModel") or request.get("InferenceComponentName"):
        raise AwsError(
            "ValidationError", "Multi-model endpoints and inference components are not offered here."
        )
    if variant.serverless and len(body) > _MOST_SERVERLESS:
        raise refusals.too_large(_MOST_SERVERLESS)


def _headers(request: dict[str, Any]) -> dict[str, str]:
    """What reaches the container of a request's headers."""
    passed = {
        "Content-Type": request.get("ContentType") or "application/json",
        "Accept": request.get("Accept") or "*/*",
        "X-Amzn-SageMaker-Custom-Attributes": request.get("CustomAttributes"),
        "X-Amzn-SageMaker-Inference-Id": request.get("InferenceId"),
    }
    return {name: value for name, value in passed.items() if value}
