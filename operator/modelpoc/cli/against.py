"""Holds a repository against its platforms: what they allow, how many POCs they carry, what is taken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelpoc.api.ecs import PLACEHOLDER
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.problems import InvalidObject, Loc, parse_platform, parse_poc
from modelpoc.aws.secret import SecretValue
from modelpoc.catalog.catalog import Entry
from modelpoc.catalog.finding import Finding, Severity
from modelpoc.catalog.limits import limit_findings, on_platform, taken_findings
from modelpoc.catalog.platforms import Against, live, read_platforms
from modelpoc.desired.allow import Fleet, Refusal, refusals
from modelpoc.desired.places import ROUTES_PER_API, ROUTES_PER_POC, TARGET_GROUPS_PER_LOAD_BALANCER
from modelpoc.desired.secrets import secret_refs
from modelpoc.kube.cluster import PLATFORM, POC, Cluster

_FIELD = re.compile(r"^((?:ecs|sagemaker|route)(?:\.[A-Za-z]+)+)")
_SECRET = re.compile(r"^secret ([A-Za-z0-9_]+):")
_AMONG_OTHERS = Fleet(0, 0)
"""How many there are is told once, by `limit_findings`."""


@dataclass(frozen=True)
class Surroundings:
    """Platforms by name, what is wrong with them, and the POCs that a cluster holds."""

    platforms: dict[str, Against]
    findings: tuple[Finding, ...] = ()
    pocs: tuple[ModelPOC, ...] = ()

    @property
    def base_paths(self) -> dict[str, str]:
        return {name: one.platform.spec.routing.base_path for name, one in self.platforms.items()}


def from_files(files: Sequence[Path]) -> Surroundings:
    """Raises FileNotFoundError."""
    platforms: dict[str, Against] = {}
    findings: list[Finding] = []
    for file in files:
        if not file.is_file():
            raise FileNotFoundError(f"{file} is no file: name one that holds a ModelPlatform")
        read, wrong = read_platforms(file)
        platforms |= {against.name: against for against in read}
        findings += wrong
    return Surroundings(platforms, tuple(findings))


async def with_cluster(given: Surroundings, cluster: Cluster, configs: Path) -> Surroundings:
    """The cluster's platforms beside those of files, and its POCs; what cannot be read there is left out."""
    platforms: dict[str, Against] = {}
    for manifest in await cluster.list(PLATFORM):
        try:
            platform = parse_platform(manifest)
        except InvalidObject:
            continue
        platforms[platform.metadata.name] = live(platform, configs)
    pocs = [poc for manifest in await cluster.list(POC) if (poc := _poc(manifest))]
    return Surroundings({**platforms, **given.platforms}, given.findings, tuple(pocs))


def _poc(manifest: dict[str, object]) -> ModelPOC | None:
    try:
        return parse_poc(manifest)
    except InvalidObject:
        return None


def against_findings(around: Surroundings, entries: Sequence[Entry], namespace: str) -> Iterator[Finding]:
    """What the platforms speak against; nothing when none was given."""
    yield from around.findings
    if not around.platforms:
        return
    ours = {(namespace, entry.name) for entry in entries}
    others = [poc for poc in around.pocs if (poc.metadata.namespace, poc.metadata.name) not in ours]
    for entry in entries:
        yield from _one(around, entry)
    for against in around.platforms.values():
        base = around.base_paths[against.name]
        yield from limit_findings(against, entries, namespace, others)
        yield from taken_findings(against, entries, others, base)
        yield from _room(against, on_platform(against.name, [*_pocs(entries), *others]))


def _pocs(entries: Sequence[Entry]) -> list[ModelPOC]:
    return [entry.poc for entry in entries if entry.poc]


def _room(against: Against, pocs: Sequence[ModelPOC]) -> Iterator[Finding]:
    """Whether the platform's shared parts, of which the operator makes one each, carry so many."""
    routing = against.platform.spec.routing
    running = [poc for poc in pocs if not poc.spec.suspend]
    balanced = sum(poc.spec.runtime == "ecs" for poc in running)
    parts = (
        ("loadBalancers", len(routing.load_balancers), TARGET_GROUPS_PER_LOAD_BALANCER, balanced, "on ECS "),
        ("apis", len(routing.apis), ROUTES_PER_API // ROUTES_PER_POC, len(running), ""),
    )
    for field, given, each, count, which in parts:
        room = max(given, 1) * each
        if count > room:
            words = f"{room} POCs {which}have room, and these are {count}: add one to routing.{field}"
            yield against.find(("spec", "routing", field), words).of("limit")


def _one(around: Surroundings, entry: Entry) -> Iterator[Finding]:
    if entry.poc is None:
        return
    name = entry.poc.spec.platform_ref.name
    against = around.platforms.get(name)
    if against is None:
        known = ", ".join(sorted(around.platforms))
        words = (
            f"platform {name} is none of those that were given ({known}): name one of them, or give it too"
        )
        yield entry.find(("platformRef", "name"), words).of("platform")
        return
    for refusal in refusals(entry.poc, against.platform, _AMONG_OTHERS, _all_keys(entry.poc)):
        yield _shown(entry, refusal)


def _all_keys(poc: ModelPOC) -> dict[tuple[str, str], SecretValue]:
    """As if every key of a Kubernetes Secret were there: `--secrets` looks."""
    refs = [ref.secret_key_ref for ref in secret_refs(poc) if ref.secret_key_ref]
    return {(ref.name, ref.key): SecretValue(b"") for ref in refs}


def _shown(entry: Entry, refusal: Refusal) -> Finding:
    loc = next(_places(entry, refusal.message), ())
    waits = loc[-1:] == ("image",) and _image(entry) == PLACEHOLDER
    severity = Severity.WARNING if waits else Severity.ERROR
    return entry.find(loc, refusal.message).of("platform", severity)


def _image(entry: Entry) -> str | None:
    spec = entry.poc and (entry.poc.spec.ecs or entry.poc.spec.sagemaker)
    return spec.image if spec else None


def _places(entry: Entry, message: str) -> Iterator[Loc]:
    """The field that a refusal begins with."""
    if match := _FIELD.match(message):
        yield tuple(match[1].split("."))
    if match := _SECRET.match(message):
        refs = secret_refs(entry.poc) if entry.poc else ()
        yield from (("ecs", "secrets", n) for n, ref in enumerate(refs) if ref.name == match[1])
