"""What a caller sees of /predict, /health, /docs and the OpenAPI document."""

import re
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from experience_linker.api import Service, create_app
from experience_linker.linker import Linker
from experience_linker.loading import Loaded

NURSE = "Cared for patients on a surgical ward and handed out their medicines."
BAKER = "Baked sourdough at four in the morning"


def predict(client: TestClient, body: Any) -> Any:
    answer = client.post("/predict", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["output"]


def refusal(client: TestClient, **request: Any) -> str:
    answer = client.post("/predict", **request)
    assert answer.status_code == 422
    assert list(answer.json()) == ["detail"]
    return str(answer.json()["detail"])


def flat(output: Any) -> dict[Any, float]:
    """The scores of one link or several, by text and role."""
    links = output if isinstance(output, list) else [output]
    return {
        (link["text"], match["code"], match["title"]): match["score"]
        for link in links
        for match in link["matches"]
    }


def test_one_text_gives_one_object(client: TestClient) -> None:
    output = predict(client, {"input": NURSE})
    assert output["text"] == NURSE
    assert output["truncated"] is False
    assert len(output["matches"]) == 5
    best = output["matches"][0]
    assert (best["title"], best["code"]) == ("Registered Nurse", "HE-05")
    assert 0.5 < best["score"] < 1


def test_a_list_gives_a_list_in_its_order(client: TestClient) -> None:
    output = predict(client, {"input": [BAKER, NURSE], "top_k": 1})
    assert [link["text"] for link in output] == [BAKER, NURSE]
    assert [link["matches"][0]["title"] for link in output] == ["Baker", "Registered Nurse"]
    assert [len(link["matches"]) for link in output] == [1, 1]


def test_a_list_of_one_is_still_a_list(client: TestClient) -> None:
    assert len(predict(client, {"input": [NURSE]})) == 1


def test_the_largest_request_is_answered(client: TestClient) -> None:
    assert len(predict(client, {"input": ["word " * 1000] + ["w"] * 63, "top_k": 50})) == 64


def test_a_text_cut_short_is_marked(client: TestClient) -> None:
    assert predict(client, {"input": "carpenter " * 400})["truncated"] is True


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "input is missing"),
        ({"input": None}, "input is null"),
        ({"input": 5}, "input is a number"),
        ({"input": {"text": "a"}}, "input is an object"),
        ({"input": ""}, "input is empty"),
        ({"input": " \n\t"}, "input is empty"),
        ({"input": []}, "empty list"),
        ({"input": ["a", 7]}, r"input\[1\] is a number"),
        ({"input": ["a", ""]}, r"input\[1\] is empty"),
        ({"input": ["a", ["b"]]}, r"input\[1\] is a list"),
        ({"input": "a" * 5001}, "5,001 characters: shorten it to 5,000"),
        ({"input": ["a"] * 65}, "65 texts: send at most 64"),
        ({"input": "a", "top_k": 0}, "top_k must be a whole number from 1 to 50"),
        ({"input": "a", "top_k": 51}, "top_k must be"),
        ({"input": "a", "top_k": 1.5}, "top_k must be"),
        ({"input": "a", "top_k": "3"}, "top_k must be"),
        ({"input": "a", "top_k": True}, "top_k must be"),
        ({"input": "a", "topk": 3}, "'topk' is not known here: write input or top_k"),
        ({"text": "a"}, "input is missing.*'text' is not known"),
        ([], "must be a JSON object"),
        ("a", "must be a JSON object"),
        (None, "must be a JSON object"),
    ],
)
def test_a_wrong_request_is_refused_in_plain_words(client: TestClient, body: Any, words: str) -> None:
    assert re.search(words, refusal(client, json=body))


def test_what_is_not_json_is_refused_with_its_place(client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    assert "not valid JSON" in refusal(client, content=b'{"input": "a"', headers=headers)
    assert "JSON object" in refusal(client, content=b"", headers=headers)
    assert "half of a surrogate pair" in refusal(client, content=b'{"input": "\\ud800"}', headers=headers)
    assert refusal(client, content=b"\xff\xfe", headers=headers)


def test_a_form_is_told_which_header_to_send(client: TestClient) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert "Content-Type: application/json" in refusal(client, content=b'{"input": "a"}', headers=headers)


def test_the_same_answer_whether_or_not_the_prefix_was_taken_off(client: TestClient, prefix: str) -> None:
    with_prefix = client.post(f"{prefix}/predict", json={"input": NURSE})
    assert with_prefix.json() == client.post("/predict", json={"input": NURSE}).json()


def test_a_path_that_only_begins_like_the_prefix_is_not_it(client: TestClient, prefix: str) -> None:
    assert client.get(f"{prefix}-two/health").status_code == 404


def test_health_names_the_revision(client: TestClient, linker: Linker) -> None:
    assert client.get("/health").json() == {"status": "ok", "revision": linker.revision}


def test_health_is_503_until_the_model_is_there(linker: Linker) -> None:
    may_load = threading.Event()

    def load(_: threading.Event) -> Loaded:
        may_load.wait(10)
        return Loaded(linker, 0.0, 0.0)

    service = Service(load, lambda: pytest.fail("load failed"), threads=1)
    with TestClient(create_app(service, "")) as client:
        assert client.get("/health").status_code == 503
        assert client.get("/health").json() == {"status": "loading", "revision": None}
        early = client.post("/predict", json={"input": "a"})
        assert (early.status_code, early.headers["Retry-After"]) == (503, "1")
        assert "loading" in early.json()["detail"]
        may_load.set()
        while client.get("/health").status_code == 503:
            pass
        assert client.post("/predict", json={"input": "a"}).status_code == 200


def test_the_document_names_the_prefix_as_its_server(client: TestClient, prefix: str) -> None:
    document = client.get("/openapi.json").json()
    assert document["servers"] == [{"url": prefix}]
    assert set(document["paths"]) == {"/predict", "/health"}


def test_the_documents_examples_are_what_really_happens(client: TestClient) -> None:
    operation = client.get("/openapi.json").json()["paths"]["/predict"]["post"]
    requests = operation["requestBody"]["content"]["application/json"]["examples"]
    answers = operation["responses"]["200"]["content"]["application/json"]["examples"]
    assert requests.keys() == answers.keys()
    for name, request in requests.items():
        promised = answers[name]["value"]["output"]
        assert flat(predict(client, request["value"])) == pytest.approx(flat(promised), abs=2e-4)


def test_the_document_tells_limits_and_refusals(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    text, texts = document["components"]["schemas"]["Query"]["properties"]["input"]["anyOf"]
    assert (text["maxLength"], texts["maxItems"]) == (5000, 64)
    for status in ("422", "503"):
        answer = document["paths"]["/predict"]["post"]["responses"][status]
        assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/Problem")


def test_docs_load_everything_from_under_the_prefix(client: TestClient, prefix: str) -> None:
    page = client.get("/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "//" not in re.sub(r"<!--.*?-->|//[^\n\"']*\n", "", page.text.replace(prefix, ""))
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) == 3
    for link in links:
        assert link.startswith(f"{prefix}/docs/")
        assert client.get(link.removeprefix(prefix)).status_code == 200
    assert f"'{prefix}/openapi.json'" in page.text
    assert '"validatorUrl": null' in page.text


def test_docs_give_no_other_files_away(client: TestClient) -> None:
    assert client.get("/docs/__init__.py").status_code == 404
    assert client.get("/docs/..%2f..%2fmain.py").status_code == 404


def test_the_base_leads_to_the_docs_without_naming_a_host(client: TestClient, prefix: str) -> None:
    answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, f"{prefix}/docs")
