"""What people write finds the role that they mean."""

import pytest

from experience_linker.linker import Linker

FIRST = {
    "Cared for patients on a surgical ward and handed out their medicines.": "Registered Nurse",
    "Five years of building REST APIs in Python and PostgreSQL for an online bank.": "Backend Engineer",
    "Built React components and improved page load times": "Frontend Engineer",
    "Taught mathematics to 15 year olds": "Secondary School Teacher",
    "Ran Google Ads and Facebook campaigns": "Digital Marketing Specialist",
    "Flew A320s for a low-cost airline": "Airline Pilot",
    "Drove a forklift and picked orders": "Warehouse Worker",
    "Baked sourdough at four in the morning": "Baker",
    "Wrote firmware for ARM microcontrollers": "Embedded Software Engineer",
    "Milked cows and harvested wheat": "Farmer",
}

AMONG_THREE = {
    "On call for production incidents; Kubernetes, Terraform and monitoring.": "Site Reliability Engineer",
    "Trained neural networks in PyTorch and deployed them behind an API": "Machine Learning Engineer",
    "Tested prototypes with users and drew wireframes in Figma": "User Experience Designer",
    "Translated simultaneously at the European Parliament": "Interpreter",
    "Solved murder cases": "Detective",
}


@pytest.mark.parametrize(("text", "title"), FIRST.items())
def test_the_nearest_role_is(linker: Linker, text: str, title: str) -> None:
    assert linker.link([text], top_k=1)[0].matches[0].role.title == title


@pytest.mark.parametrize(("text", "title"), AMONG_THREE.items())
def test_among_the_three_nearest_is(linker: Linker, text: str, title: str) -> None:
    assert title in [match.role.title for match in linker.link([text], top_k=3)[0].matches]


def test_scores_fall_and_are_cosines(linker: Linker) -> None:
    scores = [match.score for match in linker.link(["Cooked for a hotel"], top_k=50)[0].matches]
    assert len(scores) == 50
    assert scores == sorted(scores, reverse=True)
    assert all(-1 <= score <= 1 for score in scores)


def test_answers_keep_the_order_of_the_texts(linker: Linker) -> None:
    texts = list(FIRST)
    links = linker.link(texts, top_k=1)
    assert [link.text for link in links] == texts
    assert [link.matches[0].role.title for link in links] == list(FIRST.values())
