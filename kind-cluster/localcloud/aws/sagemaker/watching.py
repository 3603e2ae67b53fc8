"""Keeps metrics in CloudWatch and its alarms true, as long as there is something to tell."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.aws.sagemaker import alarms, metrics
from localcloud.aws.sagemaker.base import SageMakerBase
from localcloud.aws.sagemaker.capture import Capture
from localcloud.aws.sagemaker.metrics import Samples
from localcloud.aws.sagemaker.records import Document

if TYPE_CHECKING:
    from localcloud.context import CloudContext

_log = logging.getLogger(__name__)
_EVERY = 15.0  # AWS seconds between looks
_EVERY_FLOOR = 0.2  # real seconds of the same
_PERIOD_FLOOR = 1.0  # real seconds: a period shorter than that holds too few requests to say anything
_LAST_WORDS = 2.0  # real seconds for what is left when the cloud stops
_BATCH = 500  # metric data in one call


class Watching(SageMakerBase):
    """Samples in, metrics and the states of alarms out. Silent while nothing is invoked or deployed."""

    def __init__(self, cloud: CloudContext) -> None:
        super().__init__(cloud)
        self.samples = Samples()
        self.capture = Capture()
        self._horizon = 0.0  # until when (as samples have it) alarms may still change by themselves

    async def start(self) -> None:
        """Begins to look."""
        self.keep(self._watch(), "sagemaker metrics")

    async def stop(self) -> None:
        """Hands over what is left, then ends what is under way."""
        with contextlib.suppress(ClientError, BotoCoreError, TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):
                await self._send()
                await self.capture.write(self.machine.acting, self.now())
        await super().stop()

    async def alarm_states(self, names: Collection[str]) -> dict[str, str]:
        """The states of alarms by name, evaluated now; those that are not there are left out."""
        states: dict[str, str] = {}
        for alarm in await self._described(AlarmNames=sorted(names)):
            states[alarm["AlarmName"]] = await self._true(alarm)
        return states

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(max(self.cloud.clock.seconds(_EVERY), _EVERY_FLOOR))
            await self.cloud.clock.sleep(0)
            try:
                await self._send()
                await self.capture.write(self.machine.acting, self.now())
                await self._judge()
            except (ClientError, BotoCoreError) as error:
                _log.warning("metrics and alarms of endpoints: %s", error)

    async def _send(self) -> None:
        data = self.samples.unsent()
        for start in range(0, len(data), _BATCH):
            part = data[start : start + _BATCH]
            await self.machine.ask(
                "cloudwatch", "put_metric_data", Namespace=metrics.NAMESPACE, MetricData=part
            )

    async def _judge(self) -> None:
        """All alarms, as long as samples are young enough to be in one of their windows."""
        if self.samples.last < metrics.now() - max(self._horizon, _PERIOD_FLOOR):
            return
        horizon = 0.0
        for alarm in await self._described():
            horizon = max(horizon, self._period(alarm) * (alarm["EvaluationPeriods"] + 1))
            await self._true(alarm)
        self._horizon = horizon

    async def _described(self, **which: Any) -> list[Document]:
        found: list[Document] = []
        token: dict[str, str] = {}
        while True:
            page = await self.machine.ask("cloudwatch", "describe_alarms", **which, **token)
            found += page.get("MetricAlarms") or []
            if not page.get("NextToken"):
                return [alarm for alarm in found if which or alarms.judged(alarm)]
            token = {"NextToken": page["NextToken"]}

    async def _true(self, alarm: Document) -> str:
        """Sets the state that an alarm comes to; gives ALARM if it was or is in ALARM."""
        before = str(alarm.get("StateValue"))
        if not alarms.judged(alarm):
            return before
        state, reason = alarms.state(alarm, self.samples, metrics.now(), self._period(alarm))
        if state is None or state == before:
            return before
        await self.machine.ask(
            "cloudwatch",
            "set_alarm_state",
            AlarmName=alarm["AlarmName"],
            StateValue=state,
            StateReason=reason,
        )
        return alarms.ALARM if alarms.ALARM in (before, state) else state

    def _period(self, alarm: Document) -> float:
        return max(self.cloud.clock.seconds(float(alarm["Period"])), _PERIOD_FLOOR)
