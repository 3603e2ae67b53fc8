"""What must not be, is refused, with the field and the cure."""

from __future__ import annotations

import pytest
from tests.invalid_specs import CASES, PLATFORM, POC, SAGEMAKER_POC, Invalid

from modelpoc.api.problems import InvalidObject, parse_platform, parse_poc

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_refused_with_field_and_cure(case: Invalid) -> None:
    parse = parse_platform if case.object["kind"] == "ModelPlatform" else parse_poc
    with pytest.raises(InvalidObject) as refusal:
        parse(case.object)
    said = [str(problem) for problem in refusal.value.problems]
    assert any(case.says in line and case.field in line for line in said), said


def test_the_bases_of_the_cases_are_valid() -> None:
    parse_poc(POC)
    parse_poc(SAGEMAKER_POC)
    parse_platform(PLATFORM)


def test_every_case_is_told_apart() -> None:
    assert len({case.id for case in CASES}) == len(CASES) >= 60
