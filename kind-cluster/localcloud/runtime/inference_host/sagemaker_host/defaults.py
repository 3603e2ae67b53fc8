"""What stands in for functions that an `inference.py` does not define, as in AWS's framework containers.

JSON and CSV need nothing; NPY needs numpy in the image's environment.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from .errors import BadInput, NotAcceptable, Unsupported

JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"
TEXT = (JSON, CSV)  # bodies of these types reach input_fn as str, all others as bytes


def model_fn(model_dir: str) -> Any:
    """There is no default: only the model's author knows how to load it."""
    raise NotImplementedError(
        "Please provide a model_fn implementation. See documentation for model_fn at "
        "https://sagemaker.readthedocs.io/en/stable/frameworks/"
    )


def input_fn(body: Any, content_type: str) -> Any:
    """Reads JSON, CSV or NPY."""
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == JSON:
            return json.loads(body)
        if kind == CSV:
            return [[_number(cell) for cell in row] for row in csv.reader(io.StringIO(body)) if row]
        if kind == NPY:
            return _numpy().load(io.BytesIO(body), allow_pickle=False)
    except ValueError as error:
        raise BadInput(f"the body is no {kind}: {error}") from error
    raise Unsupported(f"Content type {content_type} is not supported by this framework.")


def predict_fn(data: Any, model: Any) -> Any:
    """Calls the model, or its `predict`."""
    return model.predict(data) if hasattr(model, "predict") else model(data)


def output_fn(prediction: Any, accept: str) -> Any:
    """Writes JSON, CSV or NPY."""
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for kind in wanted:
        if kind in (JSON, "*/*", "application/*", ""):
            return json.dumps(_plain(prediction)), JSON
        if kind in (CSV, "text/*"):
            return _csv(_plain(prediction)), CSV
        if kind == NPY:
            buffer = io.BytesIO()
            _numpy().save(buffer, prediction)
            return buffer.getvalue(), NPY
    raise NotAcceptable(f"Accept type {accept} is not supported by this framework.")


def _plain(value: Any) -> Any:
    """Arrays and numbers of numpy, torch and their like as Python's own."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _csv(value: Any) -> str:
    rows = value if isinstance(value, list) else [value]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(row if isinstance(row, list) else [row] for row in rows)
    return out.getvalue()


def _number(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell


def _numpy() -> Any:
    try:
        import numpy  # type: ignore[import-not-found,unused-ignore]
    except ImportError as missing:
        raise Unsupported(f"{NPY} needs numpy in the image") from missing
    return numpy
