"""A POC's life, told pass by pass: each pass is a Finding as the operator makes it, put into status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.unit.controller.held import PLATFORM, Held, HeldEndpoint, place_of, poc

from modelpoc.api.ecs import PLACEHOLDER
from modelpoc.api.meta import FINALIZER
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller.findings import Answer, Finding, Goal, Probed
from modelpoc.controller.poc_status import poc_status
from modelpoc.desired.allow import Fleet, refusals
from modelpoc.desired.cost import cost_of
from modelpoc.desired.life import lifetime
from modelpoc.desired.routes import urls_of
from modelpoc.desired.sagemaker import archive_of
from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.graph import Graph

START = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
STEP = timedelta(minutes=1)
GOOD, WAITING = Probed(Answer.GOOD), Probed(Answer.WAITING, "GET …/health answered 503: asked again")
BAD = Probed(Answer.BAD, "GET …/health answered 404: see the container's logs, and healthCheck.path and port")


class Story:
    """One POC. Each pass is a minute after the one before; `change` and `delete` are done by people."""

    def __init__(self, name: str = "echo", platform: ModelPlatform = PLATFORM, **spec: Any) -> None:
        self.now, self.spec, self.platform = START, spec, platform
        meta = {"creationTimestamp": START, "finalizers": [FINALIZER]}
        self.held = Held(poc(name, metadata=meta, **spec))
        self.before: ModelPOC = self.poc
        self.found: Finding | None = None
        """Of the last pass; None when people came after it."""

    @property
    def poc(self) -> ModelPOC:
        return self.held.poc

    def change(self, **spec: Any) -> Story:
        """Another spec, and so another generation; None: without that field."""
        self.spec = {k: v for k, v in {**self.spec, **spec}.items() if v is not None}
        meta = self.poc.metadata
        new = poc(meta.name, **self.spec).spec
        return self._put(
            metadata=meta.model_copy(update={"generation": meta.generation + 1}),
            spec=new,
            status=self.poc.status,
        )

    def delete(self) -> Story:
        """kubectl delete: the API server raises the generation too."""
        meta = self.poc.metadata
        gone = {"deletion_timestamp": self.now, "generation": meta.generation + 1}
        return self._put(metadata=meta.model_copy(update=gone), spec=self.poc.spec, status=self.poc.status)

    def _put(self, **parts: Any) -> Story:
        self.before, self.found = self.poc, None
        self.held.poc = self.poc.model_copy(update=parts)
        return self

    # passes

    def see(self, found: Finding) -> Story:
        """One pass: the status that it writes."""
        self.now += STEP
        status = poc_status(self.poc, found, self.now)
        self._put(status=status)
        self.found = found
        return self

    def base(self, goal: Goal = Goal.RUN) -> Finding:
        ecs, place = self.poc.spec.ecs, place_of(self.poc)
        return Finding(
            goal,
            urls=urls_of(self.poc, self.platform, place.api) if goal in (Goal.RUN, Goal.OBSERVE) else None,
            placement=place.recorded() if goal is Goal.RUN else None,
            lived=lifetime(self.poc, self.platform, self.now) if goal is not Goal.DELETE else None,
            placeholder=ecs is not None and ecs.image == PLACEHOLDER,
            cost=cost_of(self.poc),
            artifact=archive_of(self.poc, self.platform) or None,
        )

    def passed(self, probed: Probed = Probed(), goal: Goal = Goal.RUN) -> Story:  # noqa: B008
        """A pass that saw AWS as it is now."""
        outcome = self.held.outcome(self.graph(goal))
        asked = probed if outcome.settled and goal is Goal.RUN else Probed()
        foreseen = outcome.plan if goal is Goal.OBSERVE else None
        return self.see(replace(self.base(goal), outcome=outcome, foreseen=foreseen, probed=asked))

    def graph(self, goal: Goal) -> Graph:
        if goal is Goal.DELETE:
            return Graph()
        return self.held.resting() if goal in (Goal.SUSPEND, Goal.EXPIRE) else self.held.running()

    def failed(self, error: CloudError, goal: Goal = Goal.RUN) -> Story:
        """A pass that could not be made at all."""
        return self.see(replace(self.base(goal), trouble=error))

    def refused(self, fleet: Fleet = Fleet()) -> Story:  # noqa: B008
        """A pass that ended with what the platform says against it."""
        said = refusals(self.poc, self.platform, fleet, self.held.kube_secrets)
        assert said, "nothing is refused"
        return self.see(replace(self.base(), refusals=said, urls=None, placement=None))

    # stretches of life

    def ready(self) -> Story:
        """Made, steady, asked."""
        self.held.give()
        self.held.make()
        return self.passed(GOOD)

    def during(self, do: Callable[[Held], object]) -> Story:
        """Something happens in AWS."""
        do(self.held)
        return self

    def at_endpoint(self, do: Callable[[HeldEndpoint], object]) -> Story:
        """Something happens to what a SageMaker POC is made of."""
        do(HeldEndpoint(self.held))
        return self
