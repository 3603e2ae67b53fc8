"""What of a plan runs the model: the one place that tells the runtimes apart. Pure."""

from __future__ import annotations

from modelpoc.reconcile.errors import AnswerLost, CloudError, Retry
from modelpoc.reconcile.outcome import Outcome
from modelpoc.reconcile.plan import WRITES, Plan, Step, Verb
from modelpoc.reconcile.resource import UNKNOWN, Phase

RUNS = {"Service": "task_definition", "Endpoint": "config_name"}
"""Kinds that run a model, and the field that names the revision."""
MADE_OF = frozenset({"TaskDefinition", "Model", "EndpointConfig"})
"""Kinds of which a new one is a new revision."""
GIVEN_UP = frozenset({*RUNS, "Function"})
"""Kinds of which AWS gives up on a change and does not try it again."""


def running(plan: Plan) -> Step | None:
    """What shall run the model; None when nothing shall."""
    return next((s for s in plan.steps if s.kind in RUNS and s.want), None)


def revision_of(id: str | None) -> str | None:
    """`family:7` of a task definition's ARN; the name of an endpoint configuration as it is."""
    return id.rpartition("/")[2] if id else None


def serving(plan: Plan) -> str | None:
    """The revision that answers; while another runtime takes over, that of the one before it."""
    found = (_serving(s) for s in _all(plan))
    return next((revision for revision in found if revision), None)


def _all(plan: Plan) -> list[Step]:
    """What shall run first, then what is still there of another runtime."""
    return sorted((s for s in plan.steps if s.kind in RUNS), key=lambda s: s.want is None)


def _serving(step: Step) -> str | None:
    if step.have is None or step.have.state.phase is Phase.GOING:
        return None
    return revision_of(step.have.attrs.get("serving"))


def wanted(step: Step) -> str | None:
    """The revision that `step` asks for; None when that is not known yet."""
    revision = getattr(step.want, RUNS[step.kind], None)
    return None if revision is UNKNOWN else revision_of(revision)


def new_revision(plan: Plan) -> bool:
    """Whether a revision is to serve that does not yet: another image, another artifact or secret."""
    if any(s.kind in MADE_OF and s.verb is Verb.CREATE for s in plan.steps):
        return True
    step = running(plan)
    if step is None or step.have is None:
        return False
    field = RUNS[step.kind]
    if any(change.field == field for change in step.changes):
        return True
    serves = step.have.attrs.get("serving")
    return serves is not None and serves != step.have.fields.get(field)


def untried(outcome: Outcome) -> bool:
    """Whether what shall run the model is still to be begun: AWS was at other work on it, or in trouble."""
    if any(s.kind in RUNS and s.verb in WRITES for s in outcome.done):
        return False
    step = running(outcome.plan)
    if step is None:
        return False
    if any(refused(outcome.errors.get(s.key)) for s in outcome.plan.steps if s.kind in GIVEN_UP and s.want):
        return True
    if step.verb is not Verb.UPDATE:
        return step.verb in WRITES
    return any(change.field == RUNS[step.kind] for change in step.changes)


_ASIDE = frozenset(
    {"tags", "propagate_tags", "desired_count", "deregistration_delay", "task_definition", "container_name"}
)
_BEARS = frozenset({"Service", "TargetGroup", "Alarm"})
"""Kinds that say whether a revision comes up without being part of one: how long a start may take, where its
health is asked, which alarm undoes it."""


def bears_on_rollout(plan: Plan) -> bool:
    """Whether something changes that makes no other revision, but may let one come up that did not."""
    updates = (s for s in plan.of(Verb.UPDATE) if s.kind in _BEARS)
    return any(change.field not in _ASIDE for step in updates for change in step.changes)


def refused(error: CloudError | None) -> bool:
    """Whether AWS did not do it for now, as far as is known: it is looked at before it is written again."""
    return isinstance(error, Retry) and not isinstance(error, AnswerLost)


def asleep(plan: Plan) -> bool:
    """Whether nothing is asked to run just now: only a schedule does that."""
    step = running(plan)
    return bool(step and step.have and step.have.fields.get("desired_count") == 0)
