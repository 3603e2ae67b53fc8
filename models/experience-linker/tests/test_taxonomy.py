import json
from importlib import resources
from pathlib import Path

import pytest

from experience_linker.errors import ArtifactError
from experience_linker.taxonomy import read_roles

SOURCE = Path(str(resources.files("experience_linker") / "data" / "taxonomy.json"))


def test_every_role_has_its_own_title_and_a_code_of_a_known_group() -> None:
    roles = read_roles(SOURCE)
    groups = json.loads(SOURCE.read_text())["groups"]
    assert len(roles) == 286
    assert len({role.title for role in roles}) == len(roles)
    assert {role.code.partition("-")[0] for role in roles} == set(groups)
    assert all(role.description.endswith(".") for role in roles)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"roles": []}',
        '{"roles": [{"code": "A-1", "title": "t"}]}',
        '{"roles": [{"code": "A-1", "title": "t", "description": "d", "colour": "red"}]}',
    ],
)
def test_what_is_no_taxonomy_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "taxonomy.json"
    path.write_text(content)
    with pytest.raises(ArtifactError, match=r"taxonomy\.json"):
        read_roles(path)


def test_a_code_may_stand_once(tmp_path: Path) -> None:
    role = {"code": "A-1", "title": "t", "description": "d"}
    path = tmp_path / "taxonomy.json"
    path.write_text(json.dumps({"roles": [role, role]}))
    with pytest.raises(ArtifactError, match="A-1"):
        read_roles(path)
