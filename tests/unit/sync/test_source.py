"""Where configurations come from, without a password in it."""

from __future__ import annotations

import pytest

from modelpoc.sync.errors import Misused
from modelpoc.sync.source import Source

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("url", "where", "owner_and_name"),
    [
        ("https://github.com/team/models.git", "https://github.com/team/models", "team/models"),
        ("https://me@github.com/team/models/", "https://github.com/team/models", "team/models"),
        (
            "https://git.example.com:8443/team/models",
            "https://git.example.com:8443/team/models",
            "team/models",
        ),
        ("git@github.com:team/models.git", "ssh://github.com/team/models", "team/models"),
        ("ssh://git@github.com/team/models.git", "ssh://github.com/team/models", "team/models"),
        ("file:///srv/git/models.git", "file:///srv/git/models", None),
        ("https://git.example.com/group/sub/models.git", "https://git.example.com/group/sub/models", None),
    ],
)
def test_a_repository_is_shown_without_user_and_suffix(
    url: str, where: str, owner_and_name: str | None
) -> None:
    source = Source.of(url)
    assert source.where == where
    assert source.owner_and_name == owner_and_name


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hidden@github.com/team/models.git",
        "https://:hidden@github.com/team/models.git",
        "ext::sh -c hidden",
        "--upload-pack=hidden",
        "github.com/team/models",
        "https:///models",
        "https://host:port/models",
        "ftp://me:hidden@host/x",
        "https://ghp_hidden@github.com/team/models.git",
        "https://0123456789abcdef0123456789abcdef01hidden@git.example.com/team/models.git",
        "https://github.com/team/models.git?access_token=hidden",
        "ssh://-oProxyCommand=hidden/models",
        "-oX@host:models",
        "",
    ],
)
def test_what_git_should_not_be_given_is_refused(url: str) -> None:
    with pytest.raises(Misused) as refused:
        Source.of(url)
    for secret in ("me:hidden", "ghp_hidden", "01hidden", "=hidden@", "access_token"):
        assert secret not in str(refused.value)


@pytest.mark.parametrize("branch", ["", "-x", "a..b", "a b", "refs/../x", "a.lock", "x/", "a~1", "a:b"])
def test_what_is_no_branch_is_refused(branch: str) -> None:
    with pytest.raises(Misused):
        Source.of("https://host/x", branch)


@pytest.mark.parametrize("path", ["", "/etc", "../x", "a/../../b", ".git"])
def test_a_folder_stays_in_the_repository(path: str) -> None:
    with pytest.raises(Misused):
        Source.of("https://host/x", "main", path)


def test_the_key_tells_repository_branch_and_folder_apart_and_nothing_else() -> None:
    keys = {
        Source.of("https://host/a").key,
        Source.of("https://host/b").key,
        Source.of("https://host/a", "other").key,
        Source.of("https://host/a", "main", "other").key,
    }
    assert len(keys) == 4
    assert Source.of("https://me@host/a.git/", "main", "models_config/").key in keys
