"""Gives every cloud a moto of its own within one process.

moto keeps its state in one global `BackendDict` per service, by account. Two clouds of the same account in
one process would share buckets and log groups. Here each `World` has its own accounts, chosen by a context
variable around every call into moto; outside any world moto behaves as always.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterator
from threading import RLock
from typing import Any, TypeVar

from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.s3.models import S3BackendDict

T = TypeVar("T")
_lock = RLock()


class World:
    """All that moto holds for one cloud."""

    def __init__(self) -> None:
        self._accounts: dict[int, dict[str, Any]] = {}
        self.buckets: dict[str, tuple[str, str]] = {}

    def accounts(self, service: Any) -> dict[str, Any]:
        """The accounts of one service."""
        return self._accounts.setdefault(id(service), {})

    def run(self, function: Callable[..., T], *args: Any) -> T:
        """Calls `function` with moto's state being this world's."""
        context = contextvars.copy_context()
        context.run(_current.set, self)
        return context.run(function, *args)


_current: contextvars.ContextVar[World] = contextvars.ContextVar("moto world", default=World())  # noqa: B039


def _getitem(self: Any, account_id: str) -> Any:
    accounts = _current.get().accounts(self)
    with _lock:
        if account_id not in accounts:
            accounts[account_id] = AccountSpecificBackend(
                service_name=self.service_name,
                account_id=account_id,
                backend=self.backend,
                use_boto3_regions=self._use_boto3_regions,
                additional_regions=self._additional_regions,
            )
    return accounts[account_id]


def _of_world(method: str) -> Callable[..., Any]:
    def call(self: Any, *args: Any) -> Any:
        return getattr(_current.get().accounts(self), method)(*args)

    return call


def _iterate(self: Any) -> Iterator[str]:
    return iter(list(_current.get().accounts(self)))


def install() -> None:
    """Makes moto's state follow the current world; calling it again changes nothing."""
    BackendDict.__getitem__ = _getitem  # type: ignore[method-assign]
    BackendDict.__iter__ = _iterate  # type: ignore[method-assign]
    for method in ("__len__", "__contains__", "__setitem__", "__delitem__"):
        setattr(BackendDict, method, _of_world(method))
    for method in ("get", "keys", "values", "items", "clear", "pop"):
        setattr(BackendDict, method, _of_world(method))
    buckets = property(lambda self: _current.get().buckets, lambda self, value: None)
    S3BackendDict.bucket_accounts = buckets  # type: ignore[assignment]
