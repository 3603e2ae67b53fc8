"""A rule of a load balancer's listener: which paths go to a POC, and how they are rewritten for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, ClassVar

from modelpoc.aws import tags
from modelpoc.aws.permission import (
    CHANGING,
    MARKED,
    NAMED,
    Condition,
    Permission,
    of,
    on_ours,
    reads,
)
from modelpoc.aws.rule_priority import claims_of, free_priority
from modelpoc.aws.seen import with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import (
    MADE_WITH_TAGS,
    ON_OUR_BALANCERS,
    RULES,
    disown_elbv2,
    elbv2_tags,
    retag_elbv2,
)
from modelpoc.reconcile.errors import Gone, NotYet, Stall
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Change, Observed, Ref, Resource

_BEARS_OUR_NAME = Condition("StringLike", f"aws:ResourceTag/{tags.RESOURCE}", (NAMED,))
"""Rules have no names in AWS: the tag stays on when one is left, and by it it can be adopted."""
PERMISSIONS = (
    reads(*of("elasticloadbalancing", "DescribeRules", "DescribeTags")),
    # On a listener that the platform names, and on ours.
    Permission(("elasticloadbalancing:CreateRule",), ("{listener}",), (MARKED,)),
    ON_OUR_BALANCERS,
    MADE_WITH_TAGS,
    on_ours(
        *of("elasticloadbalancing", "AddTags", "DeleteRule", "ModifyRule", "RemoveTags", "SetRulePriorities")
    ),
    Permission(
        of("elasticloadbalancing", "AddTags", "ModifyRule", "SetRulePriorities"),
        RULES,
        (*CHANGING, _BEARS_OUR_NAME),
    ),
)

_NO_ONE = Mark("", "")


@dataclass(frozen=True, kw_only=True)
class ListenerRule(Resource):
    """AWS gives rules no names: the tag modelpoc.dev/resource carries ours."""

    kind: ClassVar[str] = "ListenerRule"
    listener_arn: str | Ref
    paths: tuple[str, ...]
    """At most 5 patterns of 128 characters each, with at most 5 wildcards in all."""
    target_group_arn: str | Ref
    rewrite_from: str = ""
    """Regular expression over the path and query; "" rewrites nothing."""
    rewrite_to: str = ""
    priority: int | None = None
    """None: the lowest free one among those for paths of this depth, and then it stays."""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_tags(self) -> dict[str, str]:
        return {**self.tags, tags.RESOURCE: self.name}


class ListenerRuleKind(BaseKind[ListenerRule, AwsScope]):
    """Its id is its ARN. Rules that are not ours are kept in mind too, by their ARN: they take up paths and
    priorities."""

    kind = "ListenerRule"
    answers = True
    fast = frozenset({"paths", "target_group_arn", "rewrite_from", "rewrite_to", "priority", "tags"})
    create_only = frozenset({"listener_arn"})
    gone_first = frozenset({"Service"})
    within = frozenset({"Listener"})

    def reason(self, claim: str | None) -> str:
        words = {"path": "RouteConflict", "priority": "PriorityConflict"}
        return words.get((claim or "").partition(":")[0], "OwnedByOther")

    def claims(self, want: ListenerRule) -> frozenset[str]:
        return claims_of(want.listener_arn, want.paths, want.priority)

    def same(self, field: str, want: Any, have: Any) -> bool:
        match field:
            case "tags":
                return tags.same_tags({tags.RESOURCE: have.get(tags.RESOURCE, ""), **want}, have)
            case "paths":
                return sorted(want) == sorted(have)
            case _:
                return bool(want == have)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        return await _tagged(scope, await _listed(scope), lambda arn: True)

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        known = {o.id: o.name for o in scope.inventory.of_kind(self.kind)}
        one = next((arn for arn, name in known.items() if {name} == set(names)), None)
        rules = await _described(scope, RuleArns=[one]) if one else await _listed(scope)
        found = await _tagged(scope, rules, lambda arn: known.get(arn) in {None, *names})
        return {rule.name: rule for rule in found if rule.name in names}

    async def create(self, scope: AwsScope, want: ListenerRule) -> Observed:
        priority = want.priority or free_priority(str(want.listener_arn), want.paths, scope.inventory)
        claim = claims_of(want.listener_arn, (), priority)
        # Between here and the answer another POC must not choose the same number.
        scope.inventory.reserve(claim, tags.mark_of(want.tags) or _NO_ONE)
        try:
            answer = await scope.call("elbv2", "CreateRule", **create_request(want, priority))
        except Gone as error:  # listener or target group, made a moment ago
            raise NotYet(str(error)) from error
        finally:
            if want.priority is None:
                scope.inventory.release(claim)
        return observed(answer["Rules"][0], want.all_tags, want.name)

    async def update(
        self, scope: AwsScope, want: ListenerRule, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        if "listener_arn" in changed:
            raise Stall("InvalidSpec", f"{want}: AWS cannot move a rule to another listener")
        if request := modify_request(want, changed):
            answer = await scope.call("elbv2", "ModifyRule", RuleArn=have.id, **request)
            have = observed(answer["Rules"][0], have.fields["tags"], have.name)
            scope.inventory.wrote(have)
        if "priority" in changed and want.priority is not None:
            moved = [{"RuleArn": have.id, "Priority": want.priority}]
            answer = await scope.call("elbv2", "SetRulePriorities", RulePriorities=moved)
            have = _moved(have, want.priority)
            scope.inventory.wrote(have)
        if "tags" in changed:
            after = await retag_elbv2(scope, have.id, want.all_tags, have.fields["tags"])
            have = replace(with_fields(have, tags=after), owner=tags.mark_of(after))
        return have

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        await scope.call("elbv2", "DeleteRule", RuleArn=have.id)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        """Its name stays on it: rules have none in AWS, and by it they can be adopted."""
        off = {key: value for key, value in have.fields["tags"].items() if key != tags.RESOURCE}
        await disown_elbv2(scope, have.id, off)


def create_request(want: ListenerRule, priority: int) -> dict[str, Any]:
    """Parameters of CreateRule."""
    request = {
        "ListenerArn": want.listener_arn,
        "Priority": priority,
        "Conditions": _conditions(want),
        "Actions": _actions(want),
        "Tags": tags.to_list(want.all_tags),
    }
    return {**request, "Transforms": _transforms(want)} if want.rewrite_from else request


def modify_request(want: ListenerRule, changed: Collection[str]) -> dict[str, Any]:
    """Parameters of ModifyRule for these fields; what is left out stays."""
    request: dict[str, Any] = {}
    if "paths" in changed:
        request["Conditions"] = _conditions(want)
    if "target_group_arn" in changed:
        request["Actions"] = _actions(want)
    if {"rewrite_from", "rewrite_to"} & set(changed):
        request |= {"Transforms": _transforms(want)} if want.rewrite_from else {"ResetTransforms": True}
    return request


def observed(rule: Mapping[str, Any], found: Mapping[str, str], name: str | None = None) -> Observed:
    """One rule of DescribeRules with its tags, in the words of `ListenerRule`.

    Conditions, actions and transforms that we never write show up in `paths`, `target_group_arn` and
    `rewrite_from` as text that no want equals, so that they are put right.
    """
    arn = rule["RuleArn"]
    listener, paths = listener_of(arn), _paths(rule)
    priority = int(rule["Priority"]) if rule["Priority"].isdigit() else None
    regex, replacement = _rewrite(rule.get("Transforms", ()))
    targets = _targets(rule["Actions"])
    fields = {
        "listener_arn": listener,
        "paths": paths,
        "target_group_arn": targets[0] if _only_forwards(rule["Actions"], targets) else "",
        "rewrite_from": regex,
        "rewrite_to": replacement,
        "priority": priority,
        "tags": dict(found),
    }
    return Observed(
        ListenerRule.kind,
        name or found.get(tags.RESOURCE) or arn,
        id=arn,
        fields=fields,
        attrs={"arn": arn, "id": arn, "priority": priority},
        refs=frozenset({listener, *targets}),
        claims=claims_of(listener, paths, priority),
        owner=tags.mark_of(found),
    )


def listener_of(rule_arn: str) -> str:
    """…:listener-rule/app/<lb>/<lb id>/<id>/<rule id> belongs to …:listener/app/<lb>/<lb id>/<id>."""
    return rule_arn.replace(":listener-rule/", ":listener/").rpartition("/")[0]


def _conditions(want: ListenerRule) -> list[dict[str, Any]]:
    return [{"Field": "path-pattern", "PathPatternConfig": {"Values": list(want.paths)}}]


def _actions(want: ListenerRule) -> list[dict[str, Any]]:
    return [{"Type": "forward", "TargetGroupArn": want.target_group_arn}]


def _transforms(want: ListenerRule) -> list[dict[str, Any]]:
    rewrite = {"Regex": want.rewrite_from, "Replace": want.rewrite_to}
    return [{"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [rewrite]}}]


def _paths(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """Path patterns; any other condition as `<field>=<what it asks for>`."""
    return tuple(chain.from_iterable(_asked(condition) for condition in rule["Conditions"]))


def _asked(condition: Mapping[str, Any]) -> list[str]:
    config = condition.get("PathPatternConfig") or {}
    plain = config.get("Values") or condition.get("Values")
    if condition["Field"] == "path-pattern" and plain:
        return list(plain)
    return [f"{condition['Field']}={ {k: v for k, v in condition.items() if k != 'Field'} }"]


def _targets(actions: Iterable[Mapping[str, Any]]) -> list[str]:
    groups = [g for a in actions for g in (a.get("ForwardConfig") or {}).get("TargetGroups", ())]
    single = [a["TargetGroupArn"] for a in actions if a.get("TargetGroupArn")]
    return list(dict.fromkeys([g["TargetGroupArn"] for g in groups] + single))


def _only_forwards(actions: Collection[Mapping[str, Any]], targets: Collection[str]) -> bool:
    sticky = any(
        ((a.get("ForwardConfig") or {}).get("TargetGroupStickinessConfig") or {}).get("Enabled")
        for a in actions
    )
    return len(actions) == 1 and len(targets) == 1 and not sticky


def _rewrite(transforms: Collection[Mapping[str, Any]]) -> tuple[str, str]:
    rewrites = [r for t in transforms for r in (t.get("UrlRewriteConfig") or {}).get("Rewrites", ())]
    if len(transforms) == 1 and len(rewrites) == 1:
        return rewrites[0]["Regex"], rewrites[0]["Replace"]
    return (str(list(transforms)), "") if transforms else ("", "")


def _moved(have: Observed, priority: int) -> Observed:
    listener = have.fields["listener_arn"]
    have = with_fields(have, priority=priority)
    attrs = {**have.attrs, "priority": priority}
    return replace(have, attrs=attrs, claims=claims_of(listener, have.fields["paths"], priority))


async def _listed(scope: AwsScope) -> list[Mapping[str, Any]]:
    listeners = sorted({listener.id for listener in scope.inventory.of_kind("Listener")})
    return [rule for arn in listeners for rule in await _described(scope, ListenerArn=arn, PageSize=400)]


async def _described(scope: AwsScope, **which: Any) -> list[Mapping[str, Any]]:
    try:
        pages = [page async for page in scope.pages("elbv2", "DescribeRules", **which)]
    except Gone:
        return []
    return [rule for page in pages for rule in page["Rules"] if not rule["IsDefault"]]


async def _tagged(
    scope: AwsScope, rules: Collection[Mapping[str, Any]], unsure: Callable[[str], bool]
) -> list[Observed]:
    """`rules` as observed; tags are read for those of which `unsure(arn)`, and as known for the others."""
    known = {o.id: o for o in scope.inventory.of_kind(ListenerRule.kind)}
    found = {arn: o.fields["tags"] for arn, o in known.items() if not unsure(arn)}
    found |= await elbv2_tags(scope, [r["RuleArn"] for r in rules if unsure(r["RuleArn"])])
    return [_named(rule, found.get(rule["RuleArn"], {}), known.get(rule["RuleArn"])) for rule in rules]


def _named(rule: Mapping[str, Any], found: Mapping[str, str], known: Observed | None) -> Observed:
    """A rule of ours whose name tag somebody changed keeps the name that we know it by."""
    ours = known is not None and known.owner is not None and known.owner == tags.mark_of(found)
    return observed(rule, found, known.name if ours and known else None)
