"""The zip: reproducible, addressed by content, and careful with what a POC brings."""

from __future__ import annotations

import ast
import gzip
import io
import json
import re
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelpoc.proxy import own as own_module
from modelpoc.proxy.errors import OwnSourceError, ProxyError
from modelpoc.proxy.function import app
from modelpoc.proxy.openapi import Example, document
from modelpoc.proxy.package import HANDLER, Cors, Package, ProxySettings, package

pytestmark = pytest.mark.unit

PATH = "/poc-deployment/object-counter"
SETTINGS = ProxySettings("object-counter", PATH, document("object-counter", path=PATH))
HANDLER_SOURCE = b"def lambda_handler(event, context): return {}\n"


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


def contents(made: Package) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_same_poc_gets_the_same_zip_to_the_byte() -> None:
    first, second = (
        package(SETTINGS),
        package(replace(SETTINGS, document=json.loads(json.dumps(SETTINGS.document)))),
    )
    assert first.content == second.content
    assert first.version == second.version


def test_nothing_in_the_zip_tells_when_or_where_it_was_made() -> None:
    made = package(SETTINGS).with_own(archive({"handler.py": b"", "a.py": b""}), "own.zip")
    with zipfile.ZipFile(io.BytesIO(made.content)) as opened:
        entries = opened.infolist()
    assert [e.filename for e in entries] == sorted(e.filename for e in entries)
    assert {e.date_time for e in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {(e.create_system, e.external_attr >> 16) for e in entries} == {(3, 0o100644)}
    packed = [content for name, content in contents(made).items() if name.endswith(".gz")]
    assert {content[4:8] for content in packed} == {b"\0\0\0\0"}, "gzip's own time"


def test_the_order_of_keys_is_shown_but_makes_no_other_version() -> None:
    turned = replace(SETTINGS, document=dict(reversed(SETTINGS.document.items())))
    assert package(turned).version == package(SETTINGS).version
    shown = json.loads(contents(package(SETTINGS))["poc.json"])["document"]
    assert list(shown["paths"]) == ["/predict", "/health", "/docs"]


def test_the_zip_holds_what_lambda_needs_and_is_small() -> None:
    files = contents(package(SETTINGS))
    module, _, function = HANDLER.partition(".")
    assert f"import {function}" in files[f"{module}.py"].decode()
    assert json.loads(files["poc.json"])["path"] == PATH
    assert gzip.decompress(files["docs/swagger-ui-bundle.js.gz"]).startswith(b"/*!")
    assert {"docs/swagger-ui.css.gz", "docs/favicon-32x32.png.gz", "modelpoc_proxy/start.js"} <= set(files)
    assert len(package(SETTINGS).content) < 600_000


def test_its_code_needs_nothing_but_python_and_boto3() -> None:
    allowed = {*sys.stdlib_module_names, "boto3", "botocore", "modelpoc_proxy"}
    code = {name: text for name, text in contents(package(SETTINGS)).items() if name.endswith(".py")}
    for name, text in code.items():
        for node in ast.walk(ast.parse(text, feature_version=(3, 11))):
            if isinstance(node, ast.Import):
                assert {alias.name.partition(".")[0] for alias in node.names} <= allowed, name
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert (node.module or "").partition(".")[0] in allowed, name
    assert len(code) > 10


@pytest.mark.parametrize(
    "changed",
    [
        replace(SETTINGS, name="other"),
        replace(SETTINGS, path="/other"),
        replace(SETTINGS, cors=Cors(allow_origins=("https://app.example.org",))),
        replace(
            SETTINGS, document=document("object-counter", path=PATH, examples=[Example("one", {"n": 1})])
        ),
    ],
)
def test_whatever_is_served_differently_is_another_version(changed: ProxySettings) -> None:
    assert package(changed).version != package(SETTINGS).version


def test_the_own_handler_is_in_the_zip_but_not_in_the_version() -> None:
    made = package(SETTINGS).with_own(HANDLER_SOURCE, "object-counter/code/answer.py")
    files = contents(made)
    assert made.version == package(SETTINGS).version
    assert made.content != package(SETTINGS).content
    assert files["own/answer.py"] == HANDLER_SOURCE
    assert json.loads(files["poc.json"])["own"] == "answer"
    assert json.loads(contents(package(SETTINGS))["poc.json"])["own"] is None


@pytest.mark.parametrize(
    ("names", "module"),
    [
        (("handler.py", "other.py", "lib/deep.py", "data.bin"), "handler"),
        (("lambda_function.py", "other.py"), "lambda_function"),
        (("code.py", "other.py"), "code"),
        (("only.py", "lib/handler.py"), "only"),
    ],
)
def test_the_module_in_an_archive_is_found_by_its_name(names: tuple[str, ...], module: str) -> None:
    made = package(SETTINGS, archive(dict.fromkeys(names, HANDLER_SOURCE)), "object-counter/code.zip")
    files = contents(made)
    assert {f"own/{name}" for name in names} <= set(files)
    assert json.loads(files["poc.json"])["own"] == module


def _linked() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        entry = zipfile.ZipInfo("handler.py")
        entry.external_attr = 0o120777 << 16
        made.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("source", "name", "words"),
    [
        (archive({"../index.py": b""}), "own.zip", "outside"),
        (archive({"/index.py": b""}), "own.zip", "outside"),
        (archive({"a\\..\\index.py": b""}), "own.zip", "outside"),
        (_linked(), "own.zip", "no plain file"),
        (archive({"a.py": b"", "b.py": b""}), "own.zip", "handler.py"),
        (archive({"readme.txt": b""}), "own.zip", "handler.py"),
        (archive({"my-code.py": b""}), "own.zip", "cannot be imported"),
        (b"no zip at all", "own.zip", "not a zip file"),
        (archive({"handler.py": b"x" * 999})[:200], "own.zip", "not a zip file"),
        (b"\xff\xfe", "handler.py", "UTF-8"),
        (b"", "my-handler.py", "cannot be imported"),
        (b"", "model.tar.gz", "neither"),
    ],
)
def test_what_cannot_be_packed_is_told_in_words(source: bytes, name: str, words: str) -> None:
    with pytest.raises(OwnSourceError, match=words) as caught:
        package(SETTINGS, source, name)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, ProxyError)


