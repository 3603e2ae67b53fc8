"""A platform and POCs that own at least one of every kind of thing, with every field set to something."""

from __future__ import annotations

import time
from typing import Any

from tests.local.engine_world import Operator, told

from modelpoc.aws.secret import SecretValue

PLATFORM: dict[str, Any] = {
    "own_roles": True,
    "routing": {
        "authorizers": [
            {"name": "staff", "issuer": "https://login.example", "audience": ["models"]},
        ],
        "cors": {"allowOrigins": ["https://app.example"], "allowMethods": ["POST"]},
        "throttle": {"rate": 100, "burst": 200},
    },
    "tags": {"team": "ml"},
}
_SCALED: dict[str, Any] = {
    "ecs": {
        "image": "local/echo:1",
        "secrets": [{"name": "TOKEN", "secretKeyRef": {"name": "token", "key": "key"}}],
        "scaling": {
            "min": 1,
            "max": 3,
            "target": {"requestsPerTarget": 100},
            "schedule": [
                {
                    "name": "am",
                    "min": 1,
                    "max": 3,
                    "cron": "0 8 ? * MON-FRI 2090",
                    "timezone": "Europe/Madrid",
                }
            ],
        },
    },
    "route": {
        "throttle": {"rate": 5, "burst": 10},
        "priority": 77,
        "auth": {"type": "JWT", "authorizer": "staff"},
    },
}
_ENDPOINT: dict[str, Any] = {
    "sagemaker": {
        "image": "local/counter:1",
        "instance": {
            "type": "ml.m5.large",
            "count": 2,
            "scaling": {"min": 2, "max": 3, "invocationsPerInstance": 100},
        },
        "rollout": {"type": "Canary", "instances": 1},
        "proxy": {"handler": "handler.py"},
    },
}
POCS: dict[str, dict[str, Any]] = {
    "scaled": _SCALED,
    "endpoint": _ENDPOINT,
    "tracked": {
        "ecs": {"image": "local/echo:1", "scaling": {"min": 1, "max": 3, "target": {"cpuPercent": 60}}}
    },
    "fixed": {"ecs": {"image": "local/echo:1"}},
}


def everything(operator: Operator) -> None:
    """All of it, settled."""
    operator.kube_secrets[("token", "key")] = SecretValue(b"hush")
    operator.cloud.upload("endpoint/model.tar.gz", "one")
    operator.cloud.upload("endpoint/handler.py", "def lambda_handler(event, context): return {}")
    operator.platform_up()
    for name, spec in POCS.items():
        operator.apply(name, **spec)
        operator.settle(name)


def everything_settles(operator: Operator, seconds: float = 60) -> None:
    """Passes over platform and POCs in turn, as the controller runs them, until none has anything to do."""
    deadline = time.monotonic() + seconds
    while True:
        platform = operator.platform_pass()
        outcomes = [platform, *(operator.pass_(name) for name in operator.pocs if operator.places)]
        if operator.places and all(outcome.settled for outcome in outcomes):
            return
        assert time.monotonic() < deadline, "\n\n".join(map(told, outcomes))
        time.sleep(0.01)
