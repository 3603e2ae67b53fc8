"""What AWS refuses in a rule's conditions, and the form in which it keeps them. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localcloud.aws.backend import AwsError
from localcloud.aws.elbv2.check_regex import check_regex
from localcloud.datapath.matching import condition_values

Wire = dict[str, Any]
LARGEST_VALUES = 5
LARGEST_WILDCARDS = 5
LONGEST_VALUE = 128
LONGEST_NAME = 40
FIELDS = {
    "host-header": "HostHeaderConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "path-pattern": "PathPatternConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
_SHORT_FORM = ("host-header", "path-pattern")  # may have Values or RegexValues beside Field
_PATH = re.compile(r"[A-Za-z0-9_\-.$/~\"'@:+&*?]*")
_HOST = re.compile(r"[A-Za-z0-9\-.*?]*")
_METHOD = re.compile(r"[A-Z_-]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def checked_conditions(conditions: Sequence[Mapping[str, Any]]) -> list[Wire]:
    """The conditions as DescribeRules will show them; raises `AwsError` for what AWS refuses.

    Path patterns and host headers come back both as `Values` and inside their config.
    """
    if not conditions:
        raise _invalid("A condition must be specified")
    kept = [_checked(condition) for condition in conditions]
    for field in ("path-pattern", "host-header", "http-request-method", "source-ip"):
        if sum(condition["Field"] == field for condition in kept) > 1:
            raise _invalid(f"A rule can only have one '{field}' condition")
    values = [text for condition in kept for text in _texts(condition)]
    if len(values) > LARGEST_VALUES:
        raise _invalid(f"A rule can only have '{LARGEST_VALUES}' condition values")
    if sum(_wildcards(condition) for condition in kept) > LARGEST_WILDCARDS:
        raise _invalid(f"A rule can only have '{LARGEST_WILDCARDS}' condition wildcards")
    return kept


def _checked(condition: Mapping[str, Any]) -> Wire:
    field = condition.get("Field")
    if not field:
        raise _invalid("A condition field must be specified")
    if field not in FIELDS:
        raise _invalid(f"Condition field '{field}' must be one of '[{','.join(FIELDS)}]'")
    _check_form(field, condition)
    _CHECKS[field](condition)
    return _kept(field, condition)


def _check_form(field: str, condition: Mapping[str, Any]) -> None:
    config = FIELDS[field]
    short = bool(condition.get("Values") or condition.get("RegexValues"))
    if short and field not in _SHORT_FORM:
        raise _invalid(f"The 'Values' field is not compatible with '{field}'")
    if short and condition.get(config):
        raise _invalid(f"You cannot provide both Values and '{config}' for a condition of type '{field}'")
    if len(condition.get("Values") or []) > 1:
        raise _invalid(f"The '{field}' field contains too many values; the limit is '1'")
    if field not in _SHORT_FORM and not condition.get(config):
        raise _invalid(f"A '{config}' must be specified with '{field}'")
    strange = [c for f, c in FIELDS.items() if f != field and condition.get(c)]
    if strange:
        raise _invalid(f"The '{strange[0]}' field is not compatible with '{field}'")


def _kept(field: str, condition: Mapping[str, Any]) -> Wire:
    config = FIELDS[field]
    if field not in _SHORT_FORM:
        return {"Field": field, config: dict(condition[config])}
    kept: Wire = {"Field": field, config: {}}
    for key in ("Values", "RegexValues"):
        values = condition_values(condition, config, key)
        if values:
            kept[key] = values
            kept[config][key] = values
    return kept


def _check_path(condition: Mapping[str, Any]) -> None:
    _check_texts("path-pattern", condition)
    for value in condition_values(condition, "PathPatternConfig"):
        _check_characters(value, _PATH)


def _check_host(condition: Mapping[str, Any]) -> None:
    _check_texts("host-header", condition)
    for value in condition_values(condition, "HostHeaderConfig"):
        _check_characters(value, _HOST)
        if "." not in value:
            raise _invalid(f"Condition value '{value}' must contain at least one '.' character")


def _check_http_header(condition: Mapping[str, Any]) -> None:
    name = condition["HttpHeaderConfig"].get("HttpHeaderName") or ""
    if len(name) > LONGEST_NAME:
        raise _invalid(f"The 'HttpHeaderName' value is too long; the limit is '{LONGEST_NAME}'")
    if not _TOKEN.fullmatch(name) or name.lower() == "host":
        raise _invalid(f"The 'HttpHeaderName' value '{name}' is not valid")
    _check_texts("http-header", condition)


def _check_method(condition: Mapping[str, Any]) -> None:
    for value in _required(condition["HttpRequestMethodConfig"].get("Values")):
        if len(value) > LONGEST_NAME:
            raise _invalid(f"The 'http-request-method' value is too long; the limit is '{LONGEST_NAME}'")
        if not _METHOD.fullmatch(value):
            raise _invalid(
                "The 'http-request-method' value is invalid; "
                "the allowed characters are A-Z, hyphen and underscore"
            )


def _check_source_ip(condition: Mapping[str, Any]) -> None:
    values = condition["SourceIpConfig"].get("Values")
    if not values:
        raise _invalid("A 'source-ip' value must be specified")
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError:
            raise _invalid(f"The source-ip value '{value}' is not a valid CIDR") from None
        if "/" not in value:
            raise _invalid(f"The source-ip value '{value}' is not a valid CIDR")


def _check_query(condition: Mapping[str, Any]) -> None:
    for pair in _required(condition["QueryStringConfig"].get("Values")):
        if "Value" not in pair:
            raise _invalid("A 'Value' must be specified in 'QueryStringKeyValuePair'")
        for key in ("Key", "Value"):
            if len(pair.get(key) or "") > LONGEST_VALUE:
                raise _invalid(f"The '{key}' value is too long; the limit is '{LONGEST_VALUE}'")


def _check_texts(field: str, condition: Mapping[str, Any]) -> None:
    config = FIELDS[field]
    values = condition_values(condition, config)
    expressions = condition_values(condition, config, "RegexValues")
    for value in _required(values + expressions):
        if len(value) > LONGEST_VALUE:
            raise _invalid(f"The '{field}' value is too long; the limit is '{LONGEST_VALUE}'")
    for expression in expressions:
        check_regex(expression, LONGEST_VALUE)


def _required(values: list[Any] | None) -> list[Any]:
    if not values:
        raise _invalid("A condition value must be specified")
    return values


def _check_characters(value: str, allowed: re.Pattern[str]) -> None:
    if not value:
        raise _invalid("A condition value must be specified")
    if not allowed.fullmatch(value):
        raise _invalid(f"Condition value '{value}' contains a character that is not valid")


def _texts(condition: Wire) -> list[str]:
    config = condition[FIELDS[condition["Field"]]]
    values = [v if isinstance(v, str) else v["Value"] for v in config.get("Values") or []]
    return values + list(config.get("RegexValues") or [])


def _wildcards(condition: Wire) -> int:
    if condition["Field"] in ("http-request-method", "source-ip"):
        return 0
    config = condition[FIELDS[condition["Field"]]]
    texts = [
        text
        for value in config.get("Values") or []
        for text in ([value] if isinstance(value, str) else [value.get("Key") or "", value["Value"]])
    ]
    return sum(len(re.findall(r"[*?]", re.sub(r"\\.", "", text))) for text in texts)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)


_CHECKS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "path-pattern": _check_path,
    "host-header": _check_host,
    "http-header": _check_http_header,
    "http-request-method": _check_method,
    "source-ip": _check_source_ip,
    "query-string": _check_query,
}
