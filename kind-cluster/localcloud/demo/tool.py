"""What a model's `pyproject.toml` says of its own tool, which makes its artifact and brings it to S3."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.runtime.errors import BuildFailed

_FIELDS = {"module": str, "groups": list, "making": str, "reports": bool}


@dataclass(frozen=True)
class Tool:
    """The table `[tool.modelpoc.artifact]`.

    `module` is run in the model's folder as `python -m MODULE build --out DIR`, and as
    `python -m MODULE upload --dir DIR --bucket BUCKET --prefix PREFIX`, which says "up to date" when S3 had
    it all.
    """

    module: str
    groups: tuple[str, ...] = ()
    """Dependency groups that it needs beside the model's own dependencies."""
    making: str = "making its artifact"
    """What `build` does, for whoever waits."""
    reports: bool = False
    """Whether what `build` writes, up to the first empty line, is worth telling."""

    @classmethod
    def of(cls, model: Path) -> Tool | None:
        """The tool of the model in that folder; None when it has none. `BuildFailed` if badly written."""
        file = model / "pyproject.toml"
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BuildFailed(f"{file}: {error}") from error
        table = document.get("tool", {}).get("modelpoc", {}).get("artifact")
        return None if table is None else cls(**_checked(file, table))


def _checked(file: Path, table: Any) -> Mapping[str, Any]:
    where = f"{file}: [tool.modelpoc.artifact]"
    if not isinstance(table, dict) or not isinstance(table.get("module"), str):
        raise BuildFailed(f'{where}: name the tool, as in module = "artifact"')
    for key, value in table.items():
        if key not in _FIELDS:
            raise BuildFailed(f"{where}: {key} is not known: use {', '.join(_FIELDS)}")
        if not isinstance(value, _FIELDS[key]):
            raise BuildFailed(f"{where}: {key} must be a {_FIELDS[key].__name__}")
    return {**table, "groups": tuple(map(str, table.get("groups", ())))}
