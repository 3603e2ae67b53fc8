"""The HTTP face: /predict, /health and /docs over a model that loads beside it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from threading import Event
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from experience_linker import examples, schemas
from experience_linker.access_log import AccessLog
from experience_linker.docs import add_docs
from experience_linker.errors import LinkerError
from experience_linker.linker import Link, Linker
from experience_linker.loading import Loaded
from experience_linker.prefix import Prefix
from experience_linker.problems import explain

_log = logging.getLogger(__name__)

_DESCRIPTION = (
    "Links free-text job experience to the nearest entries of a role taxonomy, "
    "by sentence embedding (all-MiniLM-L6-v2)."
)
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The nearest roles: an object for one text, a list for a list.",
        "content": {"application/json": {"examples": examples.ANSWERS}},
    },
    422: {"model": schemas.Problem, "description": "What is wrong with the request, in a sentence."},
    503: {"model": schemas.Problem, "description": "The model is still loading: try again shortly."},
}


class Service:
    """Loads the model in a thread of its own, and runs predictions in a few others.

    `fail` is called, in the event loop, when the model cannot be loaded.
    """

    def __init__(self, load: Callable[[Event], Loaded], fail: Callable[[], None], threads: int) -> None:
        self.linker: Linker | None = None
        self._load = load
        self._fail = fail
        # Predictions in flight beyond this many wait: more threads than cores would slow each.
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="predict")

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Serving begins at once, so that /health can say that the model is loading."""
        stop = Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_loaded(stop))
            yield
            stop.set()
        self._threads.shutdown()

    async def link(self, linker: Linker, texts: list[str], top_k: int) -> list[Link]:
        """Away from the event loop, which meanwhile answers /health."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, linker.link, texts, top_k)

    async def _keep_loaded(self, stop: Event) -> None:
        try:
            loaded = await asyncio.to_thread(self._load, stop)
        except LinkerError as error:
            _log.error("%s", error)
            self._fail()
        except Exception:
            _log.exception("the model cannot be loaded")
            self._fail()
        else:
            self.linker = loaded.linker
            _log.info(
                "ready: artifact %s, fetched in %.2f s, loaded in %.2f s",
                loaded.linker.revision,
                loaded.fetch_s,
                loaded.load_s,
            )


def create_app(service: Service, root_path: str) -> FastAPI:
    """The app as seen by the world under `root_path`, whether or not a proxy strips that."""
    app = FastAPI(
        title="Experience linker",
        description=_DESCRIPTION,
        version="1",
        lifespan=service.lifespan,
        docs_url=None,
        redoc_url=None,
        # Its Location would carry the host that the last proxy used, which nobody else can reach.
        redirect_slashes=False,
    )
    app.add_middleware(Prefix, prefix=root_path)
    app.add_middleware(AccessLog)
    app.add_exception_handler(RequestValidationError, _refuse)
    _add_predict(app, service)
    _add_health(app, service)
    add_docs(app, root_path)
    return app


def _add_health(app: FastAPI, service: Service) -> None:
    @app.get("/health", responses={503: {"model": schemas.Health, "description": "Still loading."}})
    async def health(response: Response) -> schemas.Health:
        """Whether predictions can be answered."""
        if service.linker:
            return schemas.Health(status="ok", revision=service.linker.revision)
        response.status_code = 503
        return schemas.Health(status="loading")


def _add_predict(app: FastAPI, service: Service) -> None:
    @app.post("/predict", response_model=schemas.Answer, responses=_ANSWERS)
    async def predict(
        query: Annotated[schemas.Query, Body(openapi_examples=examples.REQUESTS)],
    ) -> Response:
        """The roles nearest to each text."""
        if not service.linker:
            return _problem(503, "the model is still loading: try again in a second", {"Retry-After": "1"})
        single = isinstance(query.input, str)
        texts = [query.input] if isinstance(query.input, str) else query.input
        links = [_link_out(link) for link in await service.link(service.linker, texts, query.top_k)]
        answer = schemas.Answer(output=links[0] if single else links)
        return Response(answer.model_dump_json(), media_type="application/json")


def _link_out(link: Link) -> schemas.LinkOut:
    matches = [
        schemas.MatchOut(title=match.role.title, code=match.role.code, score=round(match.score, 4))
        for match in link.matches
    ]
    return schemas.LinkOut(text=link.text, matches=matches, truncated=link.truncated)


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _problem(422, explain(error.errors()))


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": detail}, status, headers)
