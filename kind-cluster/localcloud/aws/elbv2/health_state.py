"""How a target's health follows from its checks. Pure.

Source: "Health checks for your target groups" of the Application Load Balancer user guide: a new target
needs one passed check to be healthy; later the two thresholds count consecutive checks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Health:
    """State, and AWS's reason and words for it; how many checks in a row went either way."""

    state: str
    reason: str | None = None
    description: str | None = None
    passed: int = 0
    failed: int = 0

    def wire(self) -> dict[str, str]:
        """As DescribeTargetHealth shows it: a healthy target has no reason."""
        shown = {"State": self.state, "Reason": self.reason, "Description": self.description}
        return {key: value for key, value in shown.items() if value is not None}


@dataclass(frozen=True)
class Outcome:
    """What one check found: nothing wrong, or AWS's reason and words."""

    reason: str | None = None
    description: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the target answered as asked."""
        return self.reason is None


UNUSED = Health(
    "unused",
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
)
NOT_REGISTERED = Health("unused", "Target.NotRegistered", "Target is not registered to the target group")
REGISTERING = Health("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
CHECKING = Health("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
DRAINING = Health("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
UNCHECKED = Health("healthy")


def after_check(health: Health, outcome: Outcome, healthy_after: int, unhealthy_after: int) -> Health:
    """The health after one more check; thresholds are counts of consecutive checks."""
    if outcome.passed:
        counted = replace(health, passed=health.passed + 1, failed=0)
        needed = 1 if health.state == "initial" else healthy_after
        if health.state != "healthy" and counted.passed < needed:
            return counted
        return Health("healthy", passed=counted.passed)
    counted = replace(health, passed=0, failed=health.failed + 1)
    if health.state != "unhealthy" and counted.failed < unhealthy_after:
        return replace(CHECKING, failed=counted.failed) if health.state == "initial" else counted
    return Health("unhealthy", outcome.reason, outcome.description, failed=counted.failed)


def matches(matcher: str, status: int) -> bool:
    """Whether a status is among a matcher's codes: `200`, `200,202` or `200-299`."""
    for part in matcher.split(","):
        low, _, high = part.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False
