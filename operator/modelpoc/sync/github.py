"""What became of a commit, told to GitHub (or whoever speaks its REST API) as a commit status."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import aiohttp

from modelpoc.sync.credentials import Credentials
from modelpoc.sync.errors import Misused
from modelpoc.sync.source import Source
from modelpoc.sync.verdict import State, Verdict

log = logging.getLogger(__name__)

CONTEXT = "modelpoc/sync"
_LONGEST = 140
"""Characters that GitHub takes as a description."""
_MOST = 200
"""Bytes of an answer that are told on."""
_VERSION = "2022-11-28"
_SECONDS = 15.0


@dataclass(frozen=True)
class Place:
    """Where statuses go: `api` as in https://api.github.com, `repository` as in owner/name."""

    api: str
    repository: str

    @classmethod
    def of(cls, api: str, source: Source, repository: str | None = None) -> Place:
        """Raises Misused when the repository cannot be told from the source."""
        name = repository or source.owner_and_name
        if name is None or name.count("/") != 1:
            raise Misused(f"{source.where}: say with --status-repo which repository it is, as in owner/name")
        return cls(api.rstrip("/"), name)


class Statuses:
    """Posts each state of a commit once. A deaf API delays nothing."""

    def __init__(self, session: aiohttp.ClientSession, place: Place) -> None:
        self._session, self._place = session, place
        self._posted: dict[str, Verdict] = {}
        self._complained = ""

    async def post(self, commit: str, verdict: Verdict, credentials: Credentials) -> None:
        """Says it unless that was said last; what fails is logged, and tried when asked again."""
        if not self._is_new(commit, verdict):
            return
        url = f"{self._place.api}/repos/{self._place.repository}/statuses/{commit}"
        body = {
            "state": verdict.state.value,
            "description": shortened(verdict.about),
            "context": CONTEXT,
        }
        try:
            async with self._session.post(
                url, json=body, headers=_headers(credentials), timeout=aiohttp.ClientTimeout(_SECONDS)
            ) as answer:
                if answer.status >= 400:
                    said = (await answer.content.read(_MOST)).decode("utf-8", "replace")
                    self._complain(f"answered {answer.status}: {said}", credentials)
                    return
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: of a header
            self._complain(f"does not answer: {error or type(error).__name__}", credentials)
            return
        self._posted = {commit: verdict}
        self._complained = ""

    def _is_new(self, commit: str, verdict: Verdict) -> bool:
        """Waiting is told once, however the list of what is waited for shrinks."""
        last = self._posted.get(commit)
        if last is None:
            return True
        return last != verdict and not (last.state is verdict.state is State.PENDING)

    def _complain(self, what: str, credentials: Credentials) -> None:
        text = credentials.scrubbed(f"the commit status was not taken: {self._place.api} {what}")
        if text != self._complained:
            log.warning("%s; the token needs the right to write commit statuses", text)
        self._complained = text


def _headers(credentials: Credentials) -> dict[str, str]:
    token = credentials.for_statuses
    return {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": _VERSION,
        "User-Agent": "modelpoc-sync",
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }


def shortened(text: str) -> str:
    """In one line, as long as GitHub takes it."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
