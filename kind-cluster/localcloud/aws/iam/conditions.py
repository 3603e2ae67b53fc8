"""Conditions of statements: operators with `IfExists`, and the two for keys of many values.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from localcloud.aws.iam import wildcards
from localcloud.aws.iam.wildcards import Context, Unresolved, arn_like, like

Test = Callable[[str, str, Context], bool]
"""Of a policy's value, a request's value, and the request."""

IF_EXISTS = "IfExists"
ALL, ANY = "ForAllValues:", "ForAnyValue:"


@dataclass(frozen=True)
class Condition:
    """One key with its operator: `negated` ones hold when no value fits."""

    test: Test | None
    negated: bool
    quantifier: str
    if_exists: bool
    key: str
    values: tuple[str, ...]

    def holds(self, context: Context) -> bool:
        """Whether it does, of one request."""
        given = context.get(self.key, ())
        if self.test is None:  # Null: "true" wants the key to be absent
            return any((value.lower() == "true") == (not given) for value in self.values)
        if not given:
            return self._absent()
        if self.quantifier == ALL:
            return all(self._one(value, context) for value in given)
        if self.quantifier == ANY:
            return any(self._one(value, context) for value in given)
        return len(given) == 1 and self._one(given[0], context)

    def _absent(self) -> bool:
        """A key that the request lacks fits no value, so negated operators hold of it."""
        if self.if_exists or self.quantifier == ALL:
            return True
        return self.negated and self.quantifier != ANY

    def _one(self, given: str, context: Context) -> bool:
        assert self.test is not None
        return any(self.test(value, given, context) for value in self.values) != self.negated


def condition(operator: str, key: str, values: tuple[str, ...]) -> Condition:
    """A condition out of a document.

    `ValueError` for an operator that is not known, or a value that it cannot take.
    """
    quantifier = next((q for q in (ALL, ANY) if operator.startswith(q)), "")
    name = operator.removeprefix(quantifier)
    if_exists = name.endswith(IF_EXISTS)
    name = name.removesuffix(IF_EXISTS)
    if name == "Null" and not if_exists and not quantifier:
        return Condition(None, False, "", False, key.lower(), values)
    if name not in _OPERATORS:
        raise ValueError(f"Invalid Condition type : {operator}.")
    test, negated = _OPERATORS[name]
    _try(test, name, values)
    return Condition(test, negated, quantifier, if_exists, key.lower(), values)


def _try(test: Test, name: str, values: tuple[str, ...]) -> None:
    """A number or a date that is none is told when the policy is put."""
    for value in values:
        if name.startswith(("Numeric", "Date", "Ip", "NotIp")):
            test(value, "0.0.0.0" if "Ip" in name else "0", {})
        if name == "Bool" and "${" not in value and value.lower() not in ("true", "false"):
            raise ValueError(f"Invalid value {value} for operator Bool.")


def _equals(value: str, given: str, context: Context) -> bool:
    try:
        return wildcards.resolved(value, context) == given
    except Unresolved:
        return False


def _equals_ignoring_case(value: str, given: str, context: Context) -> bool:
    try:
        return wildcards.resolved(value, context).lower() == given.lower()
    except Unresolved:
        return False


def _number(compare: Callable[[float, float], bool]) -> Test:
    def test(value: str, given: str, _: Context) -> bool:
        wanted = float(value)
        try:
            return compare(float(given), wanted)
        except ValueError:  # what is asked for with no number fits none
            return False

    return test


def _date(compare: Callable[[float, float], bool]) -> Test:
    return lambda value, given, _: compare(_seconds(given), _seconds(value))


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _address(value: str, given: str, context: Context) -> bool:
    return ipaddress.ip_address(given) in ipaddress.ip_network(value, strict=False)


_OPERATORS: dict[str, tuple[Test, bool]] = {
    "StringEquals": (_equals, False),
    "StringNotEquals": (_equals, True),
    "StringEqualsIgnoreCase": (_equals_ignoring_case, False),
    "StringNotEqualsIgnoreCase": (_equals_ignoring_case, True),
    "StringLike": (like, False),
    "StringNotLike": (like, True),
    "ArnEquals": (arn_like, False),
    "ArnNotEquals": (arn_like, True),
    "ArnLike": (arn_like, False),
    "ArnNotLike": (arn_like, True),
    "Bool": (_equals_ignoring_case, False),
    "NumericEquals": (_number(lambda given, value: given == value), False),
    "NumericNotEquals": (_number(lambda given, value: given == value), True),
    "NumericLessThan": (_number(lambda given, value: given < value), False),
    "NumericLessThanEquals": (_number(lambda given, value: given <= value), False),
    "NumericGreaterThan": (_number(lambda given, value: given > value), False),
    "NumericGreaterThanEquals": (_number(lambda given, value: given >= value), False),
    "DateEquals": (_date(lambda given, value: given == value), False),
    "DateNotEquals": (_date(lambda given, value: given == value), True),
    "DateLessThan": (_date(lambda given, value: given < value), False),
    "DateLessThanEquals": (_date(lambda given, value: given <= value), False),
    "DateGreaterThan": (_date(lambda given, value: given > value), False),
    "DateGreaterThanEquals": (_date(lambda given, value: given >= value), False),
    "IpAddress": (_address, False),
    "NotIpAddress": (_address, True),
}
