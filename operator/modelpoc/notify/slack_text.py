"""How news read in Slack. Pure.

Limits: https://docs.slack.dev/reference/block-kit/blocks (3,000 characters of text in a section block,
2,000 in each of at most 10 fields, 50 blocks), https://docs.slack.dev/messaging/formatting-message-text
(escape &, < and >).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from modelpoc.notify.story import Story
from modelpoc.notify.wants import Kind

SECTION = 2_900
LINES = 20
IN_DIGEST = 30
"""POCs that a digest names one by one."""

_MARKS = {
    Kind.SUCCEEDED: ("✅", "is live"),
    Kind.FAILED: ("❌", "failed"),
    Kind.RECOVERED: ("💚", "has recovered"),
    Kind.EXPIRING: ("⏳", "expires soon"),
    Kind.EXPIRED: ("⌛", "has expired"),
    Kind.SUSPENDED: ("💤", "is suspended"),
}

Message = dict[str, Any]


def message(story: Story) -> Message:
    """One piece of news: `text` for what shows no blocks (a phone's lock screen), `blocks` for all else."""
    mark, verb = _MARKS[story.kind]
    head = f"{mark} *{_escaped(story.name)}* {verb}"
    why = f": `{story.reason}`" if story.kind is Kind.FAILED else ""
    parts = [f"{head}{why}", _cut(_escaped(story.message), SECTION // 2), _log(story.lines)]
    if story.todo:
        parts.append(f"→ {_escaped(story.todo)}")
    said = "\n".join(part for part in parts if part)
    blocks = [_section(said)] if len(said) <= SECTION else [_section(part) for part in parts if part]
    return _whole(f"{mark} {story.key} {verb}{why.replace('`', '')}", [*blocks, _context(_footer(story))])


def digest(stories: Sequence[Story]) -> Message:
    """Many at once: how many of each kind, then each in a line, as far as they go."""
    counts = Counter(s.kind for s in stories)
    head = ", ".join(f"{_MARKS[kind][0]} {n} {kind.value.lower()}" for kind, n in counts.most_common())
    shown = [_line(s) for s in stories[:IN_DIGEST]]
    more = len(stories) - len(shown)
    rest = [f"… and {more} more: `kubectl get pocs -A`"] if more else []
    count = len({s.key for s in stories})
    text = f"News of {count} POC{'' if count == 1 else 's'}: {head}"
    return _whole(text, [_section(f"*{text}*"), *map(_section, _pages([*shown, *rest]))])


def _line(story: Story) -> str:
    mark, verb = _MARKS[story.kind]
    link = f"<{story.url}|{_escaped(story.key)}>" if story.url else _escaped(story.key)
    why = f": `{story.reason}` {_cut(_escaped(story.message), 120)}" if story.kind is Kind.FAILED else ""
    return f"{mark} {link} {verb}{why}".replace("\n", " ")


def _pages(lines: Sequence[str]) -> list[str]:
    pages = [""]
    for line in lines:
        if len(pages[-1]) + len(line) + 1 > SECTION:
            pages.append("")
        pages[-1] += f"{line}\n"
    return [page.rstrip() for page in pages]


def _log(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    text = _escaped("\n".join(lines[-LINES:])).replace("```", "'''")
    return f"```{_end(text, SECTION // 2)}```"


def _footer(story: Story) -> str:
    links = [
        _link(story.url, story.url),
        _link(story.docs_url, "docs"),
        _link(story.predict_url, "predict"),
        _link(story.help_url, f"about {story.reason}"),
    ]
    facts = [f"{story.key} on {story.platform}", f"generation {story.generation}"]
    if story.revision and story.revision not in story.message:
        facts.append(story.revision)
    if story.cost and story.kind in (Kind.SUCCEEDED, Kind.EXPIRING):
        facts.append(f"{story.cost} a month")
    return " · ".join([link for link in links if link] + [_escaped(fact) for fact in facts if fact])


def _link(url: str, text: str) -> str:
    return f"<{url}|{_escaped(text)}>" if url else ""


def _whole(text: str, blocks: list[Message]) -> Message:
    return {"text": text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _section(text: str) -> Message:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(text, SECTION), "verbatim": True}}


def _context(text: str) -> Message:
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": _cut(text, SECTION), "verbatim": True}],
    }


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _end(text: str, most: int) -> str:
    return text if len(text) <= most else "…" + text[-(most - 1) :]
