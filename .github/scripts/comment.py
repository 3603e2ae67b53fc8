"""comment.py NUMBER FILE: what FILE says as one comment on a pull request, updated at every run."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARK = "<!-- modelpoc plan -->"
LIMIT = 65_000
"""GitHub takes 65,536 characters a comment."""
PAGE = 100


def main(number: int, file: Path) -> None:
    comments = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues/{number}/comments"
    body = {"body": _fitting(f"{MARK}\n{file.read_text(encoding='utf-8')}")}
    mine = next((comment for comment in _all(comments) if _is_mine(comment)), None)
    if mine is None:
        said = _ask("POST", comments, body)
    else:
        said = _ask("PATCH", f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues/comments/{mine['id']}", body)
    sys.stdout.write(f"{said['html_url']}\n")


def _is_mine(comment: dict[str, Any]) -> bool:
    """Only a bot's: anyone may write the mark."""
    return str(comment["body"]).startswith(MARK) and bool(comment["user"]["type"] == "Bot")


def _all(path: str) -> Iterator[dict[str, Any]]:
    page = 1
    while found := _ask("GET", f"{path}?per_page={PAGE}&page={page}"):
        yield from found
        if len(found) < PAGE:
            return
        page += 1


def _fitting(text: str) -> str:
    cut = "\n\n… the rest is in the run's log."
    return text if len(text) <= LIMIT else text[: LIMIT - len(cut)] + cut


def _ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        os.environ.get("GITHUB_API_URL", "https://api.github.com") + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
