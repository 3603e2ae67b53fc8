"""What a URL of a stranger may do: nothing but bring a picture from the public internet, soon and small."""

import ipaddress
import json
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import inference
import pytest
from conftest import broken_pipes_ignored, reply

from object_counter import addresses, fetching
from object_counter.addresses import permitted
from object_counter.errors import InputError, NotFetched, TooLarge
from object_counter.fetching import Limits, fetched

Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], int]
LOCAL = Limits(allow_private=True)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "169.254.170.2",
        "100.64.0.1", "0.0.0.0", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
        "198.18.0.1", "198.51.100.7", "203.0.113.9", "::1", "::", "fe80::1", "fd00::1", "fc00::9", "ff02::1",
        "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::",
    ],
)  # fmt: skip
def test_addresses_off_the_public_internet_are_refused(address: str) -> None:
    assert not permitted(ipaddress.ip_address(address), allow_private=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "64:ff9b::808:808"])
def test_public_addresses_are_taken(address: str) -> None:
    assert permitted(ipaddress.ip_address(address), allow_private=False)


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("127.0.0.1", True), ("10.1.2.3", True), ("::1", True), ("fd00::1", True), ("::ffff:127.0.0.1", True),
        ("169.254.169.254", False), ("::ffff:169.254.169.254", False), ("fe80::1", False),
        ("224.0.0.1", False), ("0.0.0.0", False), ("240.0.0.1", False),
    ],
)  # fmt: skip
def test_allowing_private_addresses_allows_no_credentials_and_no_crowds(address: str, taken: bool) -> None:
    assert permitted(ipaddress.ip_address(address), allow_private=True) is taken


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ],
)
def test_this_machine_is_not_asked_however_it_is_written(serve: Serve, host: str) -> None:
    asked: list[str] = []
    port = serve(lambda request: asked.append(request.path))
    with pytest.raises(NotFetched):
        fetched(f"http://{host}:{port}/", Limits())
    assert asked == []


def test_a_host_is_refused_when_any_of_its_addresses_is(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, {"two-faced.example": ["93.184.216.34", "10.0.0.1"]})
    with pytest.raises(NotFetched, match="not on the public internet"):
        fetched("http://two-faced.example/", Limits())


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, picture: bytes
) -> None:
    port = serve(lambda request: reply(request, body=picture))
    # A name that points elsewhere at every second look: only the first look counts.
    looks: list[str] = []

    def look(host: str, port: int, **_: Any) -> list[Any]:
        looks.append(host)
        address = "127.0.0.1" if len(looks) == 1 else "127.0.0.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look)
    assert fetched(f"http://rebinding.example:{port}/", LOCAL) == picture
    assert looks == ["rebinding.example"]


def test_the_server_is_told_the_name_that_was_asked_for(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, {"pictures.example": ["127.0.0.1"]})
    heads: list[tuple[str, str]] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        heads.append((request.headers["Host"], request.path))
        reply(request, body=b"x")

    port = serve(answer)
    fetched(f"http://pictures.example:{port}/a b/ä.png?q=1 2#part", LOCAL)
    assert heads == [(f"pictures.example:{port}", "/a%20b/%C3%A4.png?q=1%202")]


def test_redirects_are_followed_and_few(serve: Serve, picture: bytes) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        left = int(request.path[1:])
        reply(request, 302, headers={"Location": f"/{left - 1}"}) if left else reply(request, body=picture)

    port = serve(answer)
    assert fetched(f"http://127.0.0.1:{port}/3", LOCAL) == picture
    with pytest.raises(NotFetched, match="more than 3 times"):
        fetched(f"http://127.0.0.1:{port}/4", LOCAL)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://169.254.169.254/latest/meta-data/", "not on the public internet"),
        ("file:///etc/passwd", "https:// or http://"),
        ("gopher://127.0.0.1/", "https:// or http://"),
        ("http://user:secret@127.0.0.1/", "user name or password"),
    ],
)
def test_a_redirect_is_checked_like_the_url_itself(serve: Serve, location: str, words: str) -> None:
    port = serve(lambda request: reply(request, 302, headers={"Location": location}))
    with pytest.raises(NotFetched, match=words):
        fetched(f"http://127.0.0.1:{port}/", LOCAL)


