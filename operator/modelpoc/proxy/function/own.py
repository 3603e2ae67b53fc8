"""The POC's own handler: loaded when it is first asked, called with the untouched event."""

from __future__ import annotations

import importlib.util
import json
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from .answers import Problem
from .failures import problem_of
from .passing import check_json
from .request import Request

Handler = Callable[[Any, Any], Any]
_TRACE = 4000
"""Characters of a traceback that go to the log: its end says most."""
FAILED = "the POC's own handler failed: whoever runs it finds the cause in the function's log"


class OwnHandler:
    """`lambda_handler(event, context)` of the module below the folder `own`."""

    def __init__(self, folder: Path, module: str) -> None:
        self._folder = folder
        self._module = module
        self._handler: Handler | None = None

    def ask(self, request: Request, context: Any) -> Any:
        """What the handler returns, as it is; Problem when it raises."""
        try:
            return self._loaded()(request.event, context)
        except (Exception, SystemExit) as error:
            raise _problem(error, request) from error

    def _loaded(self) -> Handler:
        if self._handler is None:
            self._handler = _handler_of(_import(self._folder, self._module))
        return self._handler


def as_http(given: Any, headers: Mapping[str, str]) -> dict[str, Any]:
    """A handler's answer to the gateway, with `headers` added where it has none of these.

    Without a `statusCode`, all of it is the body of a 200, as format 2.0 wants it. Problem 500 when it is
    nothing that the gateway could send.
    """
    try:
        answer = dict(given) if _is_answer(given) else _wrapped(given)
        own = _headers(answer.get("headers") or {})
        answer["statusCode"] = _status(answer["statusCode"])
        if not isinstance(answer.get("body"), str | None):
            raise TypeError("the body is no text")
        json.dumps(answer)
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Problem(
            500,
            "HandlerFailed",
            "the POC's own handler gave no HTTP answer: it must return statusCode, headers and body",
            detail=repr(error),
        ) from error
    had = {name.lower() for name in own}
    return answer | {"headers": own | {k: v for k, v in headers.items() if k not in had}}


def _is_answer(given: Any) -> bool:
    return isinstance(given, Mapping) and "statusCode" in given


def _wrapped(given: Any) -> dict[str, Any]:
    body = given if isinstance(given, str) else json.dumps(given)
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}


def _headers(given: Mapping[str, Any]) -> dict[str, Any]:
    if any(isinstance(value, Mapping | list | tuple) for value in given.values()):
        raise TypeError("a header has several values")
    return {str(name): value for name, value in given.items()}


def _status(given: Any) -> int:
    status = int(given)
    if not 100 <= status <= 599:
        raise ValueError(f"status {status}")
    return status


def _problem(error: BaseException, request: Request) -> Problem:
    from_boto = problem_of(error)
    if from_boto:
        return from_boto
    if isinstance(error, json.JSONDecodeError):
        # It read JSON: if the body is none, that is no fault of the handler's.
        try:
            check_json(request.body)
        except Problem as malformed:
            return malformed
    where = "".join(traceback.format_exception(error))[-_TRACE:]
    return Problem(500, "HandlerFailed", FAILED, detail=where)


def _handler_of(module: ModuleType) -> Handler:
    handler: Handler | None = getattr(module, "lambda_handler", None)
    if not callable(handler):
        raise AttributeError(f"{module.__name__} has no function lambda_handler(event, context)")
    return handler


def _import(folder: Path, name: str) -> ModuleType:
    """By its file: a module of ours or of Python's may have the same name."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    registered = name if name not in sys.modules else f"own_{name}"
    spec = importlib.util.spec_from_file_location(registered, folder / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{name}.py cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[registered] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[registered]
        raise
    return module
