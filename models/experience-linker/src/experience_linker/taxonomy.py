"""The roles that experience is linked to."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from experience_linker.errors import ArtifactError


@dataclass(frozen=True)
class Role:
    """One entry: a code such as "SW-01" (group and number), a title and a sentence about it."""

    code: str
    title: str
    description: str

    @property
    def texts(self) -> tuple[str, str, str]:
        """What is embedded for this role: its title, what it does, and the two together."""
        return self.title, self.description, f"{self.title}. {self.description}"


def read_roles(path: Path) -> tuple[Role, ...]:
    """The roles in the file's order; ArtifactError when the file is no taxonomy."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        roles = tuple(Role(**entry) for entry in content["roles"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ArtifactError(f"{path.name} cannot be read as a taxonomy: {error}") from error
    _check_unique(path, [role.code for role in roles])
    return roles


def _check_unique(path: Path, codes: list[str]) -> None:
    twice = [code for code, count in Counter(codes).items() if count > 1]
    if twice or not codes:
        raise ArtifactError(f"{path.name} has no roles, or one code twice: {', '.join(twice) or '-'}")
