"""A built site as files: its pages, what they link to, and where their anchors are."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

_LINKS = {"a": "href", "img": "src", "script": "src", "link": "href"}
_LOADED = {"img", "script"}


@dataclass
class Page(HTMLParser):
    """One HTML page."""

    links: list[tuple[str, str]] = field(default_factory=list)
    """Tag and target."""
    anchors: set[str] = field(default_factory=set)
    speechless: list[str] = field(default_factory=list)
    """Pictures without words for who cannot see them."""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := given.get(name))}
        if target := given.get(_LINKS.get(tag, "")):
            self.links.append((tag, target))
        if tag == "img" and not given.get("alt"):
            self.speechless.append(str(given.get("src")))


def pages(site: Path) -> dict[Path, Page]:
    """Every page of the site, but for the one that says that there is none."""
    found = {}
    for file in sorted(site.rglob("*.html")):
        if file.name != "404.html":
            found[file] = page = Page()
            page.feed(file.read_text())
    return found


def dead(site: Path) -> list[str]:
    """Links and anchors within the site that lead nowhere."""
    known = pages(site)
    return [
        f"{file.relative_to(site)}: {target}"
        for file, page in known.items()
        for _, target in page.links
        if not urlsplit(target).scheme and not _leads(file, target, known)
    ]


def _leads(file: Path, target: str, known: dict[Path, Page]) -> bool:
    path, anchor = urldefrag(target)
    there = (file.parent / unquote(path)).resolve() if path else file
    there = there / "index.html" if there.is_dir() else there
    if there not in known or not anchor:
        return there.exists()
    return unquote(anchor) in known[there].anchors


def foreign(site: Path) -> list[str]:
    """What a page loads from elsewhere."""
    return [
        target
        for page in pages(site).values()
        for tag, target in page.links
        if tag in _LOADED and urlsplit(target).netloc
    ]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests read the browser's console."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which `folder` is served."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
