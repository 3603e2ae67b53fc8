"""A fast cloud whose functions really run, and short words for what tests do with them."""

from __future__ import annotations

import base64
import io
import itertools
import json
import os
import textwrap
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.localcloud.edge_world import SCALE, Edge, eventually

ROLE = "arn:aws:iam::000000000000:role/function"
_numbers = itertools.count(1)


def package(source: str = "", mode: int = 0o644, **files: str) -> bytes:
    """A zip with `index.py`, and others by their module names."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in {"index": source, **files}.items():
            entry = zipfile.ZipInfo(name + ".py")
            entry.external_attr = mode << 16
            archive.writestr(entry, textwrap.dedent(text))
    return data.getvalue()


def make_role(iam: Any, name: str, service: str) -> str:
    """A role that a service may take on, and that may do everything; its ARN."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document(everything))
    return str(made["Role"]["Arn"])


def document(*statements: Mapping[str, Any]) -> str:
    """A policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass(frozen=True)
class Said:
    """What an invocation came to: the answer, whether it is an error, and the end of the log."""

    answer: Any
    error: str | None
    log: str

    @property
    def request_id(self) -> str:
        return self.log.split("START RequestId: ")[1].split()[0]


class Functions:
    """The functions of a running cloud."""

    def __init__(self, running: Any) -> None:
        self.cloud = running
        self.aws = running.client("lambda", parameter_validation=False, read_timeout=60)
        self.logs = running.client("logs")
        make_role(running.client("iam"), "function", "lambda")

    def name(self) -> str:
        return f"f{next(_numbers)}"

    def create(self, source: str, wait: bool = True, **given: Any) -> str:
        """A function of that source; Active unless told not to wait."""
        name = given.pop("FunctionName", None) or self.name()
        asked = {"Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE}
        code = given.pop("Code", None) or {"ZipFile": package(source)}
        self.aws.create_function(**{"FunctionName": name, **asked, "Code": code, **given})
        if wait:
            eventually(lambda: self.configuration(name)["State"] == "Active")
        return name

    def configuration(self, name: str) -> dict[str, Any]:
        return dict(self.aws.get_function_configuration(FunctionName=name))

    def updated(self, name: str) -> dict[str, Any]:
        """Its configuration once an update is over."""
        eventually(lambda: self.configuration(name)["LastUpdateStatus"] == "Successful")
        return self.configuration(name)

    def invoke(self, name: str, event: Any = None, **given: Any) -> Said:
        made = self.aws.invoke(FunctionName=name, Payload=json.dumps(event).encode(), LogType="Tail", **given)
        text = made["Payload"].read()
        log = base64.b64decode(made["LogResult"]).decode()
        return Said(json.loads(text), made.get("FunctionError"), log)

    def logged(self, group: str) -> list[str]:
        found = self.logs.filter_log_events(logGroupName=group)["events"]
        return [event["message"] for event in found]

    def allow(self, name: str, api: str, route: str = "*/*") -> None:
        arn = f"arn:aws:execute-api:eu-west-1:000000000000:{api}/{route}"
        self.aws.add_permission(
            FunctionName=name,
            StatementId=f"s{next(_numbers)}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=arn,
        )


def alive(pid: int) -> bool:
    """Whether a process runs still (one that only waits to be collected does not)."""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


__all__ = ["ROLE", "SCALE", "Edge", "Functions", "Said", "alive", "eventually", "package"]
