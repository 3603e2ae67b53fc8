"""A POC's own handler: read from a .py file or a .zip, and checked before it is packed."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from modelpoc.proxy.errors import OwnSourceError

MAX_SOURCE = 10 * 2**20
"""Bytes of the file in the POC's prefix. Lambda takes 50 MB a zip sent directly; more than a handler
needs is a mistake (the archive of the model, say)."""
MAX_UNPACKED = 100 * 2**20
"""Bytes of all its files together; Lambda takes 250 MB, with everything beside it."""
MAX_FILES = 2000
_USUAL = ("handler", "lambda_function")


@dataclass(frozen=True)
class Own:
    """The files of a POC's own handler and the module to import."""

    module: str
    files: tuple[tuple[str, bytes], ...] = field(repr=False)
    """Relative paths, and contents."""


def own_source(source: bytes, name: str) -> Own:
    """What to pack of the file called `name` (an S3 key or a file name).

    OwnSourceError when it is too large, is not what its name says, reaches outside, or has no module
    that could hold `lambda_handler`.
    """
    path = PurePosixPath(name)
    if len(source) > MAX_SOURCE:
        raise OwnSourceError(f"{path.name} has {len(source)} bytes; {MAX_SOURCE} is the most: pack less")
    match path.suffix:
        case ".py":
            return Own(_module(path), ((path.name, _text(source, path.name)),))
        case ".zip":
            files = tuple(_unzipped(source, path.name))
            return Own(_main(files, path), files)
        case _:
            raise OwnSourceError(f"{path.name} is neither a .py nor a .zip file: name one of these")


def _module(path: PurePosixPath) -> str:
    if not path.stem.isidentifier():
        raise OwnSourceError(f"{path.name} cannot be imported: use letters, digits and _ in its name")
    return path.stem


def _text(source: bytes, name: str) -> bytes:
    try:
        source.decode()
    except UnicodeDecodeError as error:
        raise OwnSourceError(f"{name} is not Python source in UTF-8: {error.reason}") from error
    return source


def _main(files: tuple[tuple[str, bytes], ...], archive: PurePosixPath) -> str:
    """The module at the archive's top that holds the handler, by its name."""
    top = [PurePosixPath(name) for name, _ in files if "/" not in name and name.endswith(".py")]
    stems = {path.stem for path in top}
    for usual in (*_USUAL, archive.stem):
        if usual in stems:
            return usual
    if len(top) == 1:
        return _module(top[0])
    raise OwnSourceError(
        f"{archive.name} has {len(top)} .py files at its top, none of them called handler.py: "
        "put lambda_handler(event, context) into handler.py there"
    )


def _unzipped(source: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(source)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(entries, name)
            for entry in entries:
                with archive.open(entry) as member:
                    # What the archive says of itself was checked; this holds it to that.
                    yield entry.filename, member.read(entry.file_size + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise OwnSourceError(f"{name} is not a zip file that can be read: {error}") from error


def _check(entries: list[zipfile.ZipInfo], name: str) -> None:
    size = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_FILES or size > MAX_UNPACKED:
        raise OwnSourceError(
            f"{name} holds {len(entries)} files of {size} bytes; {MAX_FILES} files and {MAX_UNPACKED} bytes "
            "are the most: pack less"
        )
    seen: set[str] = set()
    for entry in entries:
        if _outside(entry):
            raise OwnSourceError(f"{name} holds {entry.filename!r}, which lies outside or is no plain file")
        if entry.filename in seen:
            raise OwnSourceError(f"{name} holds {entry.filename!r} twice: pack it again")
        seen.add(entry.filename)


def _outside(entry: zipfile.ZipInfo) -> bool:
    path, mode = PurePosixPath(entry.filename), entry.external_attr >> 16
    odd = "\\" in entry.filename or ":" in path.parts[0] or "\0" in entry.orig_filename
    kind = stat.S_IFMT(mode)
    return path.is_absolute() or ".." in path.parts or odd or kind not in (0, stat.S_IFREG)
