"""What `modelpoc predict` sends, and to whom: pure but for reading a file or stdin."""

from __future__ import annotations

import json
import mimetypes
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelpoc.api.modelpoc import Example, ModelPOC
from modelpoc.api.route import AuthType
from modelpoc.cli.faces import CliError

JSON = "application/json"


@dataclass(frozen=True)
class Body:
    """What is sent."""

    content: bytes
    content_type: str


def body_of(poc: ModelPOC, given: str | None, example: str | None, content_type: str | None) -> Body:
    """The argument, `-` for stdin, `@file`, the named example, or else the first one.

    Raises CliError when there is nothing to send, or what should be JSON is none.
    """
    if given is not None and example is not None:
        raise CliError("give a body or --example, not both")
    if given is None:
        return _of_example(_example(poc, example), content_type)
    if given == "-":
        return _checked(sys.stdin.buffer.read(), content_type)
    if given.startswith("@"):
        return _of_file(Path(given[1:]), content_type)
    return _checked(given.encode(), content_type)


def _example(poc: ModelPOC, name: str | None) -> Example:
    examples = {example.name: example for example in poc.spec.examples}
    if not examples:
        raise CliError(
            f"{poc.metadata.name} has no examples: give a body, as in "
            f'`modelpoc predict {poc.metadata.name} \'{{"input": "…"}}\'`, or add examples to its config'
        )
    if name is not None and name not in examples:
        raise CliError(f"{poc.metadata.name} has no example {name}: there are {', '.join(examples)}")
    return examples[name] if name else next(iter(examples.values()))


def _of_example(example: Example, content_type: str | None) -> Body:
    kind = content_type or example.content_type
    if isinstance(example.body, str) and "json" not in kind:
        return Body(example.body.encode(), kind)
    return Body(json.dumps(example.body, ensure_ascii=False).encode(), kind)


def _of_file(path: Path, content_type: str | None) -> Body:
    if not path.is_file():
        raise CliError(f"{path} is no file: what follows @ is the path of one")
    guessed = mimetypes.guess_type(path.name)[0]
    return _checked(path.read_bytes(), content_type or guessed)


def _checked(content: bytes, content_type: str | None) -> Body:
    """Without a word on its type it is JSON, and is checked; what is said to be JSON is sent as it is."""
    if content_type is not None:
        return Body(content, content_type)
    try:
        json.loads(content)
    except ValueError as error:
        raise CliError(f"the body is no JSON ({error}): for other types say --content-type") from error
    return Body(content, JSON)


def auth_of(poc: Mapping[str, Any], platform: Mapping[str, Any] | None) -> AuthType:
    """Who may call; of a platform that cannot be read, the default is taken."""
    own = poc["spec"].get("route", {}).get("auth")
    shared = ((platform or {}).get("spec", {}).get("routing") or {}).get("auth")
    return AuthType((own or shared or {"type": AuthType.NONE})["type"])