def test_a_public_host_cannot_redirect_to_a_private_one(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner: list[str] = []
    port_of_inner = serve(lambda request: inner.append(request.path))
    port = serve(
        lambda request: reply(request, 302, headers={"Location": f"http://inner.example:{port_of_inner}/"})
    )
    names(monkeypatch, {"outer.example": ["127.0.0.1"], "inner.example": ["127.0.0.2"]})
    # As if 127.0.0.1 were a public address.
    real = addresses.permitted
    monkeypatch.setattr(addresses, "permitted", lambda a, allow: str(a) == "127.0.0.1" or real(a, allow))
    with pytest.raises(NotFetched, match=r"inner\.example is not on the public internet"):
        fetched(f"http://outer.example:{port}/", Limits())
    assert inner == []


@pytest.mark.parametrize("told", [True, False])
def test_more_than_five_megabytes_are_not_read(serve: Serve, told: bool) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        if told:
            request.send_header("Content-Length", str(1 << 30))
        request.end_headers()
        with broken_pipes_ignored():
            for _ in range(400):
                request.wfile.write(b"x" * 65536)

    port = serve(answer)
    with pytest.raises(TooLarge, match="5 MB"):
        fetched(f"http://127.0.0.1:{port}/", LOCAL)


@pytest.mark.parametrize("slow", ["headers", "body", "drip", "silence"])
def test_a_slow_server_is_given_up(serve: Serve, slow: str) -> None:
    done = threading.Event()

    def answer(request: BaseHTTPRequestHandler) -> None:
        with broken_pipes_ignored():
            if slow == "headers":
                dripped(request, b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 50, done)
            if slow in ("body", "drip"):
                request.send_response(200)
                request.end_headers()
            if slow == "drip":
                dripped(request, b"x" * 500, done)
            done.wait(3)

    port = serve(answer)
    began = time.monotonic()
    with pytest.raises(NotFetched, match="took too long"):
        fetched(f"http://127.0.0.1:{port}/", Limits(seconds=0.4, allow_private=True))
    assert time.monotonic() - began < 2.5
    done.set()


def test_a_slow_name_server_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def look(*_: Any, **__: Any) -> list[Any]:
        release.wait(3)
        return []

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look)
    with pytest.raises(NotFetched, match="took too long"):
        fetched("http://slow.example/", Limits(seconds=0.2))
    release.set()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://a.example/x.png", "https:// or http://"),
        ("//a.example/x.png", "https:// or http://"),
        ("https://", "https:// or http://"),
        ("https://[::1", "https:// or http://"),
        ("https://a.example:99999/", "https:// or http://"),
        ("https://me:secret@a.example/", "user name or password"),
        ("http://nowhere.invalid/", "no host called nowhere.invalid"),
        ("http://" + "a" * 70 + ".example/", "no host called"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(NotFetched, match=words) as refused:
        fetched(url, Limits())
    assert "secret" not in str(refused.value)


def test_what_the_other_server_refuses_is_told(serve: Serve) -> None:
    port = serve(lambda request: reply(request, 404, b"secret inner words"))
    with pytest.raises(NotFetched, match="answered 404 Not Found") as refused:
        fetched(f"http://127.0.0.1:{port}/", LOCAL)
    assert "inner" not in str(refused.value)


def test_a_server_that_talks_nonsense_or_hangs_up_is_told(serve: Serve) -> None:
    port = serve(lambda request: request.wfile.write(b"SSH-2.0-x\r\n"))
    with pytest.raises(NotFetched, match="cannot be fetched"):
        fetched(f"http://127.0.0.1:{port}/", LOCAL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(NotFetched, match="cannot be fetched"):
            fetched(f"http://127.0.0.1:{free.getsockname()[1]}/", LOCAL)


def test_tls_is_checked(serve: Serve) -> None:
    port = serve(lambda request: reply(request, body=b"plain"))
    with pytest.raises(NotFetched, match=r"cannot be (trusted|fetched)"):
        fetched(f"https://127.0.0.1:{port}/", LOCAL)


def test_a_half_answer_is_no_picture(serve: Serve, picture: bytes) -> None:
    port = serve(lambda request: reply(request, body=picture[:20], headers={"Content-Length": "999"}))
    with pytest.raises(NotFetched, match="cannot be fetched"):
        fetched(f"http://127.0.0.1:{port}/", LOCAL)


def test_inference_takes_a_url_only_where_it_is_allowed(
    serve: Serve, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = serve(lambda request: reply(request, body=picture, headers={"Content-Type": "text/html"}))
    body = json.dumps({"url": f"http://127.0.0.1:{port}/x.png"})
    monkeypatch.delenv(inference.ALLOW_PRIVATE, raising=False)
    with pytest.raises(InputError, match="not on the public internet"):
        inference.input_fn(body, "application/json")
    monkeypatch.setenv(inference.ALLOW_PRIVATE, "1")
    assert inference.input_fn(body, "application/json").shape == (48, 48)


def test_a_fetched_page_is_no_picture(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    port = serve(lambda request: reply(request, body=b"<html>", headers={"Content-Type": "image/png"}))
    monkeypatch.setenv(inference.ALLOW_PRIVATE, "1")
    with pytest.raises(InputError, match="not a PNG, JPEG or WebP"):
        inference.input_fn(json.dumps({"url": f"http://127.0.0.1:{port}/"}), "application/json")


def test_the_environment_has_no_say_in_the_way(
    serve: Serve, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = serve(lambda request: reply(request, body=picture))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetched(f"http://127.0.0.1:{port}/", LOCAL) == picture


def test_no_thread_is_left_behind(serve: Serve, picture: bytes) -> None:
    port = serve(lambda request: reply(request, body=picture))
    fetched(f"http://127.0.0.1:{port}/", LOCAL)
    assert not [
        thread
        for thread in threading.enumerate()
        if isinstance(thread, threading.Timer) and not thread.finished.is_set()
    ]
    assert fetching.Limits().seconds == 5


def names(monkeypatch: pytest.MonkeyPatch, hosts: dict[str, list[str]]) -> None:
    """What a name server says."""

    def look(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in hosts[host]]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look)


def dripped(request: BaseHTTPRequestHandler, words: bytes, done: threading.Event) -> None:
    """A byte now and then, soon enough for any timeout between two of them."""
    for byte in words:
        if done.wait(0.05):
            return
        request.wfile.write(bytes([byte]))
        request.wfile.flush()
