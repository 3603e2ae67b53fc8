"""Operations on listener rules."""

from __future__ import annotations

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.elbv2 import tagging
from localcloud.aws.elbv2.base import LARGEST_RULES, Answer, Elbv2Base, Request
from localcloud.aws.elbv2.check_actions import checked_actions
from localcloud.aws.elbv2.check_conditions import checked_conditions
from localcloud.aws.elbv2.check_transforms import checked_transforms
from localcloud.aws.elbv2.paging import page
from localcloud.aws.elbv2.state import Listener, Rule, groups_of

HIGHEST_PRIORITY = 50000


class RuleOperations(Elbv2Base):
    """Create, describe, change, reorder and delete rules."""

    async def CreateRule(self, call: Call, request: Request) -> Answer:
        """A rule at a free priority of its listener."""
        listener = self.store.listener(request["ListenerArn"])
        balancer = self.store.balancer(listener.load_balancer_arn)
        priority = _checked_priority(request["Priority"])
        conditions = checked_conditions(request["Conditions"])
        actions = checked_actions(request["Actions"])
        transforms = checked_transforms(request.get("Transforms") or [])
        tags = tagging.tags_of(request.get("Tags"))
        if any(rule.priority == priority for rule in listener.rules.values()):
            raise _in_use(priority)
        if sum(len(other.rules) for other in balancer.listeners.values()) >= LARGEST_RULES:
            raise AwsError(
                "TooManyRules", "The maximum number of rules on the load balancer has been reached"
            )
        self.check_use(balancer, set(), groups_of(actions))
        arn = self.store.new_arn("listener-rule", listener.arn.rsplit(":listener/", 1)[1])
        rule = Rule(arn, listener.arn, priority, conditions, actions, transforms, tags)
        listener.rules[arn] = self.store.rules[arn] = rule
        listener.changed()
        self.use_changed(rule.groups())
        return {"Rules": [rule.wire()]}

    async def DescribeRules(self, call: Call, request: Request) -> Answer:
        """Rules of one listener in the order of their priority, the default one last; or rules by ARN."""
        arns, listener_arn = request.get("RuleArns") or [], request.get("ListenerArn")
        if bool(arns) == bool(listener_arn):
            raise AwsError("ValidationError", "You must specify either listener rule ARNs or a listener ARN")
        if listener_arn:
            found = self.store.listener(listener_arn).ordered()
        else:
            found = [rule for arn, rule in self.store.rules.items() if arn in arns]
            if len(found) != len(set(arns)):
                raise AwsError("RuleNotFound", "One or more rules not found")
        shown, more = page(found, request)
        return {"Rules": [rule.wire() for rule in shown], **more}

    async def ModifyRule(self, call: Call, request: Request) -> Answer:
        """Replaces what is given; an empty list leaves things as they are, `ResetTransforms` clears."""
        rule = self._changeable(request["RuleArn"], "modified")
        listener = self.store.listener(rule.listener_arn)
        reset = bool(request.get("ResetTransforms"))
        if reset and request.get("Transforms"):
            raise AwsError("ValidationError", "You cannot specify both 'Transforms' and 'ResetTransforms'")
        if not (request.get("Conditions") or request.get("Actions") or request.get("Transforms") or reset):
            raise AwsError("ValidationError", "Either conditions or actions must be specified")
        conditions = (
            checked_conditions(request["Conditions"]) if request.get("Conditions") else rule.conditions
        )
        actions = checked_actions(request["Actions"]) if request.get("Actions") else rule.actions
        given = request.get("Transforms")
        transforms = checked_transforms(given) if given else [] if reset else rule.transforms
        before, after = rule.groups(), groups_of(actions)
        self.check_use(self.store.balancer(listener.load_balancer_arn), before, after)
        rule.conditions, rule.actions, rule.transforms = conditions, actions, transforms
        listener.changed()
        self.use_changed(before ^ after)
        return {"Rules": [rule.wire()]}

    async def DeleteRule(self, call: Call, request: Request) -> Answer:
        """Takes a rule away."""
        rule = self._changeable(request["RuleArn"], "deleted")
        listener = self.store.listener(rule.listener_arn)
        del listener.rules[rule.arn]
        del self.store.rules[rule.arn]
        listener.changed()
        self.use_changed(rule.groups())
        return {}

    async def SetRulePriorities(self, call: Call, request: Request) -> Answer:
        """Moves rules to other priorities, all of them or none."""
        wanted = self._wanted(request["RulePriorities"])
        for listener in {id(found): found for found, _, _ in wanted}.values():
            _check_priorities(listener, {rule.arn: p for _, rule, p in wanted})
        for listener, rule, priority in wanted:
            rule.priority = priority
            listener.changed()
        return {"Rules": [rule.wire() for _, rule, _ in wanted]}

    def _wanted(self, pairs: list[Request]) -> list[tuple[Listener, Rule, int]]:
        priorities = [pair["Priority"] for pair in pairs]
        for priority in priorities:
            _checked_priority(priority)
            if priorities.count(priority) > 1:
                raise AwsError("ValidationError", f"Priority '{priority}' was provided multiple times")
        rules = [self._changeable(pair["RuleArn"], "modified") for pair in pairs]
        return [(self.store.listener(r.listener_arn), r, p) for r, p in zip(rules, priorities, strict=True)]

    def _changeable(self, arn: str, verb: str) -> Rule:
        rule = self.store.rule(arn)
        if rule.priority is None:
            raise AwsError("OperationNotPermitted", f"Default rule '{arn}' cannot be {verb}")
        return rule


def _check_priorities(listener: Listener, wanted: dict[str, int]) -> None:
    taken = {rule.priority for rule in listener.rules.values() if rule.arn not in wanted}
    for priority in wanted.values():
        if priority in taken:
            raise _in_use(priority)


def _checked_priority(priority: int) -> int:
    if not 1 <= priority <= HIGHEST_PRIORITY:
        raise AwsError(
            "ValidationError", f"Priority '{priority}' must be between '1-{HIGHEST_PRIORITY}' inclusive"
        )
    return priority


def _in_use(priority: int) -> AwsError:
    return AwsError("PriorityInUse", f"Priority '{priority}' is currently in use")
