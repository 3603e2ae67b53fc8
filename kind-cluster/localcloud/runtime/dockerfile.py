"""Reads from a Dockerfile what a process needs to do the same as the container would."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

SHELL = ("/bin/sh", "-c")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True)
class ImageConfig:
    """What the final stage of a Dockerfile says about running it.

    `environment` leaves PATH out: the environment of the snapshot decides it.
    """

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    exposed: tuple[int, ...] = ()


def parse(text: str) -> ImageConfig:
    """The configuration of the last stage; a stage built on an earlier one inherits from it."""
    stages: dict[str, ImageConfig] = {}
    name, config = "", ImageConfig()
    for keyword, rest in _instructions(text):
        if keyword == "FROM":
            stages[name] = config
            name, config = _begin(rest, stages)
        else:
            config = _apply(config, keyword, rest)
    return config


def _begin(rest: str, stages: dict[str, ImageConfig]) -> tuple[str, ImageConfig]:
    words = [word for word in rest.split() if not word.startswith("--")]
    alias = words[2] if len(words) > 2 and words[1].upper() == "AS" else str(len(stages))
    return alias, stages.get(words[0], ImageConfig())


def _apply(config: ImageConfig, keyword: str, rest: str) -> ImageConfig:
    match keyword:
        case "ENV":
            return replace(config, environment=_environment(rest, config.environment))
        case "WORKDIR":
            return replace(config, workdir=_joined(config.workdir, _expand(rest, config.environment)))
        case "CMD":
            return replace(config, command=_argv(rest))
        case "ENTRYPOINT":
            return replace(config, entrypoint=_argv(rest), command=())
        case "EXPOSE":
            return replace(config, exposed=config.exposed + _ports(rest))
    return config


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Keyword and rest of each instruction, comments gone and continued lines joined."""
    whole = re.sub(r"\\[ \t]*\r?\n", " ", re.sub(r"(?m)^\s*#.*\n?", "", text))
    for line in whole.splitlines():
        keyword, _, rest = line.strip().partition(" ")
        if keyword:
            yield keyword.upper(), rest.strip()


def _environment(rest: str, known: dict[str, str]) -> dict[str, str]:
    first = rest.split(maxsplit=1)
    pairs = shlex.split(rest) if "=" in first[0] else [f"{first[0]}={first[1]}"]
    result = dict(known)
    for pair in pairs:
        key, _, value = pair.partition("=")
        result[key] = _expand(value, result)
    result.pop("PATH", None)
    return result


def _expand(value: str, known: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: known.get(found[1] or found[2], ""), value)


def _argv(rest: str) -> tuple[str, ...]:
    """Exec form as it is; shell form as Docker runs it."""
    try:
        parsed = json.loads(rest)
    except ValueError:
        return (*SHELL, rest)
    return tuple(parsed) if isinstance(parsed, list) else (*SHELL, rest)


def _ports(rest: str) -> tuple[int, ...]:
    return tuple(int(port) for port in re.findall(r"\b(\d+)\b(?:/\w+)?", rest))


def _joined(current: str, to: str) -> str:
    return to if to.startswith("/") else f"{current.rstrip('/')}/{to}"
