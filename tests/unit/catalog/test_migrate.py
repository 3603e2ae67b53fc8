"""The older form is written anew: the same manifest to the byte, every comment kept, whole or not at all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.catalog.good_repository import good, lay
from typer.testing import CliRunner, Result

from modelpoc import catalog
from modelpoc.catalog.migrate import migration
from modelpoc.catalog.rewrite import CannotRewrite
from modelpoc.cli.migrate import migrate

pytestmark = pytest.mark.unit

OLDER = """\
# The linker of job experience.
app:  # the application
  # what runs
  container:  # on Fargate

    image: PLACEHOLDER  # CI fills it in
    run_time:
      # Where the model is.
      env:
        - name: S3_BUCKET
          value: models   # shared
        - {name: S3_KEY, value: linker/model.tar.gz}  # key
        # without slashes
        - name: ROOT_PATH
          value: poc-deployment/linker
        - {name: WORKERS, value: 010}
        - name: NOTE
          value: |
            first # no comment
            second
        - name: HASH
          value: "a # b"
      secrets:  # made by hand
        - name: TOKEN
          value: arn:aws:ssm:eu-west-1:123456789012:parameter/token  # by ops
  port_mapping:
    # as in the Dockerfile
    port: 8080

# Order of the rules.
routing:
  priority: 110
# the end
"""
ENV = "app:\n  container:\n    image: x\n    run_time:\n      env:\n"
NEWER = """\
# The linker of job experience.
ecs:  # the application
  # what runs
  # on Fargate

  image: PLACEHOLDER  # CI fills it in
  # Where the model is.
  env:
    - name: S3_BUCKET
      value: models   # shared
    - {name: S3_KEY, value: linker/model.tar.gz}  # key
    # without slashes
    - name: ROOT_PATH
      value: poc-deployment/linker
    - {name: WORKERS, value: "010"}
    - name: NOTE
      value: |
        first # no comment
        second
    - name: HASH
      value: "a # b"
  secrets:  # made by hand
    - name: TOKEN
      ssmParameterArn: arn:aws:ssm:eu-west-1:123456789012:parameter/token  # by ops
  # as in the Dockerfile
  port: 8080

# Order of the rules.
route:
  priority: 110
