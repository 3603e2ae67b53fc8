"""What Fargate asks of a task definition.

Sizes: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
"""

from __future__ import annotations

import re

from localcloud.aws.ecs.errors import client

GIB = 1024

_MEMORY: dict[int, range | tuple[int, ...]] = {
    256: (512, 1 * GIB, 2 * GIB),
    512: range(1 * GIB, 4 * GIB + 1, GIB),
    1024: range(2 * GIB, 8 * GIB + 1, GIB),
    2048: range(4 * GIB, 16 * GIB + 1, GIB),
    4096: range(8 * GIB, 30 * GIB + 1, GIB),
    8192: range(16 * GIB, 60 * GIB + 1, 4 * GIB),
    16384: range(32 * GIB, 120 * GIB + 1, 8 * GIB),
    32768: (*range(60 * GIB, 240 * GIB + 1, 12 * GIB), 244 * GIB),
}
_CPU = re.compile(r"(?P<units>\d+)|(?P<vcpu>\d*\.?\d+)\s*vCPU", re.IGNORECASE)
_MEMORY_TEXT = re.compile(r"(?P<mib>\d+)|(?P<gb>\d*\.?\d+)\s*GB", re.IGNORECASE)


def cpu_units(text: str) -> int:
    """`"256"` or `".25 vCPU"` as CPU units."""
    found = _CPU.fullmatch(text.strip())
    if not found:
        raise client("Invalid 'cpu' setting for task.")
    return int(found["units"]) if found["units"] else round(float(found["vcpu"]) * 1024)


def memory_mib(text: str) -> int:
    """`"512"` or `"0.5 GB"` as MiB."""
    found = _MEMORY_TEXT.fullmatch(text.strip())
    if not found:
        raise client("Invalid 'memory' setting for task.")
    return int(found["mib"]) if found["mib"] else round(float(found["gb"]) * GIB)


def check_size(cpu: str | None, memory: str | None) -> tuple[str, str]:
    """Both as AWS shows them afterwards; refuses a pair that Fargate has not."""
    if cpu is None:
        raise client("Fargate requires that 'cpu' be defined at the task level.")
    if memory is None:
        raise client("Fargate requires that 'memory' be defined at the task level.")
    units, mib = cpu_units(cpu), memory_mib(memory)
    if mib not in _MEMORY.get(units, ()):
        raise client(f"No Fargate configuration exists for given values: {units} CPU, {mib} memory.")
    return str(units), str(mib)
