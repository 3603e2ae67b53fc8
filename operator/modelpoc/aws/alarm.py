"""A CloudWatch alarm: tells SageMaker to take a rollout back."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from modelpoc.aws import tags
from modelpoc.aws.permission import CHANGING, NAMED, Permission, arn_at, of, on_ours, reads
from modelpoc.aws.seen import as_given, with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import chunks, named_like_ours
from modelpoc.reconcile.errors import Gone
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Resource

_NAMED = (arn_at("cloudwatch", f"alarm:{NAMED}"),)
PERMISSIONS = (
    reads(*of("cloudwatch", "DescribeAlarms", "ListTagsForResource"), on=(arn_at("cloudwatch", "alarm:*"),)),
    # PutMetricAlarm makes and overwrites.
    Permission(of("cloudwatch", "PutMetricAlarm", "TagResource"), _NAMED, CHANGING),
    on_ours(*of("cloudwatch", "DeleteAlarms", "UntagResource")),
)

_STATISTICS = frozenset({"SampleCount", "Average", "Sum", "Minimum", "Maximum"})
"""All others are percentiles and their like ("p90", "TM(10%:90%)"): extended statistics."""


@dataclass(frozen=True, kw_only=True)
class Alarm(Resource):
    """On one metric. `name` has at most 255 characters, and ends in our owner's hash."""

    kind: ClassVar[str] = "Alarm"
    metric: str
    namespace: str = "AWS/SageMaker"
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = "Sum"
    """Sum, Average, …, or a percentile such as p90."""
    period: int = 60
    """Seconds."""
    evaluation_periods: int = 1
    threshold: float
    comparison: str = "GreaterThanOrEqualToThreshold"
    missing_data: str = "notBreaching"
    """An endpoint that nobody asks has no data and is well."""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


