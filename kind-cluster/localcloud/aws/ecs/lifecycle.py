"""The life of one task: from PROVISIONING to STOPPED.

States: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import timedelta

from localcloud.aws.ecs import probes, secret_values, surroundings
from localcloud.aws.ecs.arns import hex_id
from localcloud.aws.ecs.machine import Machine
from localcloud.aws.ecs.records import Container, Task
from localcloud.aws.ecs.starting import starting
from localcloud.runtime import container as running
from localcloud.runtime.errors import CannotPullContainer, RuntimeFault
from localcloud.runtime.shipping import Sink

_log = logging.getLogger(__name__)
_DEPROVISIONING = 5.0  # AWS seconds
_STOP_FLOOR = 3.0  # real seconds: however fast AWS's time passes, a process needs its own to end
_LAST_WORDS = 2.0  # real seconds for the output of tasks that are killed with their cloud
_DRAIN_LOOK = 1.0  # AWS seconds between looks at a target that drains
_DRAINED = ("gone", "unused")

Changed = Callable[[Task, str], None]  # told what happened: "status", "registered", "draining", …


class Lifecycle:
    """Runs one task. `changed` is told of every step; `run` returns when the task is STOPPED."""

    def __init__(self, machine: Machine, task: Task, changed: Changed) -> None:
        self._machine = machine
        self._clock = machine.cloud.clock
        self._task = task
        self._tell = changed
        self._containers: list[tuple[Container, running.Container]] = []
        self._sinks: dict[str, Sink] = {}
        self._probes: list[asyncio.Task[None]] = []
        self._token: str | None = None

    async def run(self) -> None:
        """The whole life; cancelling it kills what runs and leaves the task as it is."""
        try:
            await self._until_it_ends()
            await self._take_down()
        except asyncio.CancelledError:
            await self._kill()
            raise
        finally:
            self._release()

    async def _until_it_ends(self) -> None:
        """Lives until an essential container exits, a start fails, or someone asks for the end."""
        living = asyncio.create_task(self._live())
        asked = asyncio.create_task(self._task.stop_asked.wait())
        try:
            await asyncio.wait({living, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            living.cancel()
            await asyncio.gather(living, asked, return_exceptions=True)
        if not living.cancelled() and living.exception() is not None:
            self._failed_to_start(living.exception())

    async def _live(self) -> None:
        await self._provision()
        await self._pull()
        await self._activate()
        self._watch_health()
        await self._essential_exit()

    async def _provision(self) -> None:
        """An address of its own, in the time that AWS takes for a network interface."""
        await self._clock.sleep(self._machine.cloud.config.durations.task_provisioning)
        ports = [m["containerPort"] for c in self._task.containers for m in c.document["portMappings"]]
        self._task.address = self._machine.addresses.take(ports)
        self._move("PENDING")

    async def _pull(self) -> None:
        """Secrets, log streams and images; whatever is missing ends the task when AWS would say so."""
        self._task.pull_started_at = self._clock.now()
        try:
            for record in self._task.containers:
                await self._prepare(record)
        except CannotPullContainer:
            await self._sleep_since_creation(self._machine.cloud.config.durations.pull_failure)
            raise
        finally:
            self._task.pull_stopped_at = self._clock.now()
        await self._clock.sleep(self._machine.cloud.config.durations.task_pending)

    async def _prepare(self, record: Container) -> None:
        agent = surroundings.agent(self._machine, self._task)
        secrets = await secret_values.resolve(record.document.get("secrets") or [], agent)
        sink = surroundings.sink(self._machine, self._task, record)
        await sink.open()
        self._sinks[record.name] = sink
        launch = surroundings.launch(self._machine, self._task, record, {**self._credentials(), **secrets})
        try:
            container = await self._machine.container(record.image, launch, sink.append)
        except RuntimeFault as fault:
            record.reason = str(fault)
            raise
        record.digest = container.digest
        self._containers.append((record, container))

    async def _activate(self) -> None:
        """Starts the containers and registers the task where it is to be reached."""
        for record, container in self._containers:
            try:
                await container.start()
            except RuntimeFault as fault:
                record.reason = str(fault)
                raise
            record.runtime_id = f"{self._task.id}-{hex_id(10)}"
            record.status = "RUNNING"
        self._move("ACTIVATING")
        self._register()
        self._task.started_at = self._clock.now()
        self._move("RUNNING")

    def _register(self) -> None:
        assert self._task.address is not None
        for arn, port in self._task.target_groups:
            self._machine.targets.register(arn, self._task.address, port)
        self._task.registered = bool(self._task.target_groups)
        if self._task.registered:
            self._tell(self._task, "registered")

    def _watch_health(self) -> None:
        for record, container in self._containers:
            if record.document.get("healthCheck"):
                watching = probes.watch(
                    record, container, self._clock, self._starting, lambda: self._tell(self._task, "health")
                )
                self._probes.append(asyncio.create_task(watching))

    def _starting(self, allowance: float) -> bool:
        return starting(self._clock, self._machine.targets, self._task, allowance)

    async def _essential_exit(self) -> None:
        waits = {
            asyncio.create_task(self._exit_of(record, container))
            for record, container in self._containers
            if record.document["essential"]
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._task.ask_stop("EssentialContainerExited", "Essential container in task exited")

    async def _exit_of(self, record: Container, container: running.Container) -> None:
        record.exit_code = await container.wait()
        record.status = "STOPPED"

    def _failed_to_start(self, error: BaseException | None) -> None:
        """A fault of a container stands on the container, one of a resource on the task, as on Fargate."""
        if not isinstance(error, RuntimeFault):
            _log.error("task %s failed", self._task.arn, exc_info=error)
        on_container = any(record.reason for record in self._task.containers)
        self._task.ask_stop("TaskFailedToStart", "Task failed to start" if on_container else str(error))

    async def _take_down(self) -> None:
        """Out of the target groups, then SIGTERM, then away: no request is lost to a task that ends."""
        self._task.stopping_at = self._clock.now()
        for probe in self._probes:
            probe.cancel()
        if self._task.registered:
            self._move("DEACTIVATING")
            await self._drain()
        self._move("STOPPING")
        await asyncio.gather(*(self._stop(record, made) for record, made in self._containers))
        self._task.execution_stopped_at = self._clock.now()
        await asyncio.gather(*(sink.close() for sink in self._sinks.values()))
        self._move("DEPROVISIONING")
        await self._clock.sleep(_DEPROVISIONING)
        for record in self._task.containers:
            record.status = "STOPPED"
        self._release()
        self._task.stopped_at = self._clock.now()
        self._move("STOPPED")

    async def _drain(self) -> None:
        """Deregisters; a task whose process is there still waits until its targets have drained."""
        address = self._task.address or ""
        for arn, port in self._task.target_groups:
            self._machine.targets.deregister(arn, address, port)
        self._tell(self._task, "draining")
        alive = self._task.stop_code != "EssentialContainerExited"
        while alive and any(not self._drained(arn, address, port) for arn, port in self._task.target_groups):
            await self._clock.sleep(_DRAIN_LOOK)

    def _drained(self, arn: str, address: str, port: int) -> bool:
        return self._machine.targets.target_state(arn, address, port) in _DRAINED

    async def _stop(self, record: Container, container: running.Container) -> None:
        if record.runtime_id is None:
            return
        default = self._machine.cloud.config.durations.task_stop_timeout
        grace = self._clock.seconds(record.document.get("stopTimeout") or default)
        record.exit_code = await container.stop(max(grace, _STOP_FLOOR))
        record.status = "STOPPED"

    async def _kill(self) -> None:
        for probe in self._probes:
            probe.cancel()
        started = [container for record, container in self._containers if record.runtime_id]
        await asyncio.gather(*(container.stop(0) for container in started), return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):
                await self._last_words()

    async def _last_words(self) -> None:
        ends = (sink.close() for sink in self._sinks.values())
        await asyncio.gather(*ends, *self._probes, return_exceptions=True)

    def _release(self) -> None:
        """Address and credentials go back; done twice is as good as once."""
        if self._task.address is not None and self._task.status != "STOPPED":
            self._machine.addresses.give_back(self._task.address)
        if self._token is not None:
            self._machine.cloud.credentials.revoke(self._token)
            self._token = None

    def _move(self, status: str) -> None:
        self._task.status = status
        self._task.version += 1
        self._tell(self._task, "status")

    def _credentials(self) -> dict[str, str]:
        """Where the SDK finds the credentials of the task's role."""
        role = self._task.definition.document.get("taskRoleArn")
        if not role:
            return {}
        cloud = self._machine.cloud
        self._token = self._token or cloud.credentials.issue(role, self._task.id)
        url = f"{cloud.endpoint_url}/_local/credentials/{self._token}"
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url}

    async def _sleep_since_creation(self, aws_seconds: float) -> None:
        due = self._task.created_at + timedelta(seconds=self._clock.seconds(aws_seconds))
        rest = (due - self._clock.now()).total_seconds()
        with contextlib.suppress(ValueError):
            await self._clock.sleep(max(rest, 0) * self._clock.scale)
