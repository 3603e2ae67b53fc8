"""Credentials are read from a Secret or the environment, and printed nowhere."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from modelpoc.sync.credentials import Credentials, from_environment, from_secret, secret_name
from modelpoc.sync.errors import Misused, NoCredentials
from modelpoc.sync.git import environment
from modelpoc.sync.source import Source

pytestmark = pytest.mark.unit

SOURCE = Source.of("https://git.example.com/team/models.git")


def test_a_secret_gives_user_and_password() -> None:
    found = from_secret("ns/git", {"username": b"me", "password": b"pa55word\n"})
    assert base64.b64decode(found.basic.removeprefix("Basic ")) == b"me:pa55word"


def test_a_token_alone_is_enough() -> None:
    found = from_environment({"MODELPOC_GIT_TOKEN": "t0ken"})
    assert base64.b64decode(found.basic.removeprefix("Basic ")) == b"x-access-token:t0ken"
    assert found.for_statuses == "t0ken"


def test_a_secret_without_anything_of_use_is_told() -> None:
    with pytest.raises(NoCredentials, match="none of the keys username, password, token"):
        from_secret("ns/git", {"other": b"x"})


@pytest.mark.parametrize("text", ["git", "/git", "ns/", "a/b/c"])
def test_a_secret_is_named_with_its_namespace(text: str) -> None:
    with pytest.raises(Misused):
        secret_name(text)


def test_nothing_secret_is_printed() -> None:
    found = Credentials("me", "pa55word", "t0ken", "k3y", "hosts", "5tatus", "w3bhook")
    said = f"{found!r} {found}" + found.scrubbed(f"pa55word t0ken 5tatus w3bhook {found.basic}")
    assert not any(
        word in said for word in ("pa55word", "t0ken", "k3y", "5tatus", "w3bhook", found.basic[6:])
    )


def test_the_credential_goes_to_its_own_host_only(tmp_path: Path) -> None:
    given = environment(SOURCE, Credentials(token="t0ken"), tmp_path, {"PATH": "/bin"})
    keys = [value for name, value in given.items() if name.startswith("GIT_CONFIG_KEY_")]
    assert "http.https://git.example.com/.extraHeader" in keys
    assert given["GIT_TERMINAL_PROMPT"] == "0"


def test_git_gets_neither_our_secrets_nor_a_caller_s_repository(tmp_path: Path) -> None:
    ours = {"MODELPOC_GIT_TOKEN": "t", "MODELPOC_WEBHOOK_SECRET": "w", "GIT_DIR": "/x", "HOME": "/home/me"}
    given = environment(SOURCE, Credentials(), tmp_path, ours)
    assert not {"MODELPOC_GIT_TOKEN", "MODELPOC_WEBHOOK_SECRET", "GIT_DIR"} & set(given)
    assert given["HOME"] == "/home/me"
    assert not [value for value in given.values() if "Authorization" in value]
