"""What a caller sees."""

import pytest
from fastapi.testclient import TestClient

from app import app

GENTOO = {"bill_length_mm": 47.5, "bill_depth_mm": 15.0, "flipper_length_mm": 217, "body_mass_g": 5200}


@pytest.fixture(params=["", "/poc-deployment/my-model"])
def client(request: pytest.FixtureRequest) -> TestClient:
    """At the root, and as seen from under the path that the load balancer takes off."""
    return TestClient(app, root_path=request.param)


def test_a_penguin_is_told(client: TestClient) -> None:
    answer = client.post("/predict", json=GENTOO)
    assert answer.status_code == 200, answer.text
    assert answer.json()["species"] == "Gentoo"
    assert sum(answer.json()["probabilities"].values()) == pytest.approx(1, abs=0.001)


@pytest.mark.parametrize("wrong", [{}, GENTOO | {"body_mass_g": -1}, GENTOO | {"body_mass_g": "much"}, []])
def test_what_is_no_penguin_is_refused(client: TestClient, wrong: object) -> None:
    assert client.post("/predict", json=wrong).status_code == 422


def test_it_says_that_it_is_well(client: TestClient) -> None:
    assert client.get("/health").status_code == 200


def test_the_docs_need_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "https://" not in page
    assert client.get("/docs/swagger-ui.css").status_code == 200
    described = client.get("/openapi.json").json()
    assert "/predict" in described["paths"]
