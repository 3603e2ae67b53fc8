"""A POC to begin with: a small real model, and the few lines of configuration that bring it to people.

Each folder of `templates/` is a whole model that works as it lies there, under the name `my-model`.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from modelpoc.catalog.catalog import CONFIG
from modelpoc.catalog.naming import objection

TEMPLATES = Path(__file__).with_name("templates")
TEMPLATE_NAME = "my-model"
_LEFT_BY_TOOLS = {".venv", "__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache"}
_LOCK = "uv.lock"
_PACKAGE = "[[package]]\n"
_LOCKED_NAME = re.compile(r'^name = "([^"]+)"$', re.MULTILINE)


class Runtime(StrEnum):
    """What a POC runs on; each has its template."""

    ECS = "ecs"
    SAGEMAKER = "sagemaker"


class CannotScaffold(Exception):
    """Nothing was written; says why, and what to do."""


@dataclass(frozen=True)
class Scaffold:
    """What was written."""

    name: str
    runtime: Runtime
    model: Path
    config: Path
    files: tuple[Path, ...]


def scaffold(name: str, runtime: Runtime, models_dir: Path, config_dir: Path) -> Scaffold:
    """Lays down `models_dir/name` and `config_dir/name`: both, or none, however it ends.

    Nothing that is there already is touched. Raises CannotScaffold, and OSError when the disk refuses.
    """
    template = TEMPLATES / runtime
    _check_name(name, template)
    model, config = models_dir / name, config_dir / name
    if model == config:
        raise CannotScaffold(f"models and configurations cannot both be in {models_dir}: name two folders")
    for target in (model, config):
        if os.path.lexists(target):
            raise CannotScaffold(f"{target} is there already: choose another name; nothing was written")
    with ExitStack() as undo:
        laid = [_staged(undo, target) for target in (model, config)]
        files = [model / path for path in _copy(template / "model", laid[0], name)]
        (laid[1] / CONFIG).write_text(_named(template / CONFIG, name), encoding="utf-8")
        for staged, target in zip(laid, (model, config), strict=True):
            undo.callback(_take_back, staged, target)
            _move(staged, target)
        undo.pop_all()
    return Scaffold(name, runtime, model, config, (*files, config / CONFIG))


def _check_name(name: str, template: Path) -> None:
    if problem := objection(name):
        raise CannotScaffold(problem)
    locked = _LOCKED_NAME.findall((template / "model" / _LOCK).read_text(encoding="utf-8"))
    if _canonical(name) in {*locked} - {TEMPLATE_NAME}:
        raise CannotScaffold(
            f'"{name}" cannot name a POC: a package that the model needs is called so: call it "{name}-poc"'
        )


def _staged(undo: ExitStack, target: Path) -> Path:
    """An empty directory beside `target`. What is to be undone is noted before it is done."""
    missing = [path for path in (target.parent, *target.parent.parents) if not path.exists()]
    for path in reversed(missing):
        undo.callback(_remove_if_empty, path)
        path.mkdir(exist_ok=True)
    staged = target.parent / f".new-{target.name[:40]}-{secrets.token_hex(4)}"
    undo.callback(shutil.rmtree, staged, ignore_errors=True)
    staged.mkdir()
    return staged


def _remove_if_empty(path: Path) -> None:
    with suppress(OSError):
        path.rmdir()


def _move(staged: Path, target: Path) -> None:
    """In one step, so that nobody ever sees half of it."""
    try:
        staged.rename(target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            raise CannotScaffold(f"{target} was made meanwhile: nothing was written") from error
        raise


def _take_back(staged: Path, target: Path) -> None:
    if not staged.exists():  # then it was moved
        shutil.rmtree(target, ignore_errors=True)


def _copy(template: Path, target: Path, name: str) -> Iterator[Path]:
    for path in sorted(files_of(template)):
        to = target / path
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(_named(template / path, name), encoding="utf-8")
        yield path


def files_of(template: Path) -> Iterator[Path]:
    """What a template is made of, as paths within it."""
    for path in template.rglob("*"):
        inside = path.relative_to(template)
        if path.is_file() and not _LEFT_BY_TOOLS & set(inside.parts):
            yield inside


def _named(file: Path, name: str) -> str:
    """Its text with the POC's name in it; a lock names packages in their canonical form, and in order."""
    text = file.read_text(encoding="utf-8")
    if file.name != _LOCK:
        return text.replace(TEMPLATE_NAME, name)
    head, *packages = text.replace(f'"{TEMPLATE_NAME}"', f'"{_canonical(name)}"').split(_PACKAGE)
    blocks = [block.rstrip("\n") for block in packages]
    ordered = sorted(blocks, key=lambda block: _LOCKED_NAME.findall(block)[:1])
    return head + "\n\n".join(_PACKAGE + block for block in ordered) + "\n"


def _canonical(name: str) -> str:
    return re.sub("-+", "-", name)
