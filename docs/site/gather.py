"""Pages of the repository, brought together, with links that lead to where they stand in the site."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

MOUNTED: Mapping[str, str] = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "kind-cluster/README.md": "local-cloud.md",
    "models/experience-linker/README.md": "models/experience-linker.md",
    "models/object-counter/README.md": "models/object-counter.md",
}
"""Pages outside `docs/` and where they stand in the site; README.md's place is the site's own first page."""

_LINK = re.compile(r"`[^`]*`|(?P<image>!?)\[(?P<text>[^\[\]]*)\]\((?P<target>[^()\s]+)\)")
"""A link, or a piece of code, which is left alone."""
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_ELSEWHERE = re.compile(r"^([a-z][a-z0-9+.-]*:|//|#)", re.IGNORECASE)


class BrokenLink(Exception):
    """A page names a file that is not there."""


@dataclass(frozen=True)
class Pages:
    """What the site is made of, by path in the site."""

    texts: Mapping[str, str]
    """Markdown."""
    files: Mapping[str, Path]
    """Pictures and all else, as they are."""


def gather(root: Path) -> Pages:
    """All pages and files of `docs/`, and the mounted ones. Raises BrokenLink."""
    docs = {_relative(file, root): _relative(file, root / "docs") for file in _files_of(root / "docs")}
    own = {source: path for source, path in docs.items() if path.endswith(".md")}
    mounted = {source: path for source, path in MOUNTED.items() if (root / source).is_file()}
    places = {**mounted, **own}
    sources = {source: path for source, path in places.items() if source != "README.md"}
    texts = {path: _relinked(source, root, places) for source, path in sources.items()}
    files = {path: root / source for source, path in docs.items() if source not in own}
    return Pages(texts, files)


def _files_of(folder: Path) -> list[Path]:
    inside = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return sorted(file for file in inside if not _is_tool(file.relative_to(folder)))


def _is_tool(path: Path) -> bool:
    return (path.parts[0] == "site" and path.suffix not in (".css",)) or path.name.startswith(".")


def _relative(file: Path, folder: Path) -> str:
    return file.relative_to(folder).as_posix()


def _relinked(source: str, root: Path, places: Mapping[str, str]) -> str:
    def moved(match: re.Match[str]) -> str:
        return _moved(match, source, root, places)

    return outside_fences((root / source).read_text(), lambda line: _LINK.sub(moved, line))


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """`text` with `change` applied to each line that is not in a fenced block."""
    fence, lines = "", []
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and line.strip() == fence:
            fence = ""
        elif not fence:
            line = change(line)
        lines.append(line)
    return "\n".join(lines) + "\n"


def _moved(match: re.Match[str], source: str, root: Path, places: Mapping[str, str]) -> str:
    """The link as it must be written in the site; what the site does not hold is named, not linked."""
    text, target = match["text"], match["target"]
    if target is None or _ELSEWHERE.match(target):
        return match[0]
    path, mark, anchor = target.partition("#")
    file = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    if f"{file}/README.md" in places:
        file = f"{file}/README.md"
    if file in places:
        here = posixpath.dirname(places[source])
        return f"{match['image']}[{text}]({posixpath.relpath(places[file], here or '.')}{mark}{anchor})"
    if not (root / file).exists():
        raise BrokenLink(f"{source}: [{text}]({target}): there is no {file}")
    if file.startswith("docs/") and (root / file).is_file():
        return match[0]
    plain = text.strip("`")
    return f"`{plain}`" if plain in file else f"{text} (`{file}`)"
