"""The object-counter's page in a real browser, on another origin than its POC, in a whole cloud."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.browser.chromium import BROWSER
from tests.browser.counter_page import counter_page
from tests.browser.docs_page import check_docs_page
from tests.world import ROOT, World, wait_for

from localcloud.controlplane.progress import silent
from localcloud.demo.examples import COUNTER
from localcloud.demo.manifests import rendered, with_variables
from localcloud.demo.page import Page, publish
from localcloud.demo.shipping import Shipping

pytestmark = [
    pytest.mark.e2e,
    # The model is trained first, where no earlier run has left it in the cache.
    pytest.mark.timeout(900),
    pytest.mark.skipif(not BROWSER, reason="no Chromium here: apt-get install chromium"),
]

UI = ROOT / "models" / COUNTER.name / COUNTER.page
EXAMPLES = {
    example["file"]: example["count"]
    for example in json.loads((UI / "examples" / "examples.json").read_text())["examples"]
}
PICTURE = UI / COUNTER.picture
COUNT = EXAMPLES[PICTURE.name]


def sentence(count: int) -> str:
    return f"Most likely answer: there is {count} object(s) in the bin"


@dataclass(frozen=True)
class Counter:
    """The POC in its cloud, and its page."""

    world: World
    page: Page
    predict_url: str
    docs_url: str

    @property
    def url(self) -> str:
        return self.page.url(api=self.predict_url)


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    """Brought here as the demo does it."""
    world = World.up("t-page")
    try:
        shipping = Shipping(world.files, ROOT / "models")
        asyncio.run(shipping.ship(COUNTER.name, world.prepared.bucket, silent))
        world.apply(with_variables(asyncio.run(rendered(ROOT, COUNTER.name)), dict(COUNTER.local)))
        status = world.ready(COUNTER.name, 180)
        page = publish(world.files, COUNTER.name, UI)
        yield Counter(world, page, status["predictUrl"], status["docsUrl"])
    finally:
        world.down()


async def test_every_example_is_counted_right_and_request_and_answer_are_shown(counter: Counter) -> None:
    assert set(EXAMPLES.values()) == {1, 2, 3, 4, 5}
    async with counter_page(counter.url) as page:
        origin = await page.tab.value("location.origin")
        assert origin != f"http://{urlsplit(counter.predict_url).netloc}"
        assert {example["file"] for example in await page.examples()} == set(EXAMPLES)
        assert not await page.can_send()
        for file, count in EXAMPLES.items():
            await page.pick(file)
            await page.send()
            told = await page.told()
            assert (file, told.answer, told.problem) == (file, sentence(count), "")
            assert told.verdict == "That is right."
            assert f"POST {counter.predict_url}" in told.request
            assert counter.page.file(f"examples/{file}") in told.request
            assert told.response.startswith("200 OK")
            assert "content-type: text/plain" in told.response
        assert page.tab.complaints() == []


def test_curl_gets_the_sentence_for_every_example_too(counter: Counter) -> None:
    for file, count in EXAMPLES.items():
        body = {"url": counter.page.file(f"examples/{file}")}
        answer = counter.world.ask(counter.predict_url, body, Origin="https://anywhere.example")
        headers = {name.lower(): value for name, value in answer.headers.items()}
        assert (file, answer.status, answer.body) == (file, 200, sentence(count))
        assert headers["content-type"].partition(";")[0] == "text/plain"
        assert headers["access-control-allow-origin"] == "*"


async def test_an_example_may_be_sent_itself(counter: Counter) -> None:
    async with counter_page(counter.url) as page:
        await page.pick(PICTURE.name)
        await page.send("picture")
        told = await page.told()
        assert told.answer == sentence(COUNT)
        assert "Content-Type: image/png" in told.request


async def test_a_picture_of_ones_own_is_chosen_or_dropped(counter: Counter, tmp_path: Path) -> None:
    own, other = tmp_path / "my picture.png", tmp_path / "another.png"
    shutil.copy(UI / "examples" / "4-a.png", own)
    shutil.copy(UI / "examples" / "1-b.png", other)
    async with counter_page(counter.url) as page:
        await page.own(own)
        await page.send()
        assert (await page.told()).answer == sentence(4)
        await page.drop(other)
        await page.send()
        told = await page.told()
        assert told.answer == sentence(1)
        assert "another.png" in told.request
        assert page.tab.complaints() == []


async def test_what_is_no_picture_is_told_in_plain_words(counter: Counter, tmp_path: Path) -> None:
    text, disguised = tmp_path / "notes.txt", tmp_path / "notes.png"
    for file in (text, disguised):
        file.write_text("no picture at all")
    async with counter_page(counter.url) as page:
        await page.own(text)
        assert "not a PNG, JPEG or WebP picture" in (await page.told()).problem
        assert not await page.can_send()
        # What only looks like one is found out by the model.
        await page.drop(disguised)
        await page.send()
        told = await page.told()
        assert told.response.startswith("4")
        assert "picture" in told.problem
        assert told.answer == ""
        # And it goes on from there.
        await page.own(PICTURE)
        await page.send()
        told = await page.told()
        assert (told.answer, told.problem) == (sentence(COUNT), "")


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ({"error": "ModelError", "status": 424}, 502, "The model failed at this picture."),
        ({"error": "throttle"}, 429, "The model has too much to do just now."),
        ({"error": "ServiceUnavailable", "status": 503}, 503, "The model is not ready."),
    ],
)
async def test_a_failing_endpoint_is_told_in_plain_words(
    counter: Counter, fault: dict[str, object], status: int, words: str
) -> None:
    async with counter_page(counter.url) as page:
        await page.pick(PICTURE.name)
        counter.world.local("faults", "PUT", [{"operation": "InvokeEndpoint", **fault}])
        try:
            await page.send()
            told = await page.told()
        finally:
            counter.world.local("faults", "DELETE")
        assert told.answer == ""
        assert told.problem.startswith(words)
        assert "Request id:" in told.problem
        assert told.response.startswith(str(status))
        assert "Error" not in told.problem
        await page.send()
        told = await page.told()
        assert (told.answer, told.problem) == (sentence(COUNT), "")


async def test_an_endpoint_that_is_gone_is_told_in_plain_words(counter: Counter) -> None:
    world, sagemaker = counter.world, counter.world.client("sagemaker")
    (endpoint,) = (r["id"] for r in world.get(COUNTER.name)["status"]["resources"] if r["kind"] == "Endpoint")
    name = endpoint.rpartition("/")[2]
    async with counter_page(counter.url) as page:
        await page.pick(PICTURE.name)
        world.stop_operator()
        try:
            sagemaker.delete_endpoint(EndpointName=name)
            gone = await asyncio.to_thread(
                wait_for, lambda: not sagemaker.list_endpoints(NameContains=name)["Endpoints"], 60
            )
            assert gone
            await page.send()
            told = await page.told()
        finally:
            world.start_operator()
        assert (told.answer, told.response[:1]) == ("", "5")
        assert told.problem.startswith(("The model is not ready.", "Something went wrong"))
        world.ready(COUNTER.name, 120)
        assert await asyncio.to_thread(wait_for, lambda: _answers(counter), 120)
        await page.send()
        assert (await page.told()).answer == sentence(COUNT)


def _answers(counter: Counter) -> bool:
    body = {"url": counter.page.file(COUNTER.picture)}
    return counter.world.ask(counter.predict_url, body).status == 200


async def test_a_poc_that_is_suspended_is_told_in_plain_words(counter: Counter) -> None:
    world = counter.world
    async with counter_page(counter.url) as page:
        await page.pick(PICTURE.name)
        world.patch(COUNTER.name, {"suspend": True})
        world.reason(COUNTER.name, "Suspended", 120)
        try:
            await page.send()
            told = await page.told()
        finally:
            world.patch(COUNTER.name, {"suspend": None})
        assert told.answer == ""
        assert told.problem.startswith("The model could not be reached.")
        world.ready(COUNTER.name, 180)
        await page.send()
        assert (await page.told()).answer == sentence(COUNT)


async def test_passed_through_the_models_own_answer_is_shown_as_odds(counter: Counter) -> None:
    world, handler = counter.world, counter.world.get(COUNTER.name)["spec"]["sagemaker"]["proxy"]["handler"]
    world.patch(COUNTER.name, {"sagemaker": {"proxy": {"handler": None}}})
    try:
        world.ready(COUNTER.name, 120)
        async with counter_page(counter.url) as page:
            await page.pick(PICTURE.name)
            await page.send()
            told = await page.told()
            assert told.answer == f"Most likely: {COUNT} objects"
            odds = json.loads(told.response.partition("\n\n")[2])["probabilities"]
            assert set(odds) == {"1", "2", "3", "4", "5"}
            assert sum(odds.values()) == pytest.approx(1, abs=0.01)
            assert await page.tab.value("document.querySelectorAll('#odds tr').length") == len(odds)
    finally:
        world.patch(COUNTER.name, {"sagemaker": {"proxy": {"handler": handler}}})
        world.ready(COUNTER.name, 120)


async def test_as_configured_the_model_fetches_nothing_from_private_addresses(counter: Counter) -> None:
    """What the demo adds for pictures on loopback is added by the demo alone."""
    world, env = counter.world, counter.world.get(COUNTER.name)["spec"]["sagemaker"]["env"]
    world.patch(COUNTER.name, {"sagemaker": {"env": None}})
    try:
        world.ready(COUNTER.name, 180)
        async with counter_page(counter.url) as page:
            await page.pick(PICTURE.name)
            await page.send()
            told = await page.told()
            assert told.answer == ""
            assert told.response.startswith("4")
            assert "not public" in told.problem or "private" in told.problem
            await page.send("picture")
            assert (await page.told()).answer == sentence(COUNT)
    finally:
        world.patch(COUNTER.name, {"sagemaker": {"env": env}})
        world.ready(COUNTER.name, 180)


async def test_keys_alone_lead_to_an_answer(counter: Counter) -> None:
    async with counter_page(counter.url) as page:
        await page.tab_to("input[name=example]")
        await page.tab.press("Space")
        await page.tab.press("ArrowRight", 2)
        picked = await page.tab.value("document.querySelector('input[name=example]:checked').value")
        assert picked == list(EXAMPLES)[2]
        assert await page.tab.value("document.activeElement.matches(':focus-visible')")
        await page.tab_to("#submit")
        await page.tab.press("Enter")
        assert (await page.told()).answer == sentence(EXAMPLES[picked])
        # Where the keyboard was, it still is: the next one needs no search.
        assert await page.tab.value("document.activeElement.id") == "submit"
        await page.tab.press("Space")
        assert (await page.told()).answer == sentence(EXAMPLES[picked])


async def test_a_screen_reader_finds_names_and_is_told_answers(counter: Counter) -> None:
    async with counter_page(counter.url) as page:
        await page.pick(PICTURE.name)
        tree = (await page.tab.call("Accessibility.getFullAXTree"))["nodes"]
        seen = [node for node in tree if not node.get("ignored")]
        roles = {"radio", "button", "image", "link"}
        nameless = [n for n in seen if n["role"]["value"] in roles and not n.get("name", {}).get("value")]
        assert nameless == []
        assert {"status", "alert", "main", "heading"} <= {node["role"]["value"] for node in seen}
        await page.send()
        assert sentence(COUNT) == (await page.told()).answer
        live = "document.querySelector('#status .answer').closest('[role=status]') !== null"
        assert await page.tab.value(live)


async def test_on_a_telephone_nothing_lies_beside_the_screen(counter: Counter) -> None:
    async with counter_page(counter.url) as page:
        await page.tab.call(
            "Emulation.setDeviceMetricsOverride", width=360, height=720, deviceScaleFactor=2, mobile=True
        )
        await page.pick(PICTURE.name)
        await page.send()
        assert (await page.told()).answer == sentence(COUNT)
        assert await page.tab.value("document.documentElement.scrollWidth") <= 360


async def test_a_page_that_is_not_told_where_the_model_is_says_what_to_do(counter: Counter) -> None:
    async with counter_page(counter.page.url()) as page:
        await page.pick(PICTURE.name)
        assert not await page.can_send()
    async with counter_page(counter.page.url()) as page:
        told = await page.told()
        assert "?api=" in told.problem


async def test_a_page_that_is_led_astray_says_so(counter: Counter) -> None:
    async with counter_page(counter.page.url(api="http://127.0.0.1:9/nowhere")) as page:
        await page.pick(PICTURE.name)
        await page.send()
        assert (await page.told()).problem.startswith("The model could not be reached.")


def test_the_docs_of_the_counter_work_in_a_browser(counter: Counter) -> None:
    page = check_docs_page(counter.docs_url)
    assert page.predict_status == "200"
