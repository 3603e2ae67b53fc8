"""Platforms in the states of docs/conditions.md: see `states`."""

from __future__ import annotations

from typing import Any

from tests.unit.controller.case import Case, item_of
from tests.unit.controller.held import PLATFORM, HeldPlatform, poc
from tests.unit.controller.story import START, STEP
from tests.unit.controller.stuck_states import NO_ANSWER
from tests.unit.controller.told import (
    BUILDING,
    DELETED,
    DOWN,
    LOST,
    MUTE,
    REPAIRED,
    SERVING,
    STUCK,
)  # fmt: skip

from modelpoc.api.conditions import Reason
from modelpoc.api.meta import FINALIZER
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.controller.findings import Finding, Goal
from modelpoc.controller.platform_status import base_url, platform_status, platform_summary
from modelpoc.controller.summary import Motion, Summary
from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.graph import Graph

# Platforms


class PlatformStory:
    """A platform's life, pass by pass."""

    def __init__(self) -> None:
        born = {"creationTimestamp": START, "finalizers": [FINALIZER], "generation": 1, "name": "default"}
        self.now = START
        self.platform = ModelPlatform.model_validate({"metadata": born, "spec": PLATFORM.spec})
        self.held = HeldPlatform(poc(), platform=self.platform)
        self.before = self.platform

    def see(self, found: Finding, whole: Summary | None = None) -> PlatformStory:
        self.now += STEP
        places = self.held.places()
        said = whole or platform_summary(found, self.platform.status, base_url(self.platform, places))
        status = platform_status(self.platform, found, said, places, self.held.inventory, 0, self.now)
        self.before = self.platform
        self.platform = self.platform.model_copy(update={"status": status})
        return self

    def passed(self, goal: Goal = Goal.RUN) -> PlatformStory:
        outcome = self.held.outcome(Graph() if goal is Goal.DELETE else None)
        return self.see(Finding(goal, self.platform.metadata.generation, outcome=outcome))

    def ready(self) -> PlatformStory:
        self.held.make()
        return self.passed()

    def meta(self, **update: Any) -> PlatformStory:
        meta = self.platform.metadata.model_copy(update=update)
        self.platform = self.platform.model_copy(update={"metadata": meta})
        return self

    def case(self, name: str, state: str) -> Case:
        return Case(f"platform-{name}", state, item_of(self.platform), self.before.status.conditions)


def _platform_creating() -> Case:
    return PlatformStory().passed().case("creating", BUILDING)


def _platform_changed() -> Case:
    """Another integration is due after a change of its spec: that is no repair."""
    story = PlatformStory().ready().meta(generation=2)
    story.held.inventory.deleted(*story.held.of_kind("Integration").key)
    return story.passed().case("changed", BUILDING)


def _platform_ready() -> Case:
    return PlatformStory().ready().case("ready", SERVING)


def _platform_repaired() -> Case:
    story = PlatformStory().ready()
    story.held.change("LoadBalancer", tags={})
    return story.passed().case("repaired", REPAIRED)


def _platform_down() -> Case:
    story = PlatformStory().ready()
    story.held.inventory.deleted(*story.held.of_kind("Integration").key)
    return story.passed().case("down", DOWN)


def _platform_denied() -> Case:
    story = PlatformStory()
    story.held.errors["Cluster"] = Stall("AccessDenied", "CreateCluster: not authorized (AccessDenied)")
    return story.passed().case("access-denied", STUCK)


def _platform_in_the_wrong_account() -> Case:
    error = Stall("WrongAccount", "these credentials belong to 999999999999, not 123456789012")
    return PlatformStory().see(Finding(Goal.RUN, 1, trouble=error)).case("wrong-account", STUCK)


def _platform_lost() -> Case:
    return PlatformStory().ready().see(Finding(Goal.RUN, 1, trouble=NO_ANSWER)).case("lost", LOST)


def _platform_mute() -> Case:
    return PlatformStory().see(Finding(Goal.RUN, 1, trouble=NO_ANSWER)).case("mute", MUTE)


def _platform_in_use() -> Case:
    story = PlatformStory().ready().meta(generation=2, deletion_timestamp=START + STEP)
    words = "2 POCs use it (default/a, default/b): delete them first"
    whole = Summary(Motion.PROGRESS, Reason.WAITING_FOR_POCS, words)
    return story.see(Finding(Goal.DELETE, 2), whole).case("in-use", DELETED)


def _platform_deleting() -> Case:
    story = PlatformStory().ready().meta(generation=2, deletion_timestamp=START + STEP)
    return story.passed(Goal.DELETE).case("deleting", DELETED)


OF_PLATFORMS = (
    _platform_creating,
    _platform_changed,
    _platform_ready,
    _platform_repaired,
    _platform_down,
    _platform_denied,
    _platform_in_the_wrong_account,
    _platform_lost,
    _platform_mute,
    _platform_in_use,
    _platform_deleting,
)
