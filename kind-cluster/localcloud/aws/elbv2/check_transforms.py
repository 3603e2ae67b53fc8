"""What AWS refuses in a rule's transforms. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from localcloud.aws.backend import AwsError
from localcloud.aws.elbv2.check_regex import check_regex

LONGEST = 1024
_CONFIGS = {"url-rewrite": "UrlRewriteConfig", "host-header-rewrite": "HostHeaderRewriteConfig"}


def checked_transforms(transforms: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The transforms as DescribeRules will show them; raises `AwsError` for what AWS refuses."""
    types = [transform.get("Type") for transform in transforms]
    for kind in types:
        if types.count(kind) > 1:
            raise _invalid(f"A rule can only have one transform of type '{kind}'")
    return [_checked(transform) for transform in transforms]


def _checked(transform: Mapping[str, Any]) -> dict[str, Any]:
    kind = transform.get("Type")
    if kind not in _CONFIGS:
        raise _invalid(f"Transform type '{kind}' must be one of '[{','.join(_CONFIGS)}]'")
    config = _CONFIGS[kind]
    other = next(name for name in _CONFIGS.values() if name != config)
    if transform.get(other):
        raise _invalid(f"'{other}' cannot be specified with a transform of type '{kind}'")
    rewrites = (transform.get(config) or {}).get("Rewrites") or []
    if len(rewrites) != 1:
        raise _invalid(f"A transform of type '{kind}' must have exactly one rewrite")
    rewrite = rewrites[0]
    check_regex(rewrite["Regex"], LONGEST)
    if not 0 < len(rewrite["Replace"]) <= LONGEST:
        raise _invalid(f"The replacement must have between 1 and {LONGEST} characters")
    return {"Type": kind, config: {"Rewrites": [dict(rewrite)]}}


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)
