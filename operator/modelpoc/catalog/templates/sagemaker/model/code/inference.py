"""The functions that SageMaker's containers call: load, read a request, predict, write the answer."""

import json
from http import HTTPStatus
from pathlib import Path

from model import FEATURES, Model

try:
    from sagemaker_inference.errors import BaseInferenceToolkitError as _Answered
except ImportError:

    class _Answered(Exception):  # type: ignore[no-redef]
        """Stands in where AWS's toolkit, which answers with the status of its own exceptions, is not."""

        def __init__(self, status_code: int, message: str, phrase: str) -> None:
            self.status_code, self.message, self.phrase = status_code, message, phrase
            super().__init__(status_code, message, phrase)


class Refused(_Answered):  # type: ignore[misc]
    """A request that is no penguin; the message is for whoever sent it."""

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST.value, message, HTTPStatus.BAD_REQUEST.phrase)

    def __str__(self) -> str:
        return str(self.message)


def model_fn(model_dir: str) -> Model:
    """The model out of the unpacked archive."""
    return Model.load(Path(model_dir) / "weights.json")


def input_fn(body: bytes | str, content_type: str) -> dict[str, float]:
    """The measurements of one penguin: a JSON object with a positive number for each feature."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(f"{content_type} is not understood: send application/json")
    try:
        request = json.loads(body)
    except ValueError as error:
        raise Refused("the body is not JSON") from error
    if not isinstance(request, dict):
        raise Refused(f"send an object with {', '.join(FEATURES)}")
    return {name: _measure(name, request.get(name)) for name in FEATURES}


def predict_fn(data: dict[str, float], model: Model) -> dict[str, object]:
    """The likeliest species, and how likely each is."""
    return model.predict(data)


def output_fn(prediction: dict[str, object], accept: str) -> str:
    """As JSON, whatever is asked for."""
    return json.dumps(prediction)


def _measure(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 100_000:
        raise Refused(f"{name} must be a number above 0, not {value!r}")
    return float(value)
