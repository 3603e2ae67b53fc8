"""A cable between this machine and the network of a node: it is gone when the namespace of one end is."""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

from localcloud.node.errors import NodeError

_BLOCK = ipaddress.ip_network("10.231.0.0/16")
_PREFIX = 30
_ATTEMPTS = 50
_INTERFACES = Path("/sys/class/net")


@dataclass(frozen=True)
class Cable:
    """`host` is the address of its end on this machine, `node` that of the other end."""

    interface: str
    host: str
    node: str

    @classmethod
    def new(cls) -> Cable:
        """Addresses that nobody here uses. `NodeError` if there are none."""
        used = [ipaddress.ip_network(r["dst"]) for r in _ip("-4", "route") if "/" in r.get("dst", "")]
        for _ in range(_ATTEMPTS):
            start = secrets.randbelow(_BLOCK.num_addresses // 4) * 4
            network = ipaddress.ip_network((int(_BLOCK.network_address) + start, _PREFIX))
            if not any(network.overlaps(other) for other in used):
                return cls(f"mp{secrets.token_hex(4)}", str(network[1]), str(network[2]))
        raise NodeError(f"no addresses are free in {_BLOCK}: `ip route` shows what uses them")

    def there(self) -> bool:
        """Whether this machine still has its end."""
        return (_INTERFACES / self.interface).exists()

    def lay(self, pid: int) -> None:
        """From here into the network namespace of a process. Raises `NodeError`."""
        far = f"{self.interface}n"
        _do("ip", "link", "add", self.interface, "type", "veth", "peer", "name", far, "netns", str(pid))
        _do("ip", "address", "add", f"{self.host}/{_PREFIX}", "dev", self.interface)
        _do("ip", "link", "set", self.interface, "up")
        inside = ("nsenter", f"--target={pid}", "--net", "ip")
        _do(*inside, "link", "set", "lo", "up")
        _do(*inside, "address", "add", f"{self.node}/{_PREFIX}", "dev", far)
        _do(*inside, "link", "set", far, "up")
        _do(*inside, "route", "add", "default", "via", self.host)


def check_kernel(pid: int) -> None:
    """Tries, in the network namespace of a process, what Pods and Services will need of the kernel.

    Raises `NodeError` that names what this one lacks.
    """
    inside = ("nsenter", f"--target={pid}", "--net")
    matched = ("-m", "conntrack", "--ctstate", "NEW", "-m", "comment", "--comment", "trial")
    for change in ("-A", "-D"):
        _do(*inside, "iptables", "-t", "nat", change, "POSTROUTING", *matched, "-j", "MASQUERADE")


def _ip(*words: str) -> list[dict[str, str]]:
    done = subprocess.run(["ip", "-json", *words], capture_output=True, text=True, check=True)
    found: list[dict[str, str]] = json.loads(done.stdout or "[]")
    return found


def _do(*command: str) -> None:
    # Without the variable, older iptables lock a file of this machine.
    environ = {**os.environ, "XTABLES_LOCKFILE": "/dev/null"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NodeError(
            f"this kernel does not do what a node needs: {' '.join(command)}: {done.stderr.strip()}"
        )
