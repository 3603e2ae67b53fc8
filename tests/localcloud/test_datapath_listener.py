"""Requests through a load balancer's listener, over real sockets."""

from __future__ import annotations

import concurrent.futures
import gzip
import http.client
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from tests.localcloud.edge_world import Edge, eventually

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def balancer(edge: Edge) -> dict[str, Any]:
    return edge.balancer()


@pytest.fixture
def listener(edge: Edge, balancer: dict[str, Any]) -> Iterator[str]:
    arn = edge.listener(balancer)
    yield arn
    edge.elb.delete_listener(ListenerArn=arn)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def ask(url: str, method: str = "GET", data: Any = None, **headers: str) -> tuple[int, bytes, Any]:
    """Status, body and headers of an answer, whatever the status."""
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=60) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


REWRITE = [
    {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/poc/x/?(.*)$", "Replace": "/$1"}]}}
]


def test_a_request_reaches_its_target_rewritten(edge: Edge, listener: str) -> None:
    group, target = edge.group(), edge.target("a")
    edge.rule(listener, 1, "/poc/x/*", group, Transforms=REWRITE)
    edge.healthy(group, target)
    status, body, headers = ask(
        edge.url(listener) + "/poc/x/predict?q=%20a&q=2",
        "POST",
        b'{"input": 1}',
        **{"X-Own": "1", "Connection": "close"},
    )
    assert (status, body, headers["X-Target"]) == (200, b"a", "a")
    (asked,) = target.asked
    assert (asked.method, asked.uri, asked.body) == ("POST", "/predict?q=%20a&q=2", b'{"input": 1}')
    assert asked.headers["X-Own"] == "1"
    assert asked.headers["X-Forwarded-For"] == "127.0.0.1"
    assert (asked.headers["X-Forwarded-Proto"], asked.headers["X-Forwarded-Port"]) == ("http", "80")
    assert asked.headers["X-Amzn-Trace-Id"].startswith("Root=1-")
    assert asked.headers["Host"] == edge.url(listener).removeprefix("http://")


def test_a_host_header_is_rewritten(edge: Edge, listener: str) -> None:
    group, target = edge.group(), edge.target("a")
    rewrites = [{"Regex": "^(.+)\\.com$", "Replace": "$1.internal"}]
    transform = {"Type": "host-header-rewrite", "HostHeaderRewriteConfig": {"Rewrites": rewrites}}
    edge.rule(listener, 1, "/*", group, Transforms=[transform])
    edge.healthy(group, target)
    assert ask(edge.url(listener) + "/a", Host="shop.com")[0] == 200
    assert target.asked[0].headers["Host"] == "shop.internal"


def test_a_rewrite_that_fails_answers_500(edge: Edge, listener: str) -> None:
    group, target = edge.group(), edge.target("a")
    bad = [{"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a", "Replace": "b"}]}}]
    edge.rule(listener, 1, "/a*", group, Transforms=bad)
    edge.healthy(group, target)
    status, body, headers = ask(edge.url(listener) + "/abc")
    assert (status, headers["Server"]) == (500, "awselb/2.0")
    assert b"<h1>500 Internal Server Error</h1>" in body
    assert target.asked == []


def test_what_no_rule_takes_gets_the_default(edge: Edge, listener: str) -> None:
    status, body, headers = ask(edge.url(listener) + "/nothing")
    assert (status, body, headers["Server"]) == (404, b"none", "awselb/2.0")


def test_redirect(edge: Edge, listener: str) -> None:
    config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_302"}
    edge.rule(listener, 1, "/go*", Actions=[{"Type": "redirect", "RedirectConfig": config}])
    status, _, headers = ask(edge.url(listener) + "/go/x?a=1", Host="a.com")
    assert (status, headers["Location"]) == (302, "https://a.com:443/go/x?a=1")


def test_nobody_to_ask_is_503(edge: Edge, listener: str) -> None:
    edge.rule(listener, 1, "/a", edge.group())
    status, body, _ = ask(edge.url(listener) + "/a")
    assert status == 503
    assert b"<h1>503 Service Temporarily Unavailable</h1>" in body


def test_a_target_that_refuses_is_502(edge: Edge, listener: str) -> None:
    group = edge.group()
    edge.rule(listener, 1, "/a", group)
    edge.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.70.0.2", "Port": 9}])
    status, body, _ = ask(edge.url(listener) + "/a")
    assert status == 502
    assert b"<h1>502 Bad Gateway</h1>" in body


def test_a_slow_target_is_504(edge: Edge, listener: str, balancer: dict[str, Any]) -> None:
    group, target = edge.group(), edge.target("a", delay=40)
    edge.rule(listener, 1, "/a", group)
    edge.healthy(group, target)
    idle = {"Key": "idle_timeout.timeout_seconds", "Value": "1"}
    change = edge.elb.modify_load_balancer_attributes
    change(LoadBalancerArn=balancer["LoadBalancerArn"], Attributes=[idle])
    begun = time.monotonic()
    status, body, _ = ask(edge.url(listener) + "/a")
    change(LoadBalancerArn=balancer["LoadBalancerArn"], Attributes=[{**idle, "Value": "60"}])
    assert status == 504
    assert b"<h1>504 Gateway Time-out</h1>" in body
    assert time.monotonic() - begun < 20


def test_a_load_balancer_that_is_not_active_answers_503(edge: Edge) -> None:
    listener = edge.listener(edge.balancer(wait=False))
    assert ask(edge.url(listener) + "/")[0] == 503


