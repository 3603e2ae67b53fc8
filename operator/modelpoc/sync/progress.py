"""What became of the present commit: which of its POCs are waited for, and what was said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from modelpoc.api.meta import COMMIT
from modelpoc.sync.report import Report, Result
from modelpoc.sync.snapshot import Snapshot
from modelpoc.sync.verdict import State, Verdict, judge


class Progress:
    """Of one source. Pure but for its memory."""

    def __init__(self) -> None:
        self.commit = ""
        self.verdict: Verdict | None = None
        self._changed: set[str] = set()
        self._leaving: set[str] = set()
        self._trouble = ""

    @property
    def waiting(self) -> bool:
        """Whether statuses are to be looked at again soon."""
        return self.verdict is not None and not self.verdict.settled and not self._trouble

    def looked(self, report: Report, snapshot: Snapshot | None) -> None:
        """Takes up a look. A commit that was overtaken leaves what it still waits for to the next."""
        if snapshot is None or not report.commit:
            return
        if report.commit != self.commit:
            self._begin(report.commit, snapshot)
        self._trouble = "" if report.ok or report.result is Result.FAILED else _trouble(report)
        self._changed |= set(report.written)
        self._leaving |= set(report.pruned)
        self._changed -= set(report.claimed)

    def _begin(self, commit: str, snapshot: Snapshot) -> None:
        open_ones = self._changed if self.verdict is not None and not self.verdict.settled else set()
        own = {
            name for name, m in snapshot.manifests.items() if m["metadata"]["annotations"][COMMIT] == commit
        }
        self._changed = own | (open_ones & set(snapshot.manifests))
        self._leaving = set()
        self.commit, self.verdict = commit, None

    def judged(self, live: Iterable[Mapping[str, Any]]) -> Verdict:
        """How the commit is doing now."""
        self.verdict = (
            Verdict(State.FAILURE, self._trouble)
            if self._trouble
            else judge(self._changed, self._leaving, live)
        )
        return self.verdict


def _trouble(report: Report) -> str:
    """The first thing that keeps a commit from being what the cluster is."""
    bad = [told for told in report.told if told.reason not in ("SyncCorrected", "SyncRewritten")]
    more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    return f"{bad[0].message}{more}" if bad else report.line
