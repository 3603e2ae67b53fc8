"""Changes the image in a configuration, and not a character else."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from modelpoc.api.ecs import Image
from modelpoc.api.problems import Loc, field_path
from modelpoc.catalog.catalog import load_one, load_text
from modelpoc.catalog.document import Document, parse
from modelpoc.catalog.older import is_older
from modelpoc.catalog.rewrite import CannotRewrite

_OLDER: Loc = ("app", "container", "image")
_IMAGE = TypeAdapter[str](Image)


@dataclass(frozen=True)
class ImageChange:
    """One image for another in `file`; `text` is the whole file afterwards."""

    file: Path
    line: int
    field: str
    before: str
    after: str
    text: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


def check_reference(image: str) -> None:
    """Raises CannotRewrite when `image` is no reference that a POC can have."""
    try:
        _IMAGE.validate_python(image)
    except ValidationError as error:
        raise CannotRewrite(str(error.errors()[0]["msg"])) from None


def with_image(file: Path, image: str) -> ImageChange:
    """What `file` says with another image. Raises CannotRewrite."""
    check_reference(image)
    entry = load_one(file)
    if entry.poc is None or entry.document is None:
        raise CannotRewrite("; ".join(map(str, entry.findings)))
    document, loc = entry.document, _place(entry.document)
    before = document.texts.get(loc)
    if before is None:
        raise CannotRewrite(
            f"{file}: {field_path(loc)} is not given there, so nothing can be put in its place"
        )
    text = document.text if before == image else _replaced(document, loc, image)
    changed = ImageChange(file, document.marks[loc].line, field_path(loc), before, image, text)
    _prove(document, loc, changed)
    return changed


def _place(document: Document) -> Loc:
    if is_older(document.data):
        return _OLDER
    return ("ecs" if document.data.get("ecs") is not None else "sagemaker", "image")


def _replaced(document: Document, loc: Loc, image: str) -> str:
    """In the quotes that were there; a value of several lines becomes one of one line."""
    begin, end = document.spans[loc]
    written = document.text[begin:end]
    quote = written[0] if written[:1] in ("'", '"') else ""
    newline = "\n" if written.endswith("\n") else ""
    return f"{document.text[:begin]}{quote}{image}{quote}{newline}{document.text[end:]}"


def _prove(document: Document, loc: Loc, change: ImageChange) -> None:
    """Raises CannotRewrite when the text says anything else than the old one with the new image."""
    wanted = deepcopy(document.data)
    _put(wanted, loc, change.after)
    if parse(change.file, change.text).data != wanted:
        raise CannotRewrite(
            f"{change.file}:{change.line}: {change.field} is written in a way that cannot be changed in "
            "place, as through an anchor: write the image out there"
        )
    if findings := load_text(change.file, change.text).findings:
        raise CannotRewrite("; ".join(map(str, findings)))


def _put(data: Any, loc: Loc, value: str) -> None:
    for part in loc[:-1]:
        data = data[part]
    data[loc[-1]] = value
