"""The older form of config.yaml, with `app:` at its top, converted to a ModelPOC's spec.

app:
  container:
    image: PLACEHOLDER
    run_time:
      env: [{name: S3_BUCKET, value: models}]
      secrets: [{name: TOKEN, value: <ARN of an SSM parameter>}]
  port_mapping: {port: 8080}
routing: {priority: 110}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Strict, ValidationError, model_validator

from modelpoc.api.problems import Loc, problems
from modelpoc.catalog.document import Document


class _Older(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None}


def _as_text(value: Any) -> Any:
    """Older readers took numbers and booleans for text; the document gives them as they were written."""
    return value.text if isinstance(value, _Written) else value


@dataclass(frozen=True)
class _Written:
    text: str


Text = Annotated[str, BeforeValidator(_as_text)]


class _Pair(_Older):
    name: Text
    value: Text


class _RunTime(_Older):
    env: tuple[_Pair, ...] = ()
    secrets: tuple[_Pair, ...] = ()


class _Container(_Older):
    image: str
    run_time: _RunTime = _RunTime()


class _PortMapping(_Older):
    port: Annotated[int, Strict()]


class _Routing(_Older):
    priority: Annotated[int, Strict()] | None = None


class _App(_Older):
    container: _Container
    port_mapping: _PortMapping | None = None
    routing: _Routing | None = None


class OlderConfig(_Older):
    """The whole older file."""

    app: _App
    routing: _Routing | None = None


@dataclass
class Converted:
    """A spec, and for each of its fields where the value stood in the older file."""

    spec: dict[str, Any] = field(default_factory=dict)
    origins: dict[Loc, Loc] = field(default_factory=dict)

    def origin(self, loc: Loc) -> Loc:
        """Where the value at `loc` of the spec came from, as near as is known."""
        return next(
            (self.origins[loc[:n]] for n in range(len(loc), 0, -1) if loc[:n] in self.origins), ("app",)
        )

    def put(self, loc: Loc, value: Any, origin: Loc) -> None:
        target = self.spec
        for part in loc[:-1]:
            target = target.setdefault(str(part), {})
        target[str(loc[-1])] = value
        self.origins[loc] = origin


def is_older(data: Any) -> bool:
    """Whether a file's data is of the older form."""
    return isinstance(data, Mapping) and "app" in data


def convert(document: Document) -> Converted | None:
    """The spec that an older file asks for; None when it is not well formed, which its findings then say."""
    try:
        older = OlderConfig.model_validate(_with_texts(document))
    except ValidationError as error:
        for problem in problems(OlderConfig, error):
            document.blame(problem.loc, problem.message)
        return None
    return _converted(document, older)


def _with_texts(document: Document) -> Any:
    """The data, with each bare number or boolean of a variable as it was written."""

    def walk(value: Any, loc: Loc) -> Any:
        if isinstance(value, dict):
            return {key: walk(child, (*loc, key)) for key, child in value.items()}
        if isinstance(value, list):
            return [walk(child, (*loc, n)) for n, child in enumerate(value)]
        if loc[-1:] in (("name",), ("value",)) and isinstance(value, bool | int | float):
            return _Written(document.texts[loc])
        return value

    return walk(document.data, ())


def _converted(document: Document, older: OlderConfig) -> Converted:
    result = Converted()
    run_time: Loc = ("app", "container", "run_time")
    container = older.app.container
    result.put(("ecs", "image"), container.image, ("app", "container", "image"))
    if older.app.port_mapping is not None:
        result.put(("ecs", "port"), older.app.port_mapping.port, ("app", "port_mapping", "port"))
    if container.run_time.env:
        plain = [{"name": pair.name, "value": pair.value} for pair in container.run_time.env]
        result.put(("ecs", "env"), plain, (*run_time, "env"))
    if container.run_time.secrets:
        secret = [{"name": pair.name, "ssmParameterArn": pair.value} for pair in container.run_time.secrets]
        result.put(("ecs", "secrets"), secret, (*run_time, "secrets"))
    _point_into(result, ("ecs", "env"), len(container.run_time.env))
    _point_into(result, ("ecs", "secrets"), len(container.run_time.secrets))
    _put_priority(document, older, result)
    return result


def _point_into(result: Converted, loc: Loc, length: int) -> None:
    """Each variable came from the one of the same number, whatever its value is called now."""
    for n in range(length):
        origin = (*result.origins[loc], n)
        result.origins |= {(*loc, n): origin, (*loc, n, "name"): (*origin, "name")}
        result.origins |= {(*loc, n, key): (*origin, "value") for key in ("value", "ssmParameterArn")}


def _put_priority(document: Document, older: OlderConfig, result: Converted) -> None:
    if older.routing is not None and older.app.routing is not None:
        document.blame(("routing",), "stands at the top and below app: keep one")
    routing, origin = (older.routing, ()) if older.routing is not None else (older.app.routing, ("app",))
    if routing is not None and routing.priority is not None:
        result.put(("route", "priority"), routing.priority, (*origin, "routing", "priority"))
