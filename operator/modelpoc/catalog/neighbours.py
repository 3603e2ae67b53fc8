"""What the POCs of one platform must not share: a public path, and a listener rule's priority."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from modelpoc.api.problems import Loc
from modelpoc.catalog.catalog import Entry
from modelpoc.catalog.finding import Finding, Severity

DEFAULT_BASE_PATH = "poc-deployment"
_PATH: Loc = ("route", "path")
_PRIORITY: Loc = ("route", "priority")


def neighbour_findings(entries: Iterable[Entry], base_paths: Mapping[str, str]) -> Iterator[Finding]:
    """`base_paths`: platform → first part of its default paths, where it is not the usual one."""
    by_platform: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.poc is not None:
            by_platform[entry.poc.spec.platform_ref.name].append(entry)
    for platform, together in by_platform.items():
        base = base_paths.get(platform, DEFAULT_BASE_PATH)
        paths = [(entry, path_of(entry, base)) for entry in together]
        priorities = [(entry, priority) for entry in together if (priority := _priority(entry))]
        yield from _twice("route-path", _PATH, paths)
        yield from _twice("route-priority", _PRIORITY, priorities)
        yield from _within({path: entry for entry, path in paths})


def path_of(entry: Entry, base: str) -> str:
    """Where the POC answers: what it says, or the platform's base path and its name."""
    assert entry.poc is not None
    return entry.poc.spec.route.path or f"/{base}/{entry.name}"


def _priority(entry: Entry) -> int | None:
    return entry.poc.spec.route.priority if entry.poc else None


def _twice(rule: str, loc: Loc, values: Iterable[tuple[Entry, str | int]]) -> Iterator[Finding]:
    """Blames whoever wrote the value down, and of several that did, all but the first."""
    holders: defaultdict[str | int, list[Entry]] = defaultdict(list)
    for entry, value in values:
        holders[value].append(entry)
    for value, same in holders.items():
        same.sort(key=lambda entry: (_written(entry, loc), entry.name))
        for entry in same[1:]:
            words = f"{value} belongs to {same[0].name} already: choose another, or leave it out"
            yield entry.find(loc, words).of(rule)


def _written(entry: Entry, loc: Loc) -> bool:
    value = entry.poc.spec.to_dict().get("route", {}) if entry.poc else {}
    return loc[-1] in value


def _within(paths: Mapping[str, Entry]) -> Iterator[Finding]:
    """A path below another's: `/a/*` takes the requests of `/a/b` when its rule comes first."""
    for path, entry in paths.items():
        parts = path.split("/")
        above = ("/".join(parts[:n]) for n in range(2, len(parts)))
        for other in (paths[prefix] for prefix in above if prefix in paths):
            words = f"{path} lies below the path of {other.name}, which may get its requests: choose another"
            yield entry.find(_PATH, words).of("route-path", Severity.WARNING)
