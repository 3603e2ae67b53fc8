"""Lengths of time as people write them on a command line."""

from __future__ import annotations

import re

from modelpoc.cli.faces import CliError

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_FORM = re.compile(r"([0-9]+(?:\.[0-9]+)?)(s|m|h|d|w|)")


def seconds(text: str, option: str) -> float:
    """Of `90`, `90s`, `15m`, `2h`, `1d` or `1w`, the seconds. Raises CliError that names `option`."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise CliError(f'{option} "{text}": write a number and one of s, m, h, d and w, as in 15m')
    return float(match[1]) * _UNITS[match[2]]


def told(length: float) -> str:
    """Seconds as a person would say them: `42 s`, `3 min 20 s`, `2 h 5 min`, `4 d 1 h`."""
    whole = int(length)
    for size, big, small, unit in ((86400, "d", "h", 3600), (3600, "h", "min", 60), (60, "min", "s", 1)):
        if whole >= size:
            rest = whole % size // unit
            return f"{whole // size} {big}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def short(length: float) -> str:
    """Seconds in one word, as kubectl writes ages: `42s`, `3m`, `5h`, `12d`."""
    whole = max(0, int(length))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"
