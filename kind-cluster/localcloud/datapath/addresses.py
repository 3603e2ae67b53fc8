"""Loopback addresses of one's own."""

from __future__ import annotations

import ipaddress
import secrets
import socket

ATTEMPTS = 50


class NoAddress(Exception):
    """No free loopback address was found in the block."""


def free_address(block: str, port: int = 0) -> str:
    """A random loopback address of the block (CIDR) on which `port` can be bound just now.

    Random rather than counted, so that several clouds share one block without knowing of each other.
    """
    network = ipaddress.ip_network(block)
    for _ in range(ATTEMPTS):
        address = str(network[1 + secrets.randbelow(network.num_addresses - 2)])
        if _can_bind(address, port):
            return address
    raise NoAddress(f"no free address in {block} for port {port}")


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound socket on the port asked for, or on a free one when that is taken or privileged."""
    for candidate in (port, 0):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, candidate))
        except OSError:
            sock.close()
            continue
        sock.setblocking(False)
        return sock
    raise NoAddress(f"nothing can be bound on {host}")


def _can_bind(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((address, port))
        except OSError:
            return False
    return True