def test_healthy_targets_take_turns(edge: Edge, listener: str) -> None:
    group, one, two, ill = edge.group(), edge.target("1"), edge.target("2"), edge.target("3", health=500)
    edge.rule(listener, 1, "/a", group)
    edge.healthy(group, one, two)
    edge.register(group, ill)
    for _ in range(10):
        assert ask(edge.url(listener) + "/a")[0] == 200
    assert (len(one.asked), len(two.asked), len(ill.asked)) == (5, 5, 0)


def test_when_none_is_healthy_all_are_asked(edge: Edge, listener: str) -> None:
    group, one, two = edge.group(), edge.target("1", health=500), edge.target("2", health=500)
    edge.rule(listener, 1, "/a", group)
    edge.register(group, one, two)
    eventually(lambda: edge.states(group) == ["unhealthy", "unhealthy"])
    for _ in range(4):
        assert ask(edge.url(listener) + "/a")[0] == 200
    assert (len(one.asked), len(two.asked)) == (2, 2)


def test_weights_share_requests(edge: Edge, listener: str) -> None:
    groups, targets = [edge.group(), edge.group()], [edge.target("1"), edge.target("2")]
    forward = {
        "TargetGroups": [
            {"TargetGroupArn": groups[0], "Weight": 0},
            {"TargetGroupArn": groups[1], "Weight": 7},
        ]
    }
    edge.rule(listener, 1, "/a", Actions=[{"Type": "forward", "ForwardConfig": forward}])
    for group, target in zip(groups, targets, strict=True):
        edge.healthy(group, target)
    for _ in range(5):
        assert ask(edge.url(listener) + "/a")[1] == b"2"


def test_large_bodies_pass_unharmed(edge: Edge, listener: str) -> None:
    group, target = edge.group(), edge.target("a")
    edge.rule(listener, 1, "/a", group)
    edge.healthy(group, target)
    body = bytes(range(256)) * 4 * 1024 * 12
    assert ask(edge.url(listener) + "/a", "POST", body, Expect="100-continue")[0] == 200
    assert target.asked[0].body == body
    chunks = (body[at : at + 100_000] for at in range(0, 1_000_000, 100_000))
    assert ask(edge.url(listener) + "/a", "POST", chunks, **{"Content-Type": "x/y"})[0] == 200
    assert target.asked[1].body == body[:1_000_000]


def test_a_compressed_body_stays_compressed(edge: Edge, listener: str) -> None:
    group, target = edge.group(), edge.target("a")
    edge.rule(listener, 1, "/a", group)
    edge.healthy(group, target)
    assert (
        ask(edge.url(listener) + "/a", "POST", gzip.compress(b"hello"), **{"Content-Encoding": "gzip"})[0]
        == 200
    )
    assert target.asked[0].body == b"hello"
    assert target.asked[0].headers["Content-Encoding"] == "gzip"


def test_an_answer_streams(edge: Edge, listener: str) -> None:
    group, target = edge.group(), edge.target("a")
    edge.rule(listener, 1, "/drip", group)
    edge.healthy(group, target)
    host, port = edge.backend.listener_endpoint(listener)
    connection = http.client.HTTPConnection(host, port, timeout=60)
    connection.request("GET", "/drip")
    answer = connection.getresponse()
    assert answer.read1(100) == b"0;", "the first part is there before the others are made"
    edge.let_flow(target)
    assert answer.read() == b"1;2;"


def test_a_client_may_keep_its_connection(edge: Edge, listener: str) -> None:
    host, port = edge.backend.listener_endpoint(listener)
    connection = http.client.HTTPConnection(host, port, timeout=60)
    locals_ = set()
    for _ in range(3):
        connection.request("GET", "/nothing")
        locals_.add(connection.sock.getsockname())
        assert connection.getresponse().read() == b"none"
    assert len(locals_) == 1


def test_a_target_drains_without_a_failed_request(edge: Edge, listener: str) -> None:
    group = edge.group()
    old, new = edge.target("old", delay=0.02), edge.target("new", delay=0.02)
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}]
    edge.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)
    edge.rule(listener, 1, "/a", group)
    edge.healthy(group, old)
    statuses: list[int] = []
    enough = threading.Event()

    def load() -> None:
        while not enough.is_set():
            statuses.append(ask(edge.url(listener) + "/a")[0])

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        loads = [pool.submit(load) for _ in range(4)]
        edge.healthy(group, new)
        edge.elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": old.address, "Port": old.port}])
        taken = len(old.asked)
        eventually(lambda: edge.backend.target_state(group, old.address, old.port) == "gone")
        edge.cloud.run(old.stop())
        before = len(new.asked)
        eventually(lambda: len(new.asked) > before + 20)
        enough.set()
        for one in loads:
            one.result()
    assert set(statuses) == {200}
    assert len(statuses) > 40
    # nothing new once it drains, but for what each of the four had on its way in that moment
    assert len(old.asked) <= taken + 4


def test_a_taken_port_moves_to_a_free_one(edge: Edge) -> None:
    balancer = edge.balancer(wait=False)
    with socket.socket() as taken:
        taken.bind((balancer["DNSName"], 8090))
        taken.listen()
        host, port = edge.backend.listener_endpoint(edge.listener(balancer, 8090))
    assert host == balancer["DNSName"]
    assert port != 8090


def test_two_load_balancers_listen_on_one_port(edge: Edge) -> None:
    first, second = (edge.url(edge.listener(edge.balancer(wait=False))) for _ in range(2))
    assert first != second
