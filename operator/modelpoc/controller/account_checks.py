"""A replica that waits asks each platform's AWS account who it is there: nothing else, and that once."""

from __future__ import annotations

import asyncio
import logging

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.controller.accounts import Accounts
from modelpoc.controller.probes import platforms
from modelpoc.controller.store import Store
from modelpoc.reconcile.errors import CloudError

log = logging.getLogger(__name__)

_AGAIN, _SLOWEST = 5.0, 60.0
"""Seconds between two looks for a platform that is not checked yet; up to the second when AWS refuses."""


async def check_accounts(store: Store, accounts: Accounts, until: asyncio.Event) -> None:
    """So that it is known to be ready, and has its credentials and connections when it takes over."""
    pause = _AGAIN
    while not until.is_set():
        known = [await _checked(accounts, platform) for platform in list(platforms(store))]
        await _within(until, pause)
        pause = _AGAIN if all(known) else min(2 * pause, _SLOWEST)


async def _checked(accounts: Accounts, platform: ModelPlatform) -> bool:
    try:
        await accounts.of(platform).check()
    except CloudError as error:  # the platform's status says it: the leader meets the same
        log.debug("platform %s: %s", platform.metadata.name, error)
        return False
    except Exception:
        log.exception("platform %s: its account cannot be asked", platform.metadata.name)
        return False
    return True


async def _within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
