"""Where a URL of a stranger may lead: to the public internet, and to nowhere near the endpoint itself."""

import ipaddress
import socket
import threading
from dataclasses import dataclass

from object_counter.errors import NotFetched

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# IPv4 addresses written as IPv6 for translators (RFC 6052).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """One checked address of a host."""

    family: int
    address: str


def resolved(host: str, port: int, allow_private: bool, seconds: float) -> Target:
    """An address of the host to connect to; NotFetched when it has none or any of them is out of bounds."""
    found = [Target(family, str(where[0])) for family, _, _, _, where in _looked_up(host, port, seconds)]
    for target in found:
        if not permitted(ipaddress.ip_address(target.address.partition("%")[0]), allow_private):
            raise NotFetched(
                f"{host} is not on the public internet: private, local and reserved addresses are refused"
            )
    return found[0]


def permitted(address: Address, allow_private: bool) -> bool:
    """Whether a picture may be fetched from there.

    Link-local addresses never: credentials are served there (169.254.169.254).
    """
    inner = _embedded(address)
    if inner is not None:
        return permitted(inner, allow_private)
    if address.is_loopback:
        return allow_private
    if address.is_multicast or address.is_unspecified or address.is_link_local or address.is_reserved:
        return False
    return address.is_global or (allow_private and address.is_private)


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _looked_up(host: str, port: int, seconds: float) -> list[tuple[int, int, int, str, tuple[object, ...]]]:
    """What DNS says, within the time: getaddrinfo itself knows no limit, so it gets a thread."""
    answers: list[list[tuple[int, int, int, str, tuple[object, ...]]]] = []

    def ask() -> None:
        try:
            answers.append(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError):
            answers.append([])

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(max(seconds, 0))
    if not answers:
        raise NotFetched(f"looking up {host} took too long")
    if not answers[0]:
        raise NotFetched(f"there is no host called {host}")
    return answers[0]
