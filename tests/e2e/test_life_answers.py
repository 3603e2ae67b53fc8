"""A POC that is Ready answers: what kubectl shows of it, and what its URL gives."""

from __future__ import annotations

import asyncio
import json

import pytest
from tests.browser.chromium import BROWSER
from tests.browser.docs_page import check_docs_page
from tests.world import ROOT, World, ask, poc

from localcloud.controlplane.progress import silent
from localcloud.demo.examples import LINKER
from localcloud.demo.manifests import rendered
from localcloud.demo.shipping import Shipping

pytestmark = pytest.mark.e2e

TEXT = "Cared for patients on a surgical ward and handed out their medicines."


def test_kubectl_shows_how_it_is_and_waits_for_it(world: World) -> None:
    world.apply(poc("columns", ecs={"env": [{"name": "REVISION", "value": "one"}]}))
    world.kubectl("wait", "--for=condition=Ready", "poc/columns", "--timeout=60s")
    status = world.get("columns")["status"]
    header, row = (line.split() for line in world.kubectl("get", "modelpocs", "columns").splitlines())
    assert header == ["NAME", "RUNTIME", "READY", "STATUS", "URL", "AGE"]
    assert row[:5] == ["columns", "ecs", "True", "Ready", status["url"]]
    wide = world.kubectl("get", "poc", "columns", "-o", "wide").splitlines()
    assert wide[0].split()[-4:] == ["REVISION", "EXPIRES", "COST", "COMMIT"]
    assert status["revision"] in wide[1]
    assert "9.01 USD" in wide[1]


def test_the_url_answers_through_api_and_load_balancer(world: World) -> None:
    world.apply(poc("asked", ecs={"env": [{"name": "REVISION", "value": "one"}]}))
    status = world.ready("asked")
    assert status["url"].endswith("/poc-deployment/asked")
    assert ask(f"{status['url']}/health").json() == {"status": "ok"}
    assert "echo" in ask(status["docsUrl"]).body
    answer = ask(status["predictUrl"], {"input": ["a", {"b": None}]})
    assert (answer.status, answer.json()["output"]) == (200, ["a", {"b": None}])
    # Not one of its tasks by some other way: the load balancer's own answer without the rule is a 404.
    elbv2 = world.client("elbv2")
    rule = next(r["id"] for r in status["resources"] if r["kind"] == "ListenerRule")
    world.stop_operator()
    try:
        elbv2.delete_rule(RuleArn=rule)
        assert ask(status["predictUrl"], {"input": "a"}).status == 404
    finally:
        world.start_operator()
    assert world.ready("asked")


@pytest.fixture(scope="module")
def linker(world: World) -> str:
    """The URL of the real model, brought here as the demo does it."""
    asyncio.run(Shipping(world.files, ROOT / "models").ship(LINKER.name, world.prepared.bucket, silent))
    world.apply(asyncio.run(rendered(ROOT, LINKER.name)))
    world.kubectl("wait", "--for=condition=Ready", f"poc/{LINKER.name}", "--timeout=120s")
    return str(world.get(LINKER.name)["status"]["url"])


def test_the_real_model_predicts(world: World, linker: str) -> None:
    assert ask(f"{linker}/health").status == 200
    output = ask(f"{linker}/predict", {"input": TEXT, "top_k": 1}).json()["output"]
    assert "nurs" in json.dumps(output).lower()
    both = ask(f"{linker}/predict", {"input": [TEXT, TEXT], "top_k": 1}).json()["output"]
    assert len(both) == 2


@pytest.mark.skipif(not BROWSER, reason="no Chromium here: apt-get install chromium")
def test_the_docs_of_the_real_model_work_in_a_browser(linker: str) -> None:
    page = check_docs_page(f"{linker}/docs")
    assert page.predict_status == "200"
