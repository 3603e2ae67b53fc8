"""What a POC's configuration says that is allowed and yet seldom meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from modelpoc.api.ecs import PLACEHOLDER
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.problems import Loc
from modelpoc.catalog.catalog import Entry
from modelpoc.catalog.finding import Finding, Severity

_KEYS = ("S3_KEY", "S3_PREFIX")
_ROOT = "ROOT_PATH"


def habit_findings(entry: Entry, now: datetime) -> Iterator[Finding]:
    """Notices and warnings about one POC."""
    if entry.poc is None:
        return
    yield from _placeholder(entry, entry.poc)
    yield from _environment(entry, entry.poc)
    yield from _artifact(entry, entry.poc)
    yield from _examples(entry, entry.poc)
    expires = entry.poc.spec.expires_at
    if expires is not None and expires <= now:
        words = f"{expires.isoformat()} is over: it will not run; give a later time, or leave it out"
        yield entry.find(("expiresAt",), words).of("expired", Severity.WARNING)


def _placeholder(entry: Entry, poc: ModelPOC) -> Iterator[Finding]:
    waits = {
        "ecs": "the platform's stand-in runs until the image is built",
        "sagemaker": "nothing runs until the image is built",
    }
    runtime = poc.spec.runtime
    image = poc.spec.ecs.image if poc.spec.ecs else poc.spec.sagemaker and poc.spec.sagemaker.image
    if image == PLACEHOLDER:
        words = f"{waits[runtime]}: `modelpoc set-image` puts it here"
        yield entry.find((runtime, "image"), words).of("placeholder", Severity.NOTICE)


def _environment(entry: Entry, poc: ModelPOC) -> Iterator[Finding]:
    """The task role reads the POC's own prefix; a root path has no slashes at its ends."""
    for number, variable in enumerate(poc.spec.ecs.env if poc.spec.ecs else ()):
        loc: Loc = ("ecs", "env", number, "value")
        value = variable.value
        if variable.name in _KEYS and value.strip("/").split("/")[0] != entry.name:
            words = f'"{value}" is outside of the POC\'s own prefix: begin it with {entry.name}/'
            yield entry.find(loc, words).of("artifact", Severity.WARNING)
        if variable.name == _ROOT and value != value.strip("/"):
            words = f'"{value}": write it without slashes at the ends: {value.strip("/")}'
            yield entry.find(loc, words).of("root-path", Severity.WARNING)


def _artifact(entry: Entry, poc: ModelPOC) -> Iterator[Finding]:
    url = poc.spec.sagemaker.model_data_url if poc.spec.sagemaker else None
    if url and url.removeprefix("s3://").partition("/")[2].split("/")[0] != entry.name:
        words = f"{url} is outside of the POC's own prefix: put it at s3://<bucket>/{entry.name}/model.tar.gz"
        yield entry.find(("sagemaker", "modelDataUrl"), words).of("artifact", Severity.WARNING)


def _examples(entry: Entry, poc: ModelPOC) -> Iterator[Finding]:
    """In a merge patch, which `kubectl apply` sends, null means that a field goes."""
    for number, example in enumerate(poc.spec.examples):
        for inner in _nulls(example.body, ("examples", number, "body")):
            words = "`kubectl apply` drops a field that is null: leave it out"
            yield entry.find(inner, words).of("example", Severity.WARNING)


def _nulls(value: Any, loc: Loc) -> Iterator[Loc]:
    if isinstance(value, dict):
        yield from ((*loc, key) for key, child in value.items() if child is None)
        parts: list[tuple[int | str, Any]] = list(value.items())
    else:
        parts = list(enumerate(value)) if isinstance(value, list) else []
    for part, child in parts:
        yield from _nulls(child, (*loc, part))
