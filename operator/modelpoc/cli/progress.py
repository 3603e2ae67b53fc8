"""Telling how far a POC is: what changed as lines, and where a person looks on, one line that lives."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from modelpoc.cli.seen import Seen

_LONGEST = 200
_IN_PLACE = "Settled"


class Teller(Protocol):
    """Who hears how far it is."""

    def say(self, line: str) -> None:
        """Something happened."""

    def now(self, name: str, words: str) -> None:
        """How the POC `name` is at the moment; "": nothing more is to be said of it."""


def summary(seen: Seen) -> str:
    """A POC in one line: reason, message, and how many of its resources are in place."""
    if not seen.looked_at:
        return "waiting for the operator to look at it"
    headline = seen.headline
    if headline is None:
        return "waiting for the operator's first word"
    words = " ".join(headline.message.split())
    words = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
    return f"{headline.reason}: {words}{_counted(seen)}" if words else headline.reason + _counted(seen)


def _counted(seen: Seen) -> str:
    resources = seen.status.resources
    done = sum(r.state == _IN_PLACE for r in resources)
    return f" ({done} of {len(resources)} in place)" if resources and done < len(resources) else ""


def under_way(seen: Seen) -> str:
    """What of a POC is not in place yet, by kind; for whoever has read `summary` already."""
    missing = [r.kind for r in seen.status.resources if r.state != _IN_PLACE]
    if not seen.looked_at or not missing:
        return "…"
    return f"waiting for {', '.join(dict.fromkeys(missing))}"


def change(before: Seen | None, after: Seen) -> str | None:
    """The line that tells what `after` brought; None when it says nothing new."""
    line = summary(after)
    return None if before is not None and summary(before) == line else line


@contextmanager
def telling(stream: TextIO | None = None) -> Iterator[Teller]:
    """On stderr: lines with the seconds since now, and on a terminal below them what is under way."""
    stream = stream or sys.stderr
    if not stream.isatty():
        yield _Lines(stream)
        return
    screen = _Screen(Console(file=stream, highlight=False))
    with screen.live:
        yield screen


class _Lines:
    """For logs and pipes: nothing is ever rewritten."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._began = stream, time.monotonic()

    def say(self, line: str) -> None:
        self._stream.write(f"[{time.monotonic() - self._began:5.1f} s] {line}\n")
        self._stream.flush()

    def now(self, name: str, words: str) -> None:
        """Changes are said already."""


class _Screen:
    """For people: lines that happened, and below them a line for each POC that is on its way."""

    def __init__(self, console: Console) -> None:
        self._began = time.monotonic()
        self._now: dict[str, tuple[str, float]] = {}
        self._spinner = Spinner("dots")
        self.live = Live(get_renderable=self._shown, console=console, refresh_per_second=8, transient=True)

    def say(self, line: str) -> None:
        stamp = Text(f"[{time.monotonic() - self._began:5.1f} s] ", style="dim")
        self.live.console.print(stamp + Text(line), soft_wrap=True)

    def now(self, name: str, words: str) -> None:
        if words:
            self._now[name] = (words, time.monotonic())
        else:
            self._now.pop(name, None)

    def _shown(self) -> Group:
        return Group(*(self._row(name, *told) for name, told in list(self._now.items())))

    def _row(self, name: str, words: str, since: float) -> Text:
        frame = self._spinner.render(time.monotonic())
        for_ = f" {time.monotonic() - since:.0f} s"
        return Text.assemble(frame, " ", (name, "bold"), " ", words, (for_, "dim"))  # type: ignore[arg-type]
