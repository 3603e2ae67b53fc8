"""Data capture: requests and answers as JSON lines in S3, as Model Monitor reads them.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import random
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from localcloud.aws.backend import Call
from localcloud.aws.sagemaker.artifact import place_of
from localcloud.aws.sagemaker.fleet import Fleet, Variant
from localcloud.aws.sagemaker.host import Reply
from localcloud.aws.sagemaker.records import Document, Endpoint

_log = logging.getLogger(__name__)
_chance = random.SystemRandom()

Key = tuple[str, str, str]  # destination, `<endpoint>/<variant>`, role
Ask = Callable[..., Awaitable[Any]]


class Capture:
    """What has been captured and is not in S3 yet."""

    def __init__(self) -> None:
        self._lines: dict[Key, list[str]] = {}
        self._writing = asyncio.Lock()

    def note(
        self,
        call: Call,
        endpoint: Endpoint,
        fleet: Fleet,
        variant: Variant,
        request: Document,
        reply: Reply,
        now: Any,
    ) -> None:
        """Takes one invocation, if it is one of the sample."""
        config = fleet.config.document.get("DataCaptureConfig")
        if not config or not config.get("EnableCapture", True):
            return
        if _chance.random() * 100 >= config["InitialSamplingPercentage"]:
            return
        line = _line(call, config, request, reply, now)
        role = variant.model.document["ExecutionRoleArn"]
        key = (config["DestinationS3Uri"], f"{endpoint.name}/{variant.name}", role)
        self._lines.setdefault(key, []).append(json.dumps(line))

    async def write(self, acting: Callable[[str], Ask], now: Any) -> None:
        """Hands over what there is: `<destination>/<endpoint>/<variant>/yyyy/mm/dd/hh/….jsonl`.

        `acting` makes calls as a role.
        """
        async with self._writing:
            taken, self._lines = self._lines, {}
            for (destination, place, role), lines in taken.items():
                bucket, prefix = place_of(destination.rstrip("/") + "/x")
                name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
                key = f"{prefix.removesuffix('x')}{place}/{now:%Y/%m/%d/%H}/{name}"
                body = ("\n".join(lines) + "\n").encode()
                try:
                    await acting(role)("s3", "put_object", Bucket=bucket, Key=key, Body=body)
                except Exception as error:  # a bucket that is gone must not hold up the endpoint
                    _log.warning("captured data lost: s3://%s/%s: %s", bucket, key, error)


def _line(call: Call, config: Document, request: Document, reply: Reply, now: Any) -> Document:
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    both = "InputAndOutput" in modes
    captured: Document = {}
    if both or "Input" in modes:
        kind = request.get("ContentType") or "application/json"
        captured["endpointInput"] = _side("INPUT", kind, request.get("Body") or b"", config)
    if both or "Output" in modes:
        captured["endpointOutput"] = _side("OUTPUT", reply.content_type, reply.body, config)
    meta: Document = {"eventId": call.request_id, "inferenceTime": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
    if request.get("InferenceId"):
        meta["inferenceId"] = request["InferenceId"]
    if request.get("CustomAttributes"):
        meta["customAttributes"] = [request["CustomAttributes"]]
    return {"captureData": captured, "eventMetadata": meta, "eventVersion": "0"}


def _side(mode: str, content_type: str, data: bytes, config: Document) -> Document:
    """CSV and JSON as they are, if the configuration names their types; all else as base64."""
    headers = config.get("CaptureContentTypeHeader") or {}
    kind = content_type.partition(";")[0].strip()
    encoding = "BASE64"
    if kind in (headers.get("CsvContentTypes") or ()):
        encoding = "CSV"
    if kind in (headers.get("JsonContentTypes") or ()):
        encoding = "JSON"
    text = base64.b64encode(data).decode() if encoding == "BASE64" else data.decode("utf-8", "replace")
    return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}
