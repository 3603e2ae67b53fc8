"""The service scheduler: keeps each service at what it asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from localcloud.aws.ecs import deployments, rollout
from localcloud.aws.ecs.assuming import CannotAssume
from localcloud.aws.ecs.events import say, task_list
from localcloud.aws.ecs.machine import Machine
from localcloud.aws.ecs.records import Deployment, Service, Task
from localcloud.aws.ecs.starting import starting
from localcloud.aws.ecs.targets import states

_SETTLED = 10.0  # AWS seconds that a task without any check must have run to count as healthy
_SETTLED_FLOOR = 1.0  # real seconds of the same: a process that crashes does so in its own time
_FAILED_SHOWN = 60.0  # AWS seconds
_IDLE = 3  # a service in steady state is looked at so many times less often
_FAILURES = ("TaskFailedToStart", "EssentialContainerExited")

StartTask = Callable[[Service, Deployment], Task]


class ServiceScheduler:
    """Looks after one service until it is INACTIVE."""

    def __init__(self, machine: Machine, service: Service, start_task: StartTask) -> None:
        self._machine = machine
        self._clock = machine.cloud.clock
        self._service = service
        self._start_task = start_task
        self._counted: set[str] = set()  # tasks whose end was taken note of

    async def run(self) -> None:
        """One look after the other, at AWS's pace or as soon as something changed."""
        while self._service.status != "INACTIVE":
            self.look()
            await self._nap()

    def look(self) -> None:
        """One step towards what the service asks for."""
        now = self._clock.now()
        self._count_ends(now)
        if self._service.status == "DRAINING":
            self._drain()
            return
        self._replace_unhealthy(now)
        if deployments.tripped(self._service):
            deployments.fail(self._service, now)
        self._take_step(now)
        self._settle(now)

    def healthy(self, task: Task) -> bool:
        """Whether the task counts for the service: running, well by all of its checks."""
        if task.status != "RUNNING" or task.desired != "RUNNING":
            return False
        if task.has_health_check and task.health != "HEALTHY":
            return False
        reached = [state == "healthy" for _, state in states(self._machine.targets, task)]
        return all(reached) and bool(reached or task.has_health_check or self._ran_long_enough(task))

    async def _nap(self) -> None:
        pause = self._machine.cloud.config.durations.service_tick * (_IDLE if self._service.steady else 1)
        pace = asyncio.create_task(self._clock.sleep(pause))
        changed = asyncio.create_task(self._service.changed.wait())
        try:
            await asyncio.wait({pace, changed}, return_when=asyncio.FIRST_COMPLETED)
            self._service.changed.clear()
        finally:
            pace.cancel()
            changed.cancel()

    def _count_ends(self, now: datetime) -> None:
        """Takes note, once each, of tasks that failed or got healthy."""
        for task in self._service.tasks:
            owner = self._deployment_of(task)
            if owner is None or task.id in self._counted:
                continue
            if task.desired == "STOPPED":
                self._counted.add(task.id)
                self._note_end(owner, task, now)
            elif not task.seen_healthy and self.healthy(task):
                task.seen_healthy = True
                deployments.note_healthy(self._service, owner)

    def _note_end(self, owner: Deployment, task: Task, now: datetime) -> None:
        failed_check = (task.stopped_reason or "").startswith("Task failed ")
        if task.stop_code not in _FAILURES and not failed_check:
            return
        self._service.steady = False
        owner.updated_at = now
        if owner.rollout_state == "IN_PROGRESS":
            owner.failed_tasks += 1
            owner.history.failures = owner.failed_tasks
        if task.started_at is None:
            self._back_off(owner, task, now)

    def _back_off(self, owner: Deployment, task: Task, now: datetime) -> None:
        """A task that never ran: the next one waits longer."""
        self._wait_longer(owner, now)
        reasons = [c.reason for c in task.containers if c.reason] or [task.stopped_reason or "unknown"]
        say(self._service, now, f"was unable to place a task. Reason: {reasons[0]}")
        if owner.start_failures >= 3:
            say(self._service, now, "is unable to consistently start tasks successfully")

    def _wait_longer(self, owner: Deployment, now: datetime) -> None:
        owner.start_failures += 1
        wait = self._clock.seconds(rollout.backoff(owner.start_failures))
        owner.not_before = now + timedelta(seconds=wait)

    def _replace_unhealthy(self, now: datetime) -> None:
        for task in self._service.tasks:
            if task.status == "RUNNING" and task.desired == "RUNNING" and self._past_grace(task):
                self._stop_if_unhealthy(task, now)

    def _stop_if_unhealthy(self, task: Task, now: datetime) -> None:
        ill = [arn for arn, state in states(self._machine.targets, task) if state == "unhealthy"]
        if ill:
            port = dict(task.target_groups)[ill[0]]
            reason = (
                f"(port {port}) is unhealthy in (target-group {ill[0]}) due to (reason Health checks failed)"
            )
            say(self._service, now, f"(task {task.id}) {reason}")
            self._stop(task, f"Task failed ELB health checks in (target-group {ill[0]})", now)
        elif task.health == "UNHEALTHY":
            say(self._service, now, f"(task {task.id}) failed container health checks")
            self._stop(task, "Task failed container health checks", now)

    def _stop(self, task: Task, reason: str, now: datetime) -> None:
        task.ask_stop("ServiceSchedulerInitiated", reason)
        self._count_ends(now)

    def _take_step(self, now: datetime) -> None:
        primary = self._service.primary
        active = [task for task in self._service.tasks if task.desired == "RUNNING"]
        seen = [rollout.Seen(t.id, t.deployment == primary.id, self.healthy(t)) for t in active]
        step = rollout.step(seen, self._bounds(), self._may_start(primary, now))
        started = self._start(primary, step.start, now)
        if started:
            say(self._service, now, f"has started {len(started)} tasks: {task_list(started)}")
        self._scale_in([task for task in active if task.id in step.stop], now)

    def _start(self, primary: Deployment, count: int, now: datetime) -> list[str]:
        """The ids of new tasks; none where ECS cannot take on their roles."""
        try:
            return [self._start_task(self._service, primary).id for _ in range(count)]
        except CannotAssume as refused:
            self._service.steady = False
            primary.updated_at = now
            if primary.rollout_state == "IN_PROGRESS":
                primary.failed_tasks += 1
                primary.history.failures = primary.failed_tasks
            self._wait_longer(primary, now)
            say(self._service, now, f"failed to launch a task with (error {refused})")
            return []

    def _scale_in(self, tasks: list[Task], now: datetime) -> None:
        for task in tasks:
            reason = f"Scaling activity initiated by (deployment {self._service.primary.id})"
            task.ask_stop("ServiceSchedulerInitiated", reason)
        if tasks:
            ids = [task.id for task in tasks]
            say(self._service, now, f"has stopped {len(ids)} running tasks: {task_list(ids)}")

    def _bounds(self) -> rollout.Bounds:
        configuration = self._service.configuration
        return rollout.Bounds.of(
            self._service.desired, configuration["minimumHealthyPercent"], configuration["maximumPercent"]
        )

    def _may_start(self, primary: Deployment, now: datetime) -> bool:
        """Not in a deployment that failed, and not before the back-off has passed."""
        waiting = primary.not_before is not None and now < primary.not_before
        return primary.rollout_state != "FAILED" and not waiting

    def _settle(self, now: datetime) -> None:
        """Forgets deployments without tasks; notes when the service has got to where it should be."""
        service = self._service
        left = {task.deployment for task in service.tasks if task.status != "STOPPED"}
        service.deployments = [
            d
            for d in service.deployments
            if d is service.primary or d.id in left or self._still_shown(d, now)
        ]
        wanted = [t for t in service.tasks if t.deployment == service.primary.id and self.healthy(t)]
        arrived = len(service.deployments) == 1 and len(wanted) == service.desired
        if arrived and service.primary.rollout_state == "IN_PROGRESS":
            deployments.complete(service, now)
        if arrived and not service.steady:
            say(service, now, "has reached a steady state")
        service.steady = arrived

    def _still_shown(self, deployment: Deployment, now: datetime) -> bool:
        """AWS shows a failed deployment for a minute or two after it went back to the one before."""
        age = (now - deployment.updated_at).total_seconds()
        return deployment.rollout_state == "FAILED" and age < self._clock.seconds(_FAILED_SHOWN)

    def _drain(self) -> None:
        """A service that is being deleted: INACTIVE once its last task has stopped."""
        for task in self._service.tasks:
            task.ask_stop("ServiceSchedulerInitiated", "Service is being deleted")
        if all(task.status == "STOPPED" for task in self._service.tasks):
            self._service.status = "INACTIVE"
            self._service.deployments = []

    def _deployment_of(self, task: Task) -> Deployment | None:
        return next((d for d in self._service.deployments if d.id == task.deployment), None)

    def _ran_long_enough(self, task: Task) -> bool:
        least = max(self._clock.seconds(_SETTLED), _SETTLED_FLOOR)
        return task.started_at is not None and (self._clock.now() - task.started_at).total_seconds() >= least

    def _past_grace(self, task: Task) -> bool:
        grace = self._service.options.get("healthCheckGracePeriodSeconds") or 0
        return not starting(self._clock, self._machine.targets, task, grace)
