"""A model's `inference.py`, loaded, and one request's way through its functions."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from . import defaults
from .errors import BadInput, Refused, told


class Model:
    """What `model_fn` gave, and the functions around it; missing ones are AWS's defaults."""

    def __init__(self, directory: Path) -> None:
        self._module = _module(directory)
        self._loaded = _call(self._function("model_fn"), str(directory))

    def answer(self, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """The answer to one request, and its content type."""
        given: Any = body
        if content_type.partition(";")[0].strip().lower() in defaults.TEXT:
            given = _decoded(body)
        transform = getattr(self._module, "transform_fn", None)
        if transform:
            return _written(_call(transform, self._loaded, given, content_type, accept), accept)
        data = _input(self._function("input_fn"), given, content_type)
        prediction = _call(self._function("predict_fn"), data, self._loaded)
        return _written(_call(self._function("output_fn"), prediction, accept), accept)

    def _function(self, name: str) -> Callable[..., Any]:
        found: Callable[..., Any] = getattr(self._module, name, None) or getattr(defaults, name)
        return found


def _module(directory: Path) -> ModuleType | None:
    """`code/inference.py` (SAGEMAKER_PROGRAM in SAGEMAKER_SUBMIT_DIRECTORY); other modules lie beside it."""
    # An image may say where it is on AWS.
    given = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", "").replace("/opt/ml/model", str(directory), 1)
    code = Path(given or directory / "code")
    program = code / (os.environ.get("SAGEMAKER_PROGRAM") or "inference.py")
    if not program.is_file():
        raise FileNotFoundError(f"no {program.name} in the model archive's code/ ({program} is missing)")
    sys.path.insert(0, str(code))
    spec = importlib.util.spec_from_file_location(program.stem, program)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[program.stem] = module
    spec.loader.exec_module(module)
    return module


def _input(function: Callable[..., Any], body: Any, content_type: str) -> Any:
    try:
        return _call(function, body, content_type)
    except ValueError as error:
        if told(error):
            raise
        raise BadInput(str(error)) from error


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Functions may take one argument more, the context: there is only one device here, so it is None."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return function(*arguments, None)
    except ValueError:  # a builtin does not tell
        pass
    return function(*arguments)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"the body is not UTF-8: {error}") from error


def _written(made: Any, accept: str) -> tuple[bytes, str]:
    """output_fn gives the answer, or the answer and its content type."""
    content, kind = made if isinstance(made, tuple) and len(made) == 2 else (made, "")
    if isinstance(content, str):
        content = content.encode()
    if not isinstance(content, bytes | bytearray | memoryview):
        raise Refused(f"output_fn gave {type(content).__name__}; it must give str or bytes")
    single = "" if "*" in accept or "," in accept else accept.partition(";")[0].strip()
    return bytes(content), kind or single or defaults.JSON
