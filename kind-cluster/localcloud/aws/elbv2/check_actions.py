"""What AWS refuses in the actions of rules and listeners, and the form in which it keeps them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from localcloud.aws.backend import AwsError

Wire = dict[str, Any]
LARGEST_GROUPS = 5
HEAVIEST = 999
_DECIDING = ("forward", "redirect", "fixed-response")
_STATUS = re.compile(r"[245]\d\d")
_CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")


def checked_actions(actions: Sequence[Mapping[str, Any]]) -> list[Wire]:
    """The actions as AWS will show them; raises `AwsError` for what it refuses on an HTTP listener.

    A forward to one target group comes back both as `TargetGroupArn` and inside `ForwardConfig`.
    """
    if not actions:
        raise AwsError("ValidationError", "An action must be specified")
    deciding = [action for action in actions if action.get("Type") in _DECIDING]
    if len(deciding) > 1 or len(actions) > len(deciding) + 1:
        raise AwsError(
            "TooManyActions", "You can specify only one forward, redirect or fixed-response action"
        )
    return [_checked(index, action) for index, action in enumerate(actions, start=1)]


def _checked(index: int, action: Mapping[str, Any]) -> Wire:
    kind = action.get("Type")
    if kind not in _DECIDING:
        raise _refused(f"Actions of type '{kind}' are supported only on HTTPS listeners")
    checks = {"forward": _forward, "redirect": _redirect, "fixed-response": _fixed}
    return {"Type": kind, "Order": action.get("Order") or index} | checks[str(kind)](action)


def _forward(action: Mapping[str, Any]) -> Wire:
    config = action.get("ForwardConfig") or {}
    groups = [dict(group) for group in config.get("TargetGroups") or []]
    single = action.get("TargetGroupArn")
    if not groups and not single:
        raise AwsError("ValidationError", "A target group ARN must be specified")
    if single and groups and [group["TargetGroupArn"] for group in groups] != [single]:
        raise _refused("You cannot specify both a target group ARN and several target groups to forward to")
    groups = groups or [{"TargetGroupArn": single}]
    if len(groups) > LARGEST_GROUPS:
        raise AwsError(
            "TooManyTargetGroups", f"A forward action can have at most '{LARGEST_GROUPS}' target groups"
        )
    for group in groups:
        group.setdefault("Weight", 1)
        if not 0 <= group["Weight"] <= HEAVIEST:
            raise AwsError(
                "ValidationError", f"Weight '{group['Weight']}' must be between '0-{HEAVIEST}' inclusive"
            )
    stickiness = config.get("TargetGroupStickinessConfig") or {"Enabled": False}
    kept: Wire = {"ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": stickiness}}
    return kept | ({"TargetGroupArn": groups[0]["TargetGroupArn"]} if len(groups) == 1 else {})


def _redirect(action: Mapping[str, Any]) -> Wire:
    config = action.get("RedirectConfig")
    if not config:
        raise _refused("A redirect action must have a RedirectConfig")
    path = config.get("Path", "/#{path}")
    if not path.startswith("/"):
        raise _refused(
            "The Path parameter must be a valid path, should start with a '/', and may contain up to one "
            "of each of these placeholders: '#{path}', '#{host}', '#{port}'."
        )
    kept = {
        "Protocol": "#{protocol}",
        "Host": "#{host}",
        "Port": "#{port}",
        "Path": path,
        "Query": "#{query}",
    }
    kept |= config
    if all(kept[key] == "#{" + key.lower() + "}" for key in ("Protocol", "Host", "Port", "Query")) and (
        kept["Path"] == "/#{path}"
    ):
        raise _refused(
            "The redirect configuration is not valid because it creates a loop: "
            "at least one of protocol, host, port, path or query must change."
        )
    return {"RedirectConfig": kept}


def _fixed(action: Mapping[str, Any]) -> Wire:
    config = action.get("FixedResponseConfig")
    if not config:
        raise _refused("A fixed-response action must have a FixedResponseConfig")
    if not _STATUS.fullmatch(str(config.get("StatusCode"))):
        raise _refused("The status code of a fixed response must be 2XX, 4XX or 5XX")
    content_type = config.get("ContentType")
    if content_type and content_type not in _CONTENT_TYPES:
        raise _refused(f"The ContentType must be one of: '{', '.join(_CONTENT_TYPES)}'")
    if len(config.get("MessageBody") or "") > 1024:
        raise _refused("The message body of a fixed response can have at most 1024 characters")
    return {"FixedResponseConfig": dict(config)}


def _refused(message: str) -> AwsError:
    return AwsError("InvalidLoadBalancerAction", message)
