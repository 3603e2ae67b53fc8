"""What became of an apply or a destroy, for people and for scripts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelpoc.cli.periods import told
from modelpoc.cli.seen import Ending, Seen, message
from modelpoc.cli.waiting import Ended


@dataclass(frozen=True)
class Result:
    """One POC. `outcome` is what was done to the object; `came_to` is None when nobody waited."""

    outcome: str
    seen: Seen
    came_to: Ending | None
    seconds: float
    error: str = ""
    """What kept it from coming to a good end; "" when nothing did."""

    def data(self) -> dict[str, Any]:
        """For scripts; what is not known is null."""
        status = self.seen.status
        return {
            "name": self.seen.name,
            "namespace": self.seen.namespace,
            "result": self.outcome,
            "generation": self.seen.generation,
            "cameTo": self.came_to.value if self.came_to else None,
            "reason": status.reason,
            "message": message(self.seen, self.came_to) or None,
            "error": self.error or None,
            "seconds": round(self.seconds, 1),
            "url": status.url,
            "predictUrl": status.predict_url,
            "docsUrl": status.docs_url,
            "revision": status.revision,
        }


def of_wait(outcome: str, ended: Ended, seconds: float, *, asked_to_suspend: bool) -> Result:
    """Whether an apply has come to what it asked for."""
    return Result(outcome, ended.seen, ended.came_to, seconds, _fault(ended, asked_to_suspend))


def failed(manifest: Mapping[str, Any], error: str) -> Result:
    return Result("failed", Seen.of(manifest), None, 0.0, error)


def exit_code(results: Sequence[Result]) -> int:
    return 1 if any(result.error for result in results) else 0


def _fault(ended: Ended, asked_to_suspend: bool) -> str:
    seen, said = ended.seen, message(ended.seen, ended.came_to)
    match ended.came_to:
        case Ending.STALLED:
            return f"{seen.status.reason}: {said}"
        case Ending.GONE:
            return "it was deleted meanwhile"
        case Ending.SUSPENDED if not asked_to_suspend:
            return f"{seen.status.reason}: {said}"
        case _:
            return ""


_NOTES = {
    Ending.PLACEHOLDER: "note: the platform's stand-in image answers until the config names a real image "
    "(`modelpoc set-image`, or the workflow that builds on merge)",
    Ending.OBSERVING: "note: it is only observed: `modelpoc status` shows what would be done",
    Ending.SUSPENDED: "note: its config asks for suspend: nothing runs in AWS",
}


def text(results: Sequence[Result], *, dry_run: bool = False) -> str:
    """For people, without the errors' own words, which go to stderr."""
    return "\n".join(line for result in results for line in _lines(result, dry_run))


def _lines(result: Result, dry_run: bool) -> list[str]:
    name = result.seen.name
    if dry_run:
        return [f"{name} {result.outcome} (dry run)"]
    if result.came_to is None:
        return [f"{name} {result.outcome}"]
    head = f"{name} is {result.seen.status.reason or result.came_to} after {told(result.seconds)}"
    if result.error:
        return [head]
    note = _NOTES.get(result.came_to)
    return [head, *_links(result), *([f"  {note}"] if note else [])]


def _links(result: Result) -> list[str]:
    if result.came_to not in (Ending.READY, Ending.PLACEHOLDER):
        return []
    status = result.seen.status
    rows = (
        ("url", status.url),
        ("docs", status.docs_url),
        ("ask it", f"modelpoc predict {result.seen.name}"),
    )
    return [f"  {what:7} {value}" for what, value in rows if value]