# the end
"""


def config(root: Path, text: str, name: str = "linker") -> Path:
    file = root / "models_config" / name / "config.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    return file


def manifest(file: Path) -> str:
    entry = catalog.load_one(file)
    assert entry.poc is not None, list(map(str, entry.findings))
    return catalog.dump([catalog.render(entry.poc)], "yaml")


def run(*words: object) -> Result:
    app = typer.Typer()
    app.command()(migrate)
    return CliRunner().invoke(app, [str(word) for word in words])


def test_every_part_finds_its_place_with_its_comments(tmp_path: Path) -> None:
    assert migration(config(tmp_path, OLDER)).after == NEWER


@pytest.mark.parametrize(
    "text",
    [
        f"{ENV}      - value: 1_000\n        name: A\n",
        f"{ENV}        - name: A\n          value: a,\n            b\n",
        f'{ENV}        - {{name: A, value: "\\u2028\\t#"}}\n',
        OLDER,
        OLDER.replace("\n", "\r\n"),
        OLDER.rstrip("\n"),
        "---\n" + OLDER,
        "# head\n--- # begin\n" + OLDER + "...\n",
        "\ufeff" + OLDER,
        "app: {container: {image: x}}  # short\n",
        "app: {container: {image: x, run_time: {env: [{name: A, value: yes}]}}, routing: {priority: 3}}\n",
        "routing: {priority: 7}  # first\napp:\n  port_mapping: {port: 81}\n  container: {image: 'x:1'}\n",
        "app:\n  container:\n    image: &i x\n    run_time:\n      env: [{name: A, value: *i}]\n",
        'app:\n  container:\n    image: "x"\n    run_time: {env: [], secrets: null}\nrouting:\n',
    ],
)  # fmt: skip
def test_it_asks_for_the_same_and_keeps_every_comment(tmp_path: Path, text: str) -> None:
    file = config(tmp_path, text)
    before = manifest(file)
    after = migration(file).after
    file.write_bytes(after.encode())
    assert manifest(file) == before
    assert not re.search(r"^app:", after, re.MULTILINE)
    assert re.findall("# [a-z ]+", after) == re.findall("# [a-z ]+", text)
    assert migration(file).after == after
    assert ("\r\n" in after) == ("\r\n" in text)


NAMES = st.lists(st.from_regex("[A-Z]{1,6}", fullmatch=True), max_size=4, unique=True)
VALUES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=12),
    st.sampled_from(
        ["yes", "1", "a # b", "#", "a: b", "", " x ", "one\ntwo\n", "\n\n", "\ttab\n", "|", "- a"]
    ),
)
COMMENTS = st.sampled_from(["", "", "  # note", " # 'quoted' \"note\"", " #: {[", "   # ü"])


@settings(max_examples=60)
@given(data=st.data())
def test_any_older_config_asks_for_the_same_afterwards(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    text, said = written(data.draw)
    file = config(tmp_path_factory.mktemp("older"), text)
    before = manifest(file)
    after = migration(file).after
    file.write_bytes(after.encode())
    assert manifest(file) == before
    assert migration(file).after == after
    for comment in said:
        assert comment in after
        after = after.replace(comment, "", 1)


def written(draw: st.DrawFn) -> tuple[str, list[str]]:
    """An older file with comments here and there, and these comments."""
    names = draw(NAMES)
    split = draw(st.integers(0, len(names)))
    lines = ["app:", "  container:", "    image: x/y:1", "    run_time:", "      env:"]
    for name in names[:split]:
        quoted = json.dumps(draw(VALUES), ensure_ascii=False)
        if draw(st.booleans()):
            lines += [f"        - name: {name}", f"          value: {quoted}"]
        else:
            lines += [f"        - {{value: {quoted}, name: {name}}}"]
    lines.append("      secrets:")
    for name in names[split:]:
        lines += [
            f"        - name: {name}",
            f"          value: arn:aws:ssm:eu-west-1:123456789012:parameter/{name}",
        ]
    lines += ["  port_mapping:", "    port: 0x1F90", "routing:", "  priority: 110"]
    said: list[str] = []
    for number in range(len(lines)):
        if comment := draw(COMMENTS):
            said.append(f"{comment.strip()}-{number}.")
            lines[number] += f"{comment}-{number}."
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"])), said


def test_the_command_writes_once_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = lay(tmp_path / "repository", good())
    monkeypatch.chdir(root)
    file = root / "models_config/older/config.yaml"
    file.chmod(0o640)
    before = manifest(file), (root / "models_config/linker/config.yaml").read_text()
    checked = run("--check")
    assert (checked.exit_code, "models_config/older/config.yaml" in checked.stdout) == (1, True)
    shown = run("--diff")
    assert shown.exit_code == 0
    assert "\n-app:\n" in shown.stdout
    assert "\n+ecs:\n" in shown.stdout
    assert file.read_text().startswith("# Still of the older form.\napp:"), "neither of them writes"
    assert run("older").stdout == "models_config/older/config.yaml: migrated\n"
    assert (manifest(file), (root / "models_config/linker/config.yaml").read_text()) == before
    assert file.read_text().startswith("# Still of the older form.\necs:\n  image: local/older:1\n")
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["config.yaml"]
    assert (run("--check").exit_code, run().stdout) == (0, "every configuration is of today's form\n")
    assert [one["needed"] for one in json.loads(run("-o", "json").stdout)] == [False] * 3


def test_one_broken_configuration_and_none_is_touched(tmp_path: Path) -> None:
    sound = config(tmp_path, OLDER)
    config(tmp_path, "app: {name: x, cpu: 1}\n", "broken")
    done = run("--config-dir", sound.parent.parent)
    assert done.exit_code == 1
    said = done.stderr.splitlines()
    assert said[0] == "error: nothing was changed:"
    assert all("broken/config.yaml:1:" in line for line in said[1:]), "each finding is a line of its own"
    assert len(said) > 2
    assert sound.read_text() == OLDER
    with pytest.raises(CannotRewrite, match="is missing"):
        migration(tmp_path / "nowhere" / "config.yaml")
