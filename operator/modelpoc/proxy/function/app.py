"""From an event to an answer: every one gets CORS headers and the request's id, and nothing is raised."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from . import docs
from .answers import REQUEST_ID, Answer, Problem, as_event, problem_answer
from .clients import Aws
from .cors import cors_headers
from .deadline import DeadlineReached, deadline_of
from .failures import too_late
from .health import Health
from .own import OwnHandler, as_http
from .passing import ask_model, check_size
from .request import Request, mapping, request_of
from .routing import Place, place_of
from .settings import Settings

_ASSETS = frozenset(docs.ASSETS)
Log = Callable[[Mapping[str, Any]], None]


class App:
    """One POC's function; `log` takes one entry a request."""

    def __init__(self, settings: Settings, aws: Aws, log: Log) -> None:
        self._settings = settings
        self._aws = aws
        self._log = log
        self._health = Health(settings.endpoint, aws)
        self._own = OwnHandler(settings.root / "own", settings.own) if settings.own else None

    def answer(self, event: Any, context: Any) -> Any:
        """What Lambda gives back: an answer in payload format 2.0, or to a plain invoke what the POC's own
        handler returned."""
        began = time.monotonic()
        deadline = deadline_of(context, mapping(event, "requestContext"), time.time())
        request_id = str(getattr(context, "aws_request_id", "") or "none")
        request = request_of(event, self._settings.path, request_id, deadline)
        answer, problem = self._outcome(request, context)
        self._log(_entry(request, answer, problem, time.monotonic() - began))
        return answer

    def _outcome(self, request: Request, context: Any) -> tuple[Any, Problem | None]:
        """An answer in any case, and the problem that it tells of."""
        try:
            with request.deadline.enforced():
                return self._answer(request, context), None
        except DeadlineReached:
            # A client may be half way through an answer that is not the next request's.
            self._aws.forget()
            problem = too_late("interrupted")
        except Problem as found:
            problem = found
        except Exception:
            problem = _internal(traceback.format_exc())
        return self._dressed(request, problem_answer(problem, request.id)), problem

    def _answer(self, request: Request, context: Any) -> Any:
        place = place_of(request, _ASSETS)
        if place is Place.PREDICT and self._own:
            return self._ask_own(self._own, request, context)
        event = self._dressed(request, self._at(place, request))
        check_size(event)
        return event

    def _at(self, place: Place, request: Request) -> Answer:
        match place:
            case Place.PREDICT:
                return ask_model(request, self._settings.endpoint, self._aws)
            case Place.HEALTH:
                return self._health.answer(request.id)
            case Place.DOCUMENT:
                return docs.document(self._settings, request)
            case Place.DOCS:
                return docs.page(self._settings)
            case Place.ASSET:
                return docs.asset(self._settings, request)
            case Place.DOCS_SLASH:
                return docs.moved("../docs")
            case Place.ROOT:
                slash = request.tail == "/"
                return docs.moved("docs" if slash else f"{request.path.rpartition('/')[2]}/docs")
            case Place.PREFLIGHT:
                return Answer(204)

    def _ask_own(self, own: OwnHandler, request: Request, context: Any) -> Any:
        given = own.ask(request, context)
        if request.plain:
            return given
        event = as_http(given, self._common(request))
        check_size(event)
        return event

    def _dressed(self, request: Request, answer: Answer) -> dict[str, Any]:
        headers = self._common(request)
        if "vary" in headers and "vary" in answer.headers:
            headers["vary"] = f"{headers['vary']}, {answer.headers['vary']}"
        body = b"" if request.method == "HEAD" else answer.body
        return as_event(Answer(answer.status, {**answer.headers, **headers}, body))

    def _common(self, request: Request) -> dict[str, str]:
        preflight = request.method == "OPTIONS"
        return {**cors_headers(self._settings.cors, request.origin, preflight), REQUEST_ID: request.id}


def _internal(detail: str) -> Problem:
    message = "the function failed: whoever runs it finds the cause in its log, by the request's id"
    return Problem(500, "InternalError", message, detail=detail)


def _entry(request: Request, answer: Any, problem: Problem | None, seconds: float) -> dict[str, Any]:
    """No bodies and no headers: what people send to a model is theirs."""
    entry = {
        "level": "error" if problem and problem.status >= 500 else "info",
        "requestId": request.id,
        "method": request.method,
        "path": request.path,
        "status": answer.get("statusCode") if isinstance(answer, Mapping) else None,
        "milliseconds": round(seconds * 1000),
    }
    if problem:
        entry |= {"code": problem.code, "detail": problem.detail or problem.message}
    return entry


def as_line(entry: Mapping[str, Any]) -> str:
    """One line of JSON."""
    return json.dumps(entry, default=str)
