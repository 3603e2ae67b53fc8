"""A replica that waits asks each platform's AWS account who it is there: nothing else, and that once."""

from __future__ import annotations

import asyncio
import logging

from modelpoc.controller.accounts import Accounts
from modelpoc.controller.probes import platforms
from modelpoc.controller.store import Store
from modelpoc.reconcile.errors import CloudError

log = logging.getLogger(__name__)

_AGAIN = 5.0
"""Seconds between two looks for a platform that is not checked yet."""


async def check_accounts(store: Store, accounts: Accounts, until: asyncio.Event) -> None:
    """So that it is known to be ready, and has its credentials and connections when it takes over."""
    while not until.is_set():
        for platform in list(platforms(store)):
            try:
                await accounts.of(platform).check()
            except CloudError as error:  # the platform's status says it: the leader meets the same
                log.debug("platform %s: %s", platform.metadata.name, error)
        await _within(until, _AGAIN)


async def _within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