class AlarmKind(BaseKind[Alarm, AwsScope]):
    """Its id is its ARN, which follows from its name. Tags cost a call for each alarm."""

    kind = "Alarm"
    fast = frozenset(
        {
            "metric", "namespace", "dimensions", "statistic", "period", "evaluation_periods", "threshold",
            "comparison", "missing_data", "description",
        }
    )  # fmt: skip
    deep = frozenset({"tags"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        return tags.same_tags(want, have) if field == "tags" else bool(want == have)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        alarms = await _described(scope, {})
        found = await asyncio.gather(*(self._seen(scope, a, deep=False) for a in alarms if _ours(scope, a)))
        return [have for have in found if have]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        some = [await _described(scope, {"AlarmNames": list(few)}) for few in chunks(sorted(names), 100)]
        found = await asyncio.gather(*(self._seen(scope, a, deep) for alarms in some for a in alarms))
        return {have.name: have for have in found if have}

    async def create(self, scope: AwsScope, want: Alarm) -> Observed:
        """PutMetricAlarm overwrites: the engine looks first."""
        request = put_request(want)
        await scope.call("cloudwatch", "PutMetricAlarm", **request, Tags=tags.to_list(want.tags))
        return observed({**request, "AlarmArn": _arn(scope, want)}, want.tags)

    async def update(
        self, scope: AwsScope, want: Alarm, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        if changed - {"tags"}:
            request = put_request(want)
            await scope.call("cloudwatch", "PutMetricAlarm", **request)
            now = observed({**request, "AlarmArn": have.id}, have.fields.get("tags"))
            have = replace(now, owner=have.owner)
            scope.inventory.wrote(have)
        if "tags" in changed:
            after = await _retag(scope, have, want.tags)
            have = replace(with_fields(have, tags=after), owner=tags.mark_of(after))
        return have

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        await scope.call("cloudwatch", "DeleteAlarms", AlarmNames=[have.name])

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        off = sorted(tags.OURS & have.fields.get("tags", dict.fromkeys(tags.OURS)).keys())
        await scope.call("cloudwatch", "UntagResource", ResourceARN=have.id, TagKeys=off)

    async def _seen(self, scope: AwsScope, alarm: Mapping[str, Any], deep: bool) -> Observed | None:
        """None when it went while it was looked at."""
        name, arn = alarm["AlarmName"], alarm["AlarmArn"]
        if not named_like_ours(name):
            return as_given(observed(alarm, {}), name)
        known = scope.inventory.get(self.kind, name)
        if known and known.id == arn and not deep:
            return replace(observed(alarm, None), owner=known.owner)
        try:
            answer = await scope.call("cloudwatch", "ListTagsForResource", ResourceARN=arn)
        except Gone:
            return None
        return observed(alarm, tags.from_list(answer.get("Tags")))


def put_request(want: Alarm) -> dict[str, Any]:
    """Parameters of PutMetricAlarm, without tags: those it only takes for a new alarm."""
    plain = want.statistic in _STATISTICS
    return {
        "AlarmName": want.name,
        "AlarmDescription": want.description,
        "ActionsEnabled": False,
        "Namespace": want.namespace,
        "MetricName": want.metric,
        "Dimensions": [{"Name": k, "Value": v} for k, v in sorted(want.dimensions.items())],
        "Statistic" if plain else "ExtendedStatistic": want.statistic,
        "Period": want.period,
        "EvaluationPeriods": want.evaluation_periods,
        "Threshold": want.threshold,
        "ComparisonOperator": want.comparison,
        "TreatMissingData": want.missing_data,
    }


def observed(alarm: Mapping[str, Any], found: Mapping[str, str] | None) -> Observed:
    """One metric alarm of DescribeAlarms, in the words of `Alarm`; `found` None: tags were not read."""
    name, arn = alarm["AlarmName"], alarm["AlarmArn"]
    fields: dict[str, Any] = {
        "metric": alarm.get("MetricName"),
        "namespace": alarm.get("Namespace"),
        "dimensions": {d["Name"]: d["Value"] for d in alarm.get("Dimensions") or ()},
        "statistic": alarm.get("Statistic") or alarm.get("ExtendedStatistic"),
        "period": alarm.get("Period"),
        "evaluation_periods": alarm.get("EvaluationPeriods"),
        "threshold": alarm.get("Threshold"),
        "comparison": alarm.get("ComparisonOperator"),
        "missing_data": alarm.get("TreatMissingData", "missing"),
        "description": alarm.get("AlarmDescription", ""),
    }
    if found is not None:
        fields["tags"] = dict(found)
    attrs = {"arn": arn, "id": arn, "name": name}
    return Observed(Alarm.kind, name, id=arn, fields=fields, attrs=attrs, owner=tags.mark_of(found or {}))


def _ours(scope: AwsScope, alarm: Mapping[str, Any]) -> bool:
    """Named like ours, or one that a user named and that is known therefore."""
    name = alarm["AlarmName"]
    return named_like_ours(name) or scope.inventory.get(Alarm.kind, name) is not None


def _arn(scope: AwsScope, want: Alarm) -> str:
    return scope.arn("cloudwatch", f"alarm:{want.name}")


async def _described(scope: AwsScope, which: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    pages = scope.pages("cloudwatch", "DescribeAlarms", AlarmTypes=["MetricAlarm"], MaxRecords=100, **which)
    return [alarm async for page in pages for alarm in page.get("MetricAlarms", ())]


async def _retag(scope: AwsScope, have: Observed, want: Mapping[str, str]) -> dict[str, str]:
    old = have.fields["tags"]
    off, on = tags.surplus(want, old), tags.missing(want, old)
    if off:
        await scope.call("cloudwatch", "UntagResource", ResourceARN=have.id, TagKeys=off)
    if on:
        await scope.call("cloudwatch", "TagResource", ResourceARN=have.id, Tags=tags.to_list(on))
    return {**{key: value for key, value in old.items() if key not in off}, **on}
