"""What every function's zip holds: the code that runs in Lambda, and Swagger UI's files.

Swagger UI's files come from the package fastapi-swagger, which carries nothing else and follows
swagger-ui-dist; it is never imported.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from importlib import metadata, resources

from modelpoc.proxy.errors import ProxyError

PACKAGE = "modelpoc_proxy"
"""Name of the function's code in the zip: nothing that a POC's own handler would be called."""
_INDEX = f"from {PACKAGE}.handler import handler\n"
_SWAGGER_UI = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")
_CARRIER = "fastapi-swagger"


class SwaggerUiMissing(ProxyError):
    """The package that carries Swagger UI's files is not installed as it should be."""


@lru_cache(maxsize=1)
def static_files() -> tuple[tuple[str, bytes], ...]:
    """Names in the zip and contents; what browsers take compressed is kept so."""
    assets = ((f"docs/{name}.gz", gzip.compress(content, 9, mtime=0)) for name, content in _swagger_ui())
    return (*_code(), *assets)


@lru_cache(maxsize=1)
def static_hash() -> str:
    """SHA-256 of the contents, in hex: before compression, which differs between versions of zlib."""
    digest = hashlib.sha256()
    for name, content in (*_code(), *_swagger_ui()):
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _code() -> tuple[tuple[str, bytes], ...]:
    folder = resources.files("modelpoc.proxy") / "function"
    found = [(entry.name, entry) for entry in folder.iterdir() if entry.name.endswith((".py", ".js"))]
    modules = ((f"{PACKAGE}/{name}", entry.read_bytes()) for name, entry in sorted(found, key=lambda f: f[0]))
    return (("index.py", _INDEX.encode()), *modules)


@lru_cache(maxsize=1)
def _swagger_ui() -> tuple[tuple[str, bytes], ...]:
    return tuple((name, _carried(name)) for name in _SWAGGER_UI)


def _carried(name: str) -> bytes:
    try:
        # By its files: importing the package would import FastAPI.
        place = metadata.distribution(_CARRIER).locate_file(f"fastapi_swagger/resources/{name}")
        return bytes(place.read_bytes())  # type: ignore[attr-defined]
    except (metadata.PackageNotFoundError, OSError) as error:
        raise SwaggerUiMissing(
            f"Swagger UI's {name} was not found: install {_CARRIER} beside modelpoc"
        ) from error
