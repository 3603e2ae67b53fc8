"""How the operator behaves where it may be set."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelpoc.kube.listening import everywhere


@dataclass(frozen=True)
class Settings:
    """Seconds, unless said otherwise."""

    workers: int = 32
    """Passes at the same time."""
    poll: float = 5.0
    """Between two looks at something that AWS is at work on."""
    fast_resync: float = 300.0
    """Everything that a batched listing shows is compared once in this time."""
    deep_resync: float = 3600.0
    """Everything else once in this time; also how often a Ready POC's URL is asked again."""
    stalled_retry: float = 600.0
    """Between two tries of what seems hopeless; a change of the spec or the platform comes at once."""
    sweep: float = 300.0
    """Between two looks for objects that went unseen, and for resources without a POC."""
    probe_timeout: float = 10.0
    probe_patience: float = 90.0
    """How long a public URL may take to answer after AWS says steady."""
    doubt: float = 5.0
    """How long AWS's lists may lag behind a write."""
    linger: float = 35.0
    """How long what answered stays after a switch: an API takes seconds to deploy, a request 30 at most."""
    secret_namespaces: tuple[str, ...] = ()
    """Where labelled Secrets are read; empty: everywhere."""
    http_host: str = field(default_factory=everywhere)
    http_port: int = 8080
    """For /healthz, /readyz and /metrics; 0 picks a free one."""
