"""Where configurations come from: a repository, a branch, a folder."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import SplitResult, urlsplit

from modelpoc.sync.errors import Misused

_SCHEMES = ("https", "http", "ssh", "file")
_SCP = re.compile(r"(?:(?P<user>[\w.-]+)@)?(?P<host>[\w.-]+):(?P<path>[^:\\-][^\\]*)")
_TOKEN = re.compile(r"gh[a-z]_|github_pat_|gl[a-z]+-|ATBB|.{30}")
"""What the user of a URL looks like that is none."""
_BRANCH = re.compile(r"(?!.*(?:\.\.|@\{|//|\.lock$|/$|\.$))[\w][\w./+#@=-]*")


@dataclass(frozen=True)
class Source:
    """`url` as Git takes it, never with a password in it."""

    url: str
    branch: str = "main"
    path: str = "models_config"

    @classmethod
    def of(cls, url: str, branch: str = "main", path: str = "models_config") -> Source:
        """Raises Misused for what Git should not be given."""
        if not _BRANCH.fullmatch(branch):
            raise Misused(f"{branch!r} cannot be the name of a branch")
        return cls(_checked(url), branch, _folder(path))

    @property
    def where(self) -> str:
        """The repository for people: scheme, host and path, no user, no `.git`."""
        parts = _split(self.url)
        if not parts.scheme:
            return _trimmed(self.url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
        return _trimmed(f"{parts.scheme}://{host}{port}{parts.path}")

    @property
    def shown(self) -> str:
        return f"{self.where}@{self.branch}"

    @property
    def key(self) -> str:
        """16 hexadecimal digits that tell this source from all others; a label's value."""
        text = "\n".join((self.where, self.branch, self.path))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def root(self) -> str | None:
        """`https://host:port/`: what an HTTP credential is for; None for other ways."""
        parts = _split(self.url)
        if parts.scheme not in ("http", "https"):
            return None
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"

    @property
    def owner_and_name(self) -> str | None:
        """`owner/name`, as GitHub calls it."""
        words = [word for word in _trimmed(_split(self.url).path).split("/") if word]
        return "/".join(words) if len(words) == 2 and _split(self.url).scheme != "file" else None


def _checked(url: str) -> str:
    if _SCP.fullmatch(url) and "://" not in url and not url.startswith("-"):
        return url
    parts = _split(url)
    if parts.scheme not in _SCHEMES:
        raise Misused(f"{_safe(url)}: give a repository as https://…, ssh://…, user@host:path or file:///…")
    if parts.password is not None or _is_token(parts):
        raise Misused(
            f"{_safe(url)} holds a password: leave it out, and give it by --credentials-secret or in the "
            "environment (MODELPOC_GIT_TOKEN)"
        )
    if parts.scheme != "file" and (parts.query or parts.fragment):
        raise Misused(f"{_safe(url)}: leave out what stands behind the path: Git and its logs would show it")
    if (parts.hostname or "").startswith("-") or (parts.username or "").startswith("-"):
        raise Misused(f"{_safe(url)}: neither host nor user can begin with -")
    if parts.scheme != "file" and not parts.hostname:
        raise Misused(f"{_safe(url)}: there is no host in it")
    return url


def _is_token(parts: SplitResult) -> bool:
    """Whether the user is one, as in https://ghp_…@github.com: process lists would show it."""
    return parts.scheme in ("http", "https") and bool(_TOKEN.match(parts.username or ""))


def _split(url: str) -> SplitResult:
    """A URL's parts; `git@host:owner/name` is read as ssh."""
    if "://" not in url and (found := _SCP.fullmatch(url)):
        user = f"{found['user']}@" if found["user"] else ""
        return urlsplit(f"ssh://{user}{found['host']}/{found['path'].lstrip('/')}")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises for what is no number
    except ValueError as error:
        raise Misused(f"{_safe(url)} is no URL: {error}") from None
    return parts


def _safe(url: str) -> str:
    """Without what stands before `@`."""
    scheme, found, rest = url.partition("?")[0].partition("#")[0].partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if found else url.rpartition("@")[2]


def _folder(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not path or path.startswith("/") or any(part in ("..", ".git") for part in parts):
        raise Misused(f"{path!r}: give the folder as it stands in the repository, as in models_config")
    return str(PurePosixPath(path))


def _trimmed(text: str) -> str:
    return text.rstrip("/").removesuffix(".git").rstrip("/")
