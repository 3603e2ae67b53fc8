"""The four functions that SageMaker's containers call: load, read a request, predict, write the answer."""

import base64
import binascii
import json
import os
from pathlib import Path

from object_counter.errors import NotAcceptable, NotUnderstood, TooLarge, UnsupportedType
from object_counter.fetching import Limits, fetched
from object_counter.network import COUNTS, Array, Network
from object_counter.pictures import fit, read

JSON = "application/json"
PICTURES = ("image/png", "image/jpeg", "image/webp", "application/x-image")
MOST_BYTES = 5 * 1024 * 1024
# "1" lets `url` lead to private and loopback addresses too: for a cloud on one machine.
ALLOW_PRIVATE = "OBJECT_COUNTER_ALLOW_PRIVATE"

Prediction = dict[str, dict[str, float] | int]


def model_fn(model_dir: str) -> Network:
    """The model out of the unpacked artifact."""
    return Network.load(Path(model_dir) / "model.npz")


def input_fn(body: bytes | str, content_type: str) -> Array:
    """(48, 48): the picture of a request; an InputError, which is a ValueError, when there is none in it.

    JSON carries `url` or `image` (base64); any other type is the picture itself.
    """
    kind = (content_type or JSON).partition(";")[0].strip().lower()
    if kind == JSON:
        return fit(read(_bounded(_named(body))))
    if kind not in PICTURES:
        raise UnsupportedType(f"{kind} is not understood: send {JSON} or one of {', '.join(PICTURES)}")
    return fit(read(_bounded(body.encode("latin-1", "replace") if isinstance(body, str) else bytes(body))))


def predict_fn(data: Array, model: Network) -> Prediction:
    """The probability of each count, and the likeliest."""
    odds = model.probabilities(data[None])[0]
    named = {str(number): round(float(odd), 4) for number, odd in zip(COUNTS, odds, strict=True)}
    return {"probabilities": named, "count": COUNTS[int(odds.argmax())]}


def output_fn(prediction: Prediction, accept: str) -> str:
    """As JSON; NotAcceptable when something else is wanted."""
    kinds = [kind.partition(";")[0].strip().lower() for kind in (accept or JSON).split(",")]
    if not {JSON, "application/*", "*/*", ""} & set(kinds):
        raise NotAcceptable(f"the answer is {JSON}, which the request does not accept")
    return json.dumps(prediction)


def _named(body: bytes | str) -> bytes:
    """The bytes that a JSON request means."""
    try:
        request = json.loads(body)
    except ValueError as error:
        raise NotUnderstood("the body is not JSON") from error
    if not isinstance(request, dict) or len(request.keys() & {"url", "image"}) != 1:
        raise NotUnderstood('send {"url": "https://…"} or {"image": "<base64>"}')
    (key,) = request.keys() & {"url", "image"}
    value = request[key]
    if not isinstance(value, str):
        raise NotUnderstood(f"{key} must be a text")
    return fetched(value, _limits()) if key == "url" else _decoded(value)


def _decoded(text: str) -> bytes:
    encoded = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotUnderstood("image is not valid base64") from error


def _bounded(body: bytes) -> bytes:
    if len(body) > MOST_BYTES:
        raise TooLarge(f"the picture has {len(body)} bytes: send {MOST_BYTES} at most")
    return body


def _limits() -> Limits:
    return Limits(allow_private=os.environ.get(ALLOW_PRIVATE, "") == "1", size=MOST_BYTES)
