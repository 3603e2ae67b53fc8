"""A POC, or many, laid out for people. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from modelpoc.api.conditions import Condition, ConditionStatus, ConditionType
from modelpoc.api.meta import COMMIT, SOURCE
from modelpoc.api.modelpoc import ModelPOCStatus
from modelpoc.api.status import ResourceStatus
from modelpoc.cli.periods import short, told
from modelpoc.cli.seen import Seen

_ABNORMAL = frozenset({ConditionType.RECONCILING, ConditionType.STALLED})
_STATES = {
    "Settled": "green", "Settling": "yellow", "Waiting": "yellow", "Deleting": "yellow",
    "Broken": "red", "Conflict": "red", "Missing": "red",
}  # fmt: skip
_HEAD = ("NAME", "RUNTIME", "READY", "STATUS", "URL", "AGE")


def tree(manifest: Mapping[str, Any], now: datetime) -> Tree:
    """All that its object says of a POC."""
    seen = Seen.of(manifest)
    root = Tree(_title(manifest, seen), guide_style="dim")
    for what, value in _facts(manifest, seen.status, now):
        root.add(Text.assemble((f"{what:9} ", "dim"), value))
    _branch(root, "conditions", _conditions(seen.status.conditions, now))
    _branch(root, "resources", (_resource(r) for r in seen.status.resources))
    _branch(root, "plan", (_planned(step) for step in seen.status.plan))
    return root


def _title(manifest: Mapping[str, Any], seen: Seen) -> Text:
    reason = seen.status.reason or "not looked at yet"
    title = Text.assemble((f"{seen.namespace}/{seen.name}", "bold"), "  ", (reason, _colour(seen)))
    if seen.deleting:
        title.append("  being deleted", "yellow")
    if not seen.looked_at:
        title.append("  the operator has not looked at the latest change yet", "yellow")
    return title


def _colour(seen: Seen) -> str:
    if seen.holds(ConditionType.STALLED):
        return "red"
    return "green" if seen.holds(ConditionType.READY) else "yellow"


def _facts(manifest: Mapping[str, Any], status: ModelPOCStatus, now: datetime) -> Iterable[tuple[str, str]]:
    notes = manifest["metadata"].get("annotations", {})
    facts = (
        ("runtime", status.runtime or ("ecs" if "ecs" in manifest["spec"] else "sagemaker")),
        ("url", status.url),
        ("docs", status.docs_url),
        ("revision", status.revision),
        ("failed", status.failed_revision),
        ("expires", expiry(status.expires_at, now)),
        ("cost", f"{status.estimated_monthly_cost} a month" if status.estimated_monthly_cost else None),
        ("commit", notes.get(COMMIT)),
        ("source", notes.get(SOURCE)),
        ("mode", notes.get("modelpoc.dev/mode")),
        ("age", age(manifest, now)),
    )
    return ((what, value) for what, value in facts if value)


def _branch(root: Tree, name: str, rows: Iterable[RenderableType]) -> None:
    leaves = list(rows)
    if leaves:
        branch = root.add(Text(name, style="bold"))
        for leaf in leaves:
            branch.add(leaf)


def _conditions(conditions: Sequence[Condition], now: datetime) -> Iterable[Text]:
    """Each message once: one failure is the message of nearly all of them."""
    said: dict[str, str] = {}
    for condition in conditions:
        first = said.setdefault(condition.message, condition.type)
        as_above = condition.message and first != condition.type
        yield _condition(condition, f"as {first}" if as_above else condition.message, now)


def _condition(condition: Condition, message: str, now: datetime) -> Text:
    wanted = ConditionStatus.FALSE if condition.type in _ABNORMAL else ConditionStatus.TRUE
    colour = "green" if condition.status is wanted else "yellow"
    if condition.type == ConditionType.STALLED and condition.status is ConditionStatus.TRUE:
        colour = "red"
    since = short((now - condition.last_transition_time).total_seconds())
    return Text.assemble(
        f"{condition.type:12} ",
        (f"{condition.status:7} ", colour),
        f"{condition.reason:14} ",
        (f"{since:>4}  ", "dim"),
        (message, "dim" if message != condition.message else ""),
    )


def _resource(resource: ResourceStatus) -> Text:
    row = Text.assemble(
        f"{resource.kind:16} ",
        (f"{resource.state:9} ", _STATES.get(resource.state, "")),
        resource.name,
    )
    return row.append(f"  {resource.message}", "dim") if resource.message else row


def _planned(step: Any) -> Text:
    return Text(f"{step.action:8} {step.kind:16} {step.name}  {'; '.join(step.changes)}".rstrip())


def table(manifests: Sequence[Mapping[str, Any]], now: datetime, *, namespaces: bool = False) -> list[str]:
    """As `kubectl get modelpocs` shows them, in columns as wide as they need to be."""
    head = (("NAMESPACE",) if namespaces else ()) + _HEAD
    rows = [head, *(_row(manifest, now, namespaces) for manifest in manifests)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["   ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(manifest: Mapping[str, Any], now: datetime, namespaces: bool) -> tuple[str, ...]:
    seen = Seen.of(manifest)
    ready = seen.status.condition(ConditionType.READY)
    row = (
        seen.name,
        seen.status.runtime or "",
        ready.status.value if ready else "",
        seen.status.reason or "",
        seen.status.url or "",
        age(manifest, now),
    )
    return (seen.namespace, *row) if namespaces else row


def age(manifest: Mapping[str, Any], now: datetime) -> str:
    created = manifest["metadata"].get("creationTimestamp")
    return short((now - datetime.fromisoformat(created)).total_seconds()) if created else ""


def expiry(at: datetime | None, now: datetime) -> str | None:
    """`2026-12-01 18:00 UTC, in 9 d 1 h`."""
    if at is None:
        return None
    left = (at - now).total_seconds()
    when = f"in {told(left)}" if left > 0 else "past"
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {when}"
