"""A plan in words: for a terminal, and as a comment on a pull request. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from modelpoc.cli.plan_result import Planned
from modelpoc.controller.planned import change_text, value_text
from modelpoc.reconcile.plan import Step, Verb
from modelpoc.reconcile.resource import Change

_SIGNS = {Verb.CREATE: "+", Verb.UPDATE: "~", Verb.REPLACE: "±", Verb.DELETE: "-"}
_OUR_TAGS = "tags.modelpoc.dev/"
_LONG = 8
"""From so many lines on a table is folded away."""
NOTHING = "nothing to do"
_ARN = re.compile(r"arn:aws[a-z-]*:[^:\s]*:[^:\s]*:\d{12}:")
"""Partition, service, region and account: the same in all rows, and nobody's business in a comment."""


def text(results: Sequence[Planned]) -> str:
    """For people at a terminal."""
    return "\n\n".join("\n".join(_lines(result)) for result in results)


def _lines(result: Planned) -> Iterable[str]:
    yield f"{result.namespace}/{result.name}: {headline(result)}"
    for problem in result.problems:
        yield f"  ! {problem}".replace("\n", "\n    ")
    for change in result.spec:
        yield f"  object {change_text(change)}"
    for step in result.writes:
        yield f"  {_SIGNS[step.verb]} {step.verb.value} {step.kind} {step.name}"
        yield from (f"      {change_text(change)}" for change in shown(step.changes))
    if cost := _cost(result):
        yield f"  cost {cost}"
    yield from (f"  note: {note}" for note in result.notes)


def headline(result: Planned) -> str:
    """As in `2 to create, 1 to update`."""
    if result.problems:
        return "cannot be had as asked for"
    counts = Counter(step.verb for step in result.writes)
    told = [f"{counts[verb]} to {verb.value}" for verb in _SIGNS if counts[verb]]
    if told:
        return ", ".join(told)
    if not result.exists:
        return "nothing in AWS; the object is to be created"
    return "nothing in AWS; the object changes" if result.spec else NOTHING


def shown(changes: Iterable[Change]) -> list[Change]:
    """Without the tags by which we know what is ours, unless there is nothing else."""
    every = list(changes)
    return [c for c in every if not c.field.startswith(_OUR_TAGS)] or every


def _cost(result: Planned) -> str:
    before, after = result.cost
    return "" if before == after else f"{before or 'nothing'} → {after or 'nothing'} a month"


def markdown(results: Sequence[Planned]) -> str:
    """One table for each POC, folded where it is long; POCs without a change in one line at the end."""
    changed = [r for r in results if r.changes or r.problems]
    same = [f"`{r.name}`" for r in results if r not in changed]
    parts = [part for result in changed for part in _section(result)]
    if same:
        parts.append(f"{NOTHING.capitalize()}: {', '.join(same)}")
    return "\n\n".join(parts)


def _section(result: Planned) -> Iterable[str]:
    yield f"#### `{result.name}`: {headline(result)}"
    if result.problems:
        yield "\n".join(f"- :x: {_one_line(problem)}" for problem in result.problems)
    if rows := list(_rows(result)):
        table = "\n".join(("| | what | field | now | then |", "|---|---|---|---|---|", *rows))
        yield _folded(table, headline(result)) if len(rows) > _LONG else table
    if cost := _cost(result):
        yield f"Cost: {cost}"
    if result.notes:
        yield "\n".join(f"- {_one_line(note)}" for note in result.notes)


def _rows(result: Planned) -> Iterable[str]:
    yield from (_row("~", "object", c) for c in result.spec)
    for step in result.writes:
        yield from _step_rows(step)


def _step_rows(step: Step) -> Iterable[str]:
    sign, what = _SIGNS[step.verb], f"{step.verb.value} {step.kind}"
    if step.verb in (Verb.DELETE, Verb.CREATE) and not any(c.have is not None for c in step.changes):
        yield f"| {sign} | {what} | | | |"
        return
    for change in shown(step.changes):
        yield _row(sign, what, change)


def _row(sign: str, what: str, change: Change) -> str:
    have = "" if change.have is None else _cell(value_text(change.have))
    return f"| {sign} | {what} | {_cell(change.field)} | {have} | {_cell(value_text(change.want))} |"


def _cell(text: str) -> str:
    """As code that no character in it can end, and that no table breaks at; of ARNs what tells them apart."""
    plain = " ".join(_ARN.sub("", text).split()).replace("`", "'").replace("|", "\\|")
    return f"`{plain}`"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _folded(table: str, title: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{table}\n\n</details>"