def test_what_is_too_much_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_module, "MAX_UNPACKED", 1000)
    monkeypatch.setattr(own_module, "MAX_FILES", 3)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("handler.py", b"0" * 100_000)
    for source in (bomb.getvalue(), archive(dict.fromkeys("abcd", b""))):
        with pytest.raises(OwnSourceError, match="pack less"):
            package(SETTINGS, source, "own.zip")
    with pytest.raises(OwnSourceError, match="pack less"):
        package(SETTINGS, b" " * (own_module.MAX_SOURCE + 1), "handler.py")


def test_nothing_of_the_code_shows_in_logs() -> None:
    shown = repr(package(SETTINGS, b"KEY = 'secret'\n", "handler.py"))
    assert "secret" not in shown
    assert len(shown) < 1000


@given(name=st.text(max_size=40), source=st.binary(max_size=200))
def test_any_source_is_packed_or_refused_in_words(name: str, source: bytes) -> None:
    try:
        made = package(SETTINGS, source, name)
    except OwnSourceError:
        return
    assert all(not Path(n).is_absolute() and ".." not in Path(n).parts for n in contents(made))


def test_the_page_about_errors_names_every_code() -> None:
    page = (Path(__file__).parents[3] / "docs" / "function.md").read_text()
    source = "".join(file.read_text() for file in Path(app.__file__).parent.glob("*.py"))
    raised = set(re.findall(r'(?:Problem|_unavailable)\(\s*(?:\d+,\s*)?"([A-Z]\w+)"', source))
    assert len(raised) > 15
    assert {code for code in raised if f"`{code}`" not in page} == set()
