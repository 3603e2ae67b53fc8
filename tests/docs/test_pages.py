"""The guides say what is so: reasons, excerpts of the code, manifests, and the generated reference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from docs.site import actions, commands, fields
from docs.site.gather import MOUNTED, BrokenLink, gather, outside_fences
from docs.site.nav import HOME, SECTIONS, navigation
from docs.site.reference import reference

from modelpoc.api.conditions import Reason
from modelpoc.api.crd import inlined
from modelpoc.api.modelplatform import ModelPlatform, ModelPlatformSpec, ModelPlatformStatus
from modelpoc.api.modelpoc import ModelPOCSpec, ModelPOCStatus
from modelpoc.aws.kinds import KINDS

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
_EXCERPT = re.compile(r"^<!-- from (\S+) -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _headings(page: Path, level: int) -> list[str]:
    found: list[str] = []
    outside_fences(page.read_text(), lambda line: found.append(line) or line)  # type: ignore[func-returns-value]
    return [line[level + 1 :] for line in found if line.startswith(f"{'#' * level} ")]


def test_every_reason_has_its_paragraph_and_every_paragraph_its_reason() -> None:
    assert sorted(_headings(DOCS / "troubleshooting.md", 3)) == sorted(Reason)


def test_each_paragraph_says_something() -> None:
    parts = re.split(r"^### (\w+)$", (DOCS / "troubleshooting.md").read_text(), flags=re.MULTILINE)[1:]
    short = [name for name, text in zip(parts[::2], parts[1::2], strict=True) if len(text.split()) < 15]
    assert short == []


def test_the_table_of_conditions_has_every_reason() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ", (DOCS / "conditions.md").read_text(), flags=re.MULTILINE)
    assert set(rows) >= set(Reason)


def _excerpts() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for file, text in _EXCERPT.findall(page.read_text()):
            for part in text.split("\n…\n"):
                yield file, part.strip("\n")


@pytest.mark.parametrize(("file", "part"), list(_excerpts()))
def test_what_a_page_shows_of_the_code_stands_there(file: str, part: str) -> None:
    assert part in (ROOT / file).read_text(), f"{file} no longer holds:\n{part}"


def test_the_walk_through_a_resource_shows_the_code() -> None:
    assert len(list(_excerpts())) >= 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_platforms_shown_can_be_had(page: Path) -> None:
    for block in _YAML.findall(page.read_text()):
        for document in yaml.safe_load_all(block):
            if isinstance(document, dict) and document.get("kind") == "ModelPlatform":
                ModelPlatform.model_validate(document)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_diagrams_need_nobody_else(page: Path) -> None:
    assert "```mermaid" not in page.read_text(), "draw it as SVG: Mermaid comes from a CDN"


def test_the_reference_is_current() -> None:
    stale = [name for name, text in reference().items() if (DOCS / "reference" / name).read_text() != text]
    assert stale == [], "run `python -m docs.site reference`"
    assert str(ROOT) not in "".join(reference().values()), "a place of this machine"


def test_every_field_is_in_the_reference() -> None:
    pages = reference()
    for page, model in (
        ("config", ModelPOCSpec),
        ("platform", ModelPlatformSpec),
        ("status", ModelPOCStatus),
        ("platform-status", ModelPlatformStatus),
    ):
        text = pages[f"{page}.md"]
        known = list(fields.paths(inlined(model)))
        assert len(known) > 15
        assert [path for path in known if f"# `{path}`\n" not in text] == []
        assert len({fields.anchor(path) for path in known}) == len(known), "each can be linked to"


def test_a_field_tells_type_default_limits_and_rule() -> None:
    page = reference()["config.md"]
    section = page.partition("`ecs.port`")[2].partition("\n#")[0]
    assert "*whole number*" in section
    assert "default `8080`" in section
    assert "1 to 65535" in section
    assert "``" not in reference()["status.md"], "an empty default is none"
    assert "exactly one of ecs and sagemaker" in page


def test_every_command_is_in_the_reference() -> None:
    page = reference()["commands.md"]
    known = [words for words, _ in commands.commands()]
    assert {"new", "apply", "local up"} <= set(known)
    assert [words for words in known if f"## modelpoc {words}\n" not in page] == []
    assert "`--no-wait`" in page


def test_every_kind_tells_its_actions() -> None:
    page = reference()["aws-actions.md"]
    assert [kind for kind in KINDS if f"## {kind}\n" not in page] == []
    assert all(acts for _, acts in actions.by_kind().values())
    assert "`AssumeRole`" in page


def test_the_older_form_is_told_field_by_field() -> None:
    page = reference()["older-form.md"]
    assert "`app.container.run_time.secrets[].value`" in page


def test_every_page_has_its_place() -> None:
    texts = gather(ROOT).texts
    nav = yaml.safe_dump(navigation(texts))
    assert [path for path in texts if path not in nav] == []
    assert HOME in nav


def test_what_the_navigation_names_is_there() -> None:
    texts = gather(ROOT).texts
    assert [path for paths in SECTIONS.values() for path in paths if path not in texts] == []


def _repository(folder: Path, page: str) -> Path:
    (folder / "docs").mkdir()
    (folder / "docs" / "page.md").write_text(page)
    for source in ("README.md", "kind-cluster/README.md", "operator/code.py"):
        (folder / source).parent.mkdir(exist_ok=True)
        (folder / source).write_text("# Something\n")
    return folder


@pytest.mark.parametrize(
    ("link", "becomes"),
    [
        ("[home](../README.md)", "[home](index.md)"),
        ("[cloud](../kind-cluster/README.md#docker)", "[cloud](local-cloud.md#docker)"),
        ("[cloud](../kind-cluster)", "[cloud](local-cloud.md)"),
        ("[the code](../operator/code.py)", "the code (`operator/code.py`)"),
        ("[`code.py`](../operator/code.py)", "`code.py`"),
        ("[out](https://example.com/a)", "[out](https://example.com/a)"),
        ("`[no](link.md)`", "`[no](link.md)`"),
    ],
)
def test_links_lead_to_where_pages_stand_in_the_site(tmp_path: Path, link: str, becomes: str) -> None:
    pages = gather(_repository(tmp_path, f"# Page\n\n{link}\n"))
    assert pages.texts["page.md"] == f"# Page\n\n{becomes}\n"
    assert set(pages.texts) == {"page.md", MOUNTED["kind-cluster/README.md"]}


def test_links_in_code_are_left_alone(tmp_path: Path) -> None:
    block = "```python\na = [x](nothing.md)\n```\n"
    assert gather(_repository(tmp_path, f"# Page\n\n{block}")).texts["page.md"].endswith(block)


def test_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenLink, match=r"docs/page.md: .* there is no docs/nothing.md"):
        gather(_repository(tmp_path, "# Page\n\n[x](nothing.md)\n"))
