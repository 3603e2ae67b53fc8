"""The zip that Lambda runs for one POC: reproducible, and addressed by its content."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from modelpoc.proxy.own import Own, own_source
from modelpoc.proxy.static import static_files, static_hash

__all__ = ["HANDLER", "Cors", "Package", "ProxySettings", "package"]

HANDLER = "index.handler"
"""What Lambda calls."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: every file gets it, so that equal content is an equal zip."""
_FILE_MODE = 0o100644 << 16


@dataclass(frozen=True)
class Cors:
    """Which web pages of other origins may call: the fields of `routing.cors`, everyone by default."""

    allow_origins: tuple[str, ...] = ("*",)
    allow_methods: tuple[str, ...] = ("GET", "HEAD", "POST", "OPTIONS")
    allow_headers: tuple[str, ...] = ("content-type", "authorization", "accept")
    expose_headers: tuple[str, ...] = ("x-request-id", "retry-after")
    allow_credentials: bool = False
    max_age_seconds: int = 300


@dataclass(frozen=True)
class ProxySettings:
    """What the function of one POC serves; it finds it as `poc.json` beside its code."""

    name: str
    path: str
    """Public path of the POC, from the slash on, as in /poc-deployment/object-counter."""
    document: Mapping[str, Any] = field(hash=False, repr=False)
    """Its OpenAPI document, see `modelpoc.proxy.openapi.document`."""
    cors: Cors = Cors()


@dataclass(frozen=True)
class Package:
    """The function's code. Cheap to make and to compare: the zip is built when it is first asked for."""

    settings: ProxySettings
    own: Own | None = None

    @cached_property
    def version(self) -> str:
        """12 hex digits that stand for code and settings, without the POC's own handler."""
        digest = hashlib.sha256(static_hash().encode())
        # In one order of keys: who reads a POC from a file and who from the cluster mean the same.
        digest.update(_poc_json(self.settings, None, in_order=True))
        return digest.hexdigest()[:12]

    @cached_property
    def content(self) -> bytes:
        """The zip."""
        return _zipped(self._files())

    def with_own(self, source: bytes, name: str) -> Package:
        """The same around the POC's own handler; see `package`."""
        return package(self.settings, source, name)

    def _files(self) -> Iterable[tuple[str, bytes]]:
        yield from static_files()
        yield "poc.json", _poc_json(self.settings, self.own)
        if self.own:
            yield from ((f"own/{name}", content) for name, content in self.own.files)


def package(poc: ProxySettings, own: bytes | None = None, own_name: str | None = None) -> Package:
    """The code for a POC's function.

    `own` is the content of the POC's own handler and `own_name` its key or file name: a .py file, or a
    .zip whose top holds handler.py, lambda_function.py, or one .py file only. OwnSourceError, a
    ValueError fit to show to a user, when it cannot be used.
    """
    if own is None:
        return Package(poc)
    return Package(poc, own_source(own, own_name or "handler.py"))


def _poc_json(settings: ProxySettings, own: Own | None, in_order: bool = False) -> bytes:
    fields = asdict(settings) | {"own": own.module if own else None}
    return json.dumps(fields, sort_keys=in_order, ensure_ascii=False, separators=(",", ":")).encode()


def _zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix, wherever it is built: else the modes mean something else.
            entry.external_attr = _FILE_MODE
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".gz") else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return buffer.getvalue()
