"""Loopback addresses that stand for the network interfaces of tasks."""

from __future__ import annotations

import ipaddress
import random
import socket
from collections.abc import Sequence

_TRIES = 200
# Whoever seeds Python's own generator (property tests do) must not make two clouds choose alike.
_chance = random.SystemRandom()


class Addresses:
    """Gives each task an address out of a block. Other clouds use the same block, so ports are tried."""

    def __init__(self, block: str) -> None:
        self._block = ipaddress.ip_network(block)
        self._taken: set[str] = set()

    def take(self, ports: Sequence[int]) -> str:
        """An address on which `ports` are free, ours until `give_back`."""
        for _ in range(_TRIES):
            chosen = self._draw()
            if chosen not in self._taken and all(_free(chosen, port) for port in ports):
                self._taken.add(chosen)
                return chosen
        raise OSError(f"no loopback address with free ports {list(ports)} in {self._block}")

    def give_back(self, address: str) -> None:
        """Makes it free for others."""
        self._taken.discard(address)

    def _draw(self) -> str:
        """Any but those whose last number people read as a network or a broadcast."""
        while True:
            number = _chance.randrange(self._block.num_addresses)
            address = self._block[number]
            if address.packed[-1] not in (0, 255):
                return str(address)


def _free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True
