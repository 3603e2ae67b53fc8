"""The built site: strict, whole, readable on a phone, and its search finds what a message names."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs.site.press import BuildFailed, build
from tests.browser.chromium import BROWSER, Tab, open_tab
from tests.docs.built import dead, foreign, pages, served

pytestmark = pytest.mark.local

ROOT = Path(__file__).parents[2]
PHONE, DESK = 360, 1280
LOOKED_AT = (
    "index.html",
    "first-poc.html",
    "concepts.html",
    "troubleshooting.html",
    "aws-account.html",
    "house.html",
    "conditions.html",
    "reference/config.html",
    "reference/commands.html",
    "reference/aws-actions.html",
)
needs_browser = pytest.mark.skipif(not BROWSER, reason="no Chromium here: apt-get install chromium")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("docs"))


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with served(site) as base:
        yield base


def test_every_page_is_built(site: Path) -> None:
    built = {str(file.relative_to(site)) for file in pages(site)}
    assert built >= set(LOOKED_AT)
    assert len(built) > 30


def test_every_link_and_anchor_leads_somewhere(site: Path) -> None:
    assert dead(site) == []


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    assert foreign(site) == []


def test_every_picture_has_words(site: Path) -> None:
    assert [text for page in pages(site).values() for text in page.speechless] == []


def test_it_is_built_by_one_command_and_nothing_is_left_in_the_checkout(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "docs.site", "build", "--to", str(tmp_path / "here")]
    done = subprocess.run(words, cwd=ROOT, text=True, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()
    assert Path(done.stdout.strip()).is_file()
    left = [ROOT / name for name in (".cache", "site", "mkdocs.yml", "docs/.cache", "docs/site/.cache")]
    assert [path for path in left if path.exists()] == []


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("#nowhere", r"anchor does not exist\n.*index\.md:3:"),
        ("nowhere.md", r"docs/index\.md: .* there is no docs/nowhere\.md"),
    ],
)
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path, target: str, told: str) -> None:
    with pytest.raises(BuildFailed, match=told) as failed:
        build(_small(tmp_path, f"[x]({target})"), tmp_path / "out")
    assert "Traceback" not in str(failed.value)


def _small(folder: Path, text: str = "") -> Path:
    """A repository with one page."""
    (folder / "docs").mkdir()
    (folder / "docs" / "index.md").write_text(f"# Home\n\n{text}\n")
    shutil.copytree(ROOT / "docs" / "site", folder / "docs" / "site")
    return folder


@needs_browser
async def test_search_finds_a_reason_and_leads_to_its_paragraph(address: str) -> None:
    async with open_tab() as tab:
        await _open(tab, f"{address}/index.html", DESK)
        await tab.wait_for(f"{_SEARCH} !== undefined")
        await tab.value("document.querySelector('button.md-search__button').click()")
        await tab.wait_for(f"{_SEARCH}?.activeElement?.tagName === 'INPUT'")
        await tab.call("Input.insertText", text="RolloutFailed")
        found = await tab.wait_for(_FOUND)
        assert found[0].startswith(f"{address}/troubleshooting.html")
        assert found[0].endswith("#rolloutfailed")
        assert tab.complaints() == []
        assert _hosts(tab) == {address}


_SEARCH = (
    "[...document.querySelectorAll('*')].map((e) => e.shadowRoot).find((e) => e?.querySelector('input'))"
)
"""The search stands in a shadow tree, which the page's script makes."""
_FOUND = f"""(() => {{
    const links = [...{_SEARCH}.querySelectorAll("a")].map((e) => e.href);
    return links.length ? links : null;
}})()"""


@needs_browser
async def test_the_copy_button_takes_what_is_typed(address: str) -> None:
    async with open_tab() as tab:
        await _open(tab, f"{address}/first-poc.html", DESK)
        copied = await tab.value(_COPIED)
        lines = [line for block in copied for line in block.splitlines() if line]
        assert "modelpoc new my-model --runtime ecs" in lines
        assert not [line for line in lines if line.startswith(("$", "wrote", "…"))]


_COPIED = """[...document.querySelectorAll(".highlight code")].map((code) => {
    code.setAttribute("data-md-copying", "");
    return code.innerText;
})"""
"""Zensical marks a block so while its button copies it."""


def _hosts(tab: Tab) -> set[str]:
    """Whom the browser asked."""
    requests = [
        e["params"]["request"]["url"] for e in tab.events if e["method"] == "Network.requestWillBeSent"
    ]
    return {"/".join(url.split("/")[:3]) for url in requests if url.startswith("http")}


@needs_browser
async def test_every_page_fits_a_phone(address: str, site: Path) -> None:
    async with open_tab() as tab:
        for file in pages(site):
            await _open(tab, f"{address}/{file.relative_to(site)}", PHONE)
            width = await tab.value("document.documentElement.scrollWidth")
            assert width <= PHONE, f"{file.relative_to(site)} is {width} wide"
        assert tab.complaints() == []


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_can_be_read_by_day_and_by_night(address: str, scheme: str) -> None:
    async with open_tab() as tab:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await tab.call("Emulation.setEmulatedMedia", features=features)
        for page in LOOKED_AT[:4]:
            await _open(tab, f"{address}/{page}", PHONE)
            assert await tab.value(_CONTRAST) >= 7, f"{page}: text and background are alike"
            dark = await tab.value(_BACKGROUND) < 0.2
            assert dark is (scheme == "dark"), page
        assert tab.complaints() == []


_LIGHTNESS = """((color) => {
    const [r, g, b] = color.match(/[0-9.]+/g).map(Number).map((v) => {
        const c = v / 255;
        return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
})"""
_BACKGROUND = f"{_LIGHTNESS}(getComputedStyle(document.body).backgroundColor)"
_TEXT = f"{_LIGHTNESS}(getComputedStyle(document.querySelector('article h1')).color)"
_CONTRAST = f"""(() => {{
    const pair = [{_BACKGROUND}, {_TEXT}].sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05);
}})()"""


async def _open(tab: Tab, url: str, width: int) -> None:
    await tab.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500
    )
    await tab.call("Page.navigate", url=url)
    await tab.wait_for(f"location.href.startsWith({url!r}) && document.readyState === 'complete'")
    await tab.wait_for("document.querySelector('article h1') !== null")


def test_what_else_lies_in_the_folder_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("not to be lost")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "old.md").write_text("# Of an earlier build\n")
    built = build(_small(tmp_path), tmp_path)
    assert (tmp_path / "mine.txt").exists()
    assert not (built / "old.html").exists()
    assert (built / "index.html").exists()
