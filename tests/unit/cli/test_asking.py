"""What `modelpoc predict` sends."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.objects import state

from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.problems import parse_poc
from modelpoc.api.route import AuthType
from modelpoc.cli.asking import auth_of, body_of
from modelpoc.cli.faces import CliError
from modelpoc.cli.predict import Answer, excuse, laid_out, near, show
from modelpoc.cli.seen import Seen

pytestmark = pytest.mark.unit


def _poc(*examples: dict[str, Any]) -> ModelPOC:
    manifest = state("ready")
    return parse_poc({**manifest, "spec": {**manifest["spec"], "examples": list(examples)}})


_ONE = {"name": "one", "body": {"input": "ä"}}
_CSV = {"name": "table", "body": "a,b\n1,2\n", "contentType": "text/csv"}


def test_without_a_body_the_first_example_is_sent() -> None:
    body = body_of(_poc(_ONE, _CSV), None, None, None)
    assert body.content == '{"input": "ä"}'.encode()
    assert body.content_type == "application/json"


def test_a_named_example_is_sent_as_its_media_type_says() -> None:
    body = body_of(_poc(_ONE, _CSV), None, "table", None)
    assert (body.content, body.content_type) == (b"a,b\n1,2\n", "text/csv")


def test_an_example_that_is_a_json_string_is_sent_as_one() -> None:
    assert body_of(_poc({"name": "s", "body": "text"}), None, None, None).content == b'"text"'


def test_an_argument_is_sent_as_it_was_written() -> None:
    assert body_of(_poc(), '{"b":1,  "a":2}', None, None).content == b'{"b":1,  "a":2}'


def test_stdin_is_sent_byte_for_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\x00raw")))
    assert body_of(_poc(), "-", None, "application/octet-stream").content == b"\xff\x00raw"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("in.json", "application/json"), ("in.csv", "text/csv"), ("in.png", "image/png")],
)
def test_a_file_s_media_type_follows_from_its_name(tmp_path: Path, name: str, content_type: str) -> None:
    (tmp_path / name).write_bytes(b"{}")
    assert body_of(_poc(), f"@{tmp_path / name}", None, None).content_type == content_type


@pytest.mark.parametrize(
    ("given", "example", "words"),
    [
        ("{'a': 1}", None, "no JSON"),
        (None, None, "no examples"),
        ("@/nowhere/at/all", None, "is no file"),
        ("{}", "one", "not both"),
    ],
)
def test_what_cannot_be_sent_is_told(given: str | None, example: str | None, words: str) -> None:
    with pytest.raises(CliError, match=words):
        body_of(_poc(), given, example, None)


def test_an_unknown_example_is_answered_with_the_known_ones() -> None:
    with pytest.raises(CliError, match="there are one, table"):
        body_of(_poc(_ONE, _CSV), None, "two", None)


def test_what_is_said_to_be_json_is_sent_unchecked() -> None:
    """So that a model's answer to a broken request can be seen."""
    assert body_of(_poc(), "{", None, "application/json").content == b"{"


def _auth(own: dict[str, Any] | None, shared: dict[str, Any] | None) -> AuthType:
    poc = {"spec": {"route": {"auth": own}} if own else {}}
    return auth_of(poc, {"spec": {"routing": {"auth": shared}} if shared else {}})


def test_the_poc_s_own_word_on_who_may_call_goes_first() -> None:
    iam, none = {"type": "IAM"}, {"type": "None"}
    assert _auth(None, None) is AuthType.NONE
    assert _auth(None, iam) is AuthType.IAM
    assert _auth(none, iam) is AuthType.NONE
    assert auth_of({"spec": {}}, None) is AuthType.NONE


def test_json_is_laid_out_and_the_rest_left_alone() -> None:
    assert laid_out('{"a":"ä"}'.encode()) == '{\n  "a": "ä"\n}'.encode()
    assert laid_out(b"a,b\n1,2\n") == b"a,b\n1,2\n"
    assert laid_out(b"\xff\xfe") == b"\xff\xfe"


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:35109/poc/predict", True),
        ("http://[::1]:80/", True),
        ("http://abc.localhost:9000/", True),
        ("https://abc.execute-api.eu-west-1.amazonaws.com/poc/predict", False),
        ("https://10.0.0.7/", False),
    ],
)
def test_this_machine_s_own_addresses_are_asked_past_any_proxy(url: str, here: bool) -> None:
    assert near(url) is here


def test_a_poc_that_is_not_ready_excuses_itself() -> None:
    assert excuse(Seen.of(state("ready"))) == ""
    assert excuse(Seen.of(state("suspended"))).startswith("note: echo is Suspended: ")
    assert excuse(Seen.of(state("first-rollout-failed"))).startswith("note: echo is RolloutFailed: ")


@pytest.mark.parametrize(
    ("status", "raw", "ends"), [(422, False, b"{}\n"), (422, True, b"{}"), (200, False, b"{}")]
)
def test_a_refusal_in_a_pipe_ends_its_line_and_an_answer_is_untouched(
    monkeypatch: pytest.MonkeyPatch, status: int, raw: bool, ends: bytes
) -> None:
    out, err = io.BytesIO(), io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(err))
    show(Answer(status, 0.1, b"{}", "application/json"), raw, "")
    assert (out if status == 200 else err).getvalue().split(b"422\n")[-1] == ends
