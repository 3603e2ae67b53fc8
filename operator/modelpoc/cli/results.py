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
    wanted = (Ending.READY, Ending.PLACEHOLDER, Ending.OBSERVING)
    more = (Ending.SUSPENDED,) if asked_to_suspend else ()
    return Result(outcome, ended.seen, ended.came_to, seconds, ended_badly(ended, *wanted, *more))


def failed(manifest: Mapping[str, Any], error: str) -> Result:
    return Result("failed", Seen.of(manifest), None, 0.0, error)


def exit_code(results: Sequence[Result]) -> int:
    return 1 if any(result.error for result in results) else 0


def ended_badly(ended: Ended, *wanted: Ending) -> str:
    """Why it did not come to what was wanted; "" when it did."""
    if ended.came_to in wanted:
        return ""
    if ended.came_to is Ending.GONE:
        return "it was deleted meanwhile"
    return f"{ended.seen.status.reason}: {message(ended.seen, ended.came_to)}"


_NOTES = {
    Ending.PLACEHOLDER: "note: the platform's stand-in image answers until the config names a real image "
    "(`modelpoc set-image`, or the workflow that builds on merge)",
    Ending.OBSERVING: "note: it is only observed: `modelpoc status` shows what would be done",
    Ending.SUSPENDED: "nothing of it runs in AWS; `modelpoc apply` brings it back",
}


def text(results: Sequence[Result], *, dry_run: bool = False, where: str = "") -> str:
    """For people, without the errors themselves. `where`: the options that lead another command there."""
    return "\n".join(line for result in results for line in _lines(result, dry_run, where))


def _lines(result: Result, dry_run: bool, where: str) -> list[str]:
    name = result.seen.name
    if dry_run:
        return [f"{name} {result.outcome} (dry run)"]
    if result.came_to is None:
        return [f"{name} {result.outcome}"]
    reason = "gone" if result.came_to is Ending.GONE else result.seen.status.reason
    head = f"{name} is {reason} after {told(result.seconds)}"
    if result.error:
        return [head]
    note = _NOTES.get(result.came_to)
    return [head, *_links(result, where), *([f"  {note}"] if note else [])]


def _links(result: Result, where: str) -> list[str]:
    if result.came_to not in (Ending.READY, Ending.PLACEHOLDER):
        return []
    status = result.seen.status
    ask = f"modelpoc predict {result.seen.name}{where}" + ("" if result.seen.examples else " JSON")
    rows = (("url", status.url), ("docs", status.docs_url), ("ask it", ask))
    return [f"  {what:7} {value}" for what, value in rows if value]
