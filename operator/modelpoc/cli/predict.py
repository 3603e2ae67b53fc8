"""`modelpoc predict`: ask a POC."""

from __future__ import annotations

import ipaddress
import json
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

import aiohttp
import typer

from modelpoc.api.problems import parse_poc
from modelpoc.api.route import AuthType
from modelpoc.aws.caller import signed
from modelpoc.cli.asking import Body, auth_of, body_of
from modelpoc.cli.completion import there
from modelpoc.cli.faces import CliError, Context, Namespace, Output, OutputOption, emit, run
from modelpoc.cli.finding import found, platform_of
from modelpoc.cli.periods import seconds
from modelpoc.cli.seen import Ending, Seen, ending, message
from modelpoc.kube.cluster import connect

_INDENT = 2


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    seconds: float
    content: bytes
    content_type: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    def parsed(self) -> Any:
        """JSON as what it says, everything else as text."""
        try:
            return json.loads(self.content)
        except ValueError:
            return self.content.decode(errors="replace")


def predict(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The POC.", autocompletion=there)],
    body: Annotated[
        str | None,
        typer.Argument(metavar="JSON|-|@FILE", help="What to send; - reads stdin. Default: an example."),
    ] = None,
    example: Annotated[
        str | None, typer.Option(help="One of the config's examples (default: the first).")
    ] = None,
    content_type: Annotated[
        str | None, typer.Option(help="Media type of the body (default: JSON, or as the file's name says).")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="MODELPOC_TOKEN", help="For routes that ask for a JWT.", show_envvar=True),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the answer's bytes as they came.")] = False,
    timeout: Annotated[str, typer.Option(help="How long to wait for the answer.")] = "60s",
    namespace: Namespace = None,
    context: Context = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Ask a POC for a prediction at its public URL.

    Without a body the config's first example is sent. Where the route asks for IAM, the request is signed
    with your AWS credentials; where it asks for a JWT, give --token. JSON is laid out on a terminal and
    untouched in a pipe. An answer other than 2xx goes to stderr, with exit code 1; `-o json` gives status,
    seconds and body on stdout.
    """
    limit = seconds(timeout, "--timeout") if timeout else 60.0
    asked = (name, body, example, content_type, token)
    answer, poc = run(_asked(*asked, limit=limit, namespace=namespace, context=context))
    if output is Output.JSON:
        said = {"status": answer.status, "seconds": round(answer.seconds, 3), "body": answer.parsed()}
        emit(output, said, "")
    else:
        show(answer, raw, excuse(Seen.of(poc)))
    if not answer.good:
        raise typer.Exit(1)


async def _asked(
    name: str,
    given: str | None,
    example: str | None,
    content_type: str | None,
    token: str | None,
    *,
    limit: float,
    namespace: str | None,
    context: str | None,
) -> tuple[Answer, dict[str, Any]]:
    async with connect(context) as cluster:
        poc = await found(cluster, name, namespace)
        platform = await platform_of(cluster, poc)
    url = _url_of(poc)
    body = body_of(parse_poc(poc), given, example, content_type)
    return await _post(url, body, _headers(poc, platform, url, body, token), limit), poc


def _url_of(poc: Mapping[str, Any]) -> str:
    status = poc.get("status", {})
    if url := status.get("predictUrl"):
        return str(url)
    name = poc["metadata"]["name"]
    why = status.get("reason") or "the operator has not looked at it yet"
    raise CliError(f"{name} has no URL yet ({why}): `modelpoc status {name}` shows how it is")


def _headers(
    poc: Mapping[str, Any], platform: Mapping[str, Any] | None, url: str, body: Body, token: str | None
) -> dict[str, str]:
    headers = {"Content-Type": body.content_type}
    auth = auth_of(poc, platform)
    if auth is AuthType.IAM:
        if platform is None:
            raise CliError(
                "the route asks for signed requests, and the platform with its region is not readable"
            )
        return {**headers, **signed(platform["spec"]["region"], "POST", url, body.content)}
    if auth is AuthType.JWT and not token:
        raise CliError("the route asks for a token: give --token, or set MODELPOC_TOKEN")
    return {**headers, "Authorization": f"Bearer {token}"} if token else headers


async def _post(url: str, body: Body, headers: Mapping[str, str], limit: float) -> Answer:
    began = time.perf_counter()
    try:
        async with (
            # A proxy of the environment leads nowhere from which this machine's own addresses can be reached.
            aiohttp.ClientSession(trust_env=not near(url), timeout=aiohttp.ClientTimeout(limit)) as session,
            session.post(url, data=body.content, headers=headers, allow_redirects=False) as answer,
        ):
            content = await answer.read()
    except TimeoutError:
        raise CliError(f"POST {url} gave no answer within {limit:g} s: --timeout waits longer") from None
    except (aiohttp.ClientError, OSError) as error:
        raise CliError(f"POST {url} failed: {error or type(error).__name__}") from error
    return Answer(answer.status, time.perf_counter() - began, content, answer.content_type)


def near(url: str) -> bool:
    """Whether it is this machine's own."""
    host = urlsplit(url).hostname or ""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def show(answer: Answer, raw: bool, note: str) -> None:
    """Writes an answer's body to stdout, a refusal's to stderr; laid out on a terminal unless `raw`."""
    stream = sys.stdout if answer.good else sys.stderr
    if not answer.good:
        typer.echo("\n".join(filter(None, (f"error: answered {answer.status}", note))), err=True)
    stream.flush()
    content = answer.content if raw or not stream.isatty() else laid_out(answer.content)
    stream.buffer.write(content)
    people = stream.isatty() or not (answer.good or raw)
    if people and not content.endswith(b"\n"):
        stream.buffer.write(b"\n")
    stream.buffer.flush()


def excuse(seen: Seen) -> str:
    """Why a POC may not answer as it should, as far as its object says; "" where it says all is well."""
    came_to = ending(seen)
    if came_to is Ending.READY:
        return ""
    reason = seen.status.reason or "not looked at yet"
    return f"note: {seen.name} is {reason}: {message(seen, came_to)}"


def laid_out(content: bytes) -> bytes:
    """JSON for the eye; anything else as it is."""
    try:
        return json.dumps(json.loads(content), indent=_INDENT, ensure_ascii=False).encode()
    except ValueError:
        return content
