"""The AWS actions that the operator needs, as each kind of resource declares them."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator, Mapping

import modelpoc.aws
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.permission import actions_of

_HEAD = """\
# AWS actions by kind

What the operator's role must be allowed to do, as each kind of resource declares it in its own file.
A POC needs only the kinds that its runtime uses.

`modelpoc iam-policy` prints them as a policy, with what each is on and under which conditions: see
[Run it on your AWS account](../aws-account.md#roles). What stands beside the kinds is asked for only where a
platform names a role to take on, and of people who read logs.

"""


def actions_page() -> str:
    """One section for each kind with its actions, then what is needed beside them."""
    kinds = "".join(_section(name, _about(module), acts) for name, (module, acts) in by_kind().items())
    return f"{_HEAD}{kinds}{_beside()}".rstrip() + "\n"


def by_kind() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Each kind with its module and its actions. Raises AttributeError for one that declares none."""
    modules = {name: type(kind).__module__ for name, kind in KINDS.items()}
    return {name: (module, actions_of(sys.modules[module].PERMISSIONS)) for name, module in modules.items()}


def beside() -> Mapping[str, tuple[str, ...]]:
    """Actions of modules that are no kinds: logging in, reading log lines; by module."""
    of_kinds = {module for module, _ in by_kind().values()}
    names = [f"modelpoc.aws.{found.name}" for found in pkgutil.iter_modules(modelpoc.aws.__path__)]
    modules = {name: importlib.import_module(name) for name in names if name not in of_kinds}
    declaring = {name: module for name, module in modules.items() if hasattr(module, "PERMISSIONS")}
    return {name: actions_of(module.PERMISSIONS) for name, module in declaring.items()}


def _beside() -> str:
    parts = [_section(name.rpartition(".")[2], _about(name), acts) for name, acts in beside().items()]
    return "## Beside the kinds\n\n" + "".join(parts).replace("## ", "### ")


def _about(module: str) -> str:
    return (sys.modules[module].__doc__ or "").strip().splitlines()[0]


def _section(name: str, about: str, actions: tuple[str, ...]) -> str:
    lines = "".join(f"- {service}\n" for service in _by_service(actions))
    return f"## {name}\n\n{about}\n\n{lines}\n"


def _by_service(actions: tuple[str, ...]) -> Iterator[str]:
    """`ecs`: `CreateCluster`, … for each service."""
    for service in sorted({action.partition(":")[0] for action in actions}):
        own = sorted({a.partition(":")[2] for a in actions if a.startswith(f"{service}:")})
        yield f"**{service}**: " + ", ".join(f"`{name}`" for name in own)
