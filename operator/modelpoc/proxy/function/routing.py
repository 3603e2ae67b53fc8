"""Which part of the function answers a request. Pure."""

from __future__ import annotations

from enum import Enum

from .answers import Problem
from .request import Request

READ = ("GET", "HEAD")


class Place(Enum):
    """What there is below the POC's path, and how it may be asked."""

    ROOT = ("", READ)
    PREDICT = ("/predict", ("POST",))
    HEALTH = ("/health", READ)
    DOCUMENT = ("/openapi.json", READ)
    DOCS = ("/docs", READ)
    DOCS_SLASH = ("/docs/", READ)
    ASSET = ("/docs/…", READ)
    PREFLIGHT = ("…", ("OPTIONS",))

    def __init__(self, tail: str, methods: tuple[str, ...]) -> None:
        self.tail = tail
        self.methods = methods


_SINGLE = (Place.ROOT, Place.PREDICT, Place.HEALTH, Place.DOCUMENT, Place.DOCS, Place.DOCS_SLASH)
_EXACT = {place.tail: place for place in _SINGLE} | {"/": Place.ROOT}


def place_of(request: Request, assets: frozenset[str]) -> Place:
    """Where the request goes; Problem 404 or 405, in words, when there is no such place."""
    place = _found(request, assets)
    if request.method == "OPTIONS":
        return Place.PREFLIGHT
    if request.method not in place.methods:
        allowed = ", ".join((*place.methods, "OPTIONS"))
        raise Problem(
            405,
            "MethodNotAllowed",
            f"{request.method or 'no method'} does not go with {request.path}: use {place.methods[0]}",
            headers={"allow": allowed},
        )
    return place


def _found(request: Request, assets: frozenset[str]) -> Place:
    tail = request.tail
    if tail is not None:
        if tail in _EXACT:
            return _EXACT[tail]
        folder, _, name = tail.rpartition("/")
        if folder == Place.DOCS.tail and name in assets:
            return Place.ASSET
    if request.method == "OPTIONS":
        return Place.PREFLIGHT
    raise Problem(
        404,
        "NotFound",
        f"there is nothing at {request.path or '/'}: "
        "there are POST …/predict, GET …/docs, GET …/openapi.json and GET …/health",
    )
