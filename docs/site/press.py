"""Builds the site: pages and configuration into a folder, then Zensical, which takes no warning."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from docs.site.gather import BrokenLink, Pages, gather
from docs.site.nav import navigation

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
CONFIG = Path(__file__).with_name("mkdocs.yml")


class BuildFailed(Exception):
    """The site has a fault; the message names page and place."""


def build(root: Path, home: Path) -> Path:
    """The built site's folder, `home`/site, from the checkout at `root`. Raises BuildFailed."""
    try:
        pages = gather(root)
    except BrokenLink as error:
        raise BuildFailed(str(error)) from error
    _stage(pages, root, home)
    _zensical(home)
    return home / "site"


def _stage(pages: Pages, root: Path, home: Path) -> None:
    """Exactly these pages and files, so that nothing of an earlier build is linked to."""
    for name in ("source", "site", ".cache"):
        shutil.rmtree(home / name, ignore_errors=True)
    source = home / "source"
    for path, text in pages.texts.items():
        _write(source / path, text)
    for path, file in pages.files.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, source / path)
    _write(home / "mkdocs.yml", yaml.safe_dump(_config(pages), sort_keys=False, allow_unicode=True))


def _config(pages: Pages) -> Mapping[str, Any]:
    settings: dict[str, Any] = yaml.safe_load(CONFIG.read_text())
    return settings | {"docs_dir": "source", "site_dir": "site", "nav": navigation(pages.texts)}


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _zensical(home: Path) -> None:
    words = [sys.executable, "-m", "zensical", "build", "--strict", "-f", "mkdocs.yml"]
    done = subprocess.run(words, cwd=home, text=True, capture_output=True, check=False)
    if done.returncode != 0:
        said = _COLOURS.sub("", f"{done.stdout}{done.stderr}").partition("Traceback")[0]
        raise BuildFailed(f"Zensical refuses the pages:\n{said.strip()}")
