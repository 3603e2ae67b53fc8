"""What is granted and not used is told, and what was used and is not granted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.granted import comparing, observing
from tests.granted.__main__ import main
from tests.granted.comparing import Seen
from tests.granted.observing import Request

from localcloud.controlplane import audit
from localcloud.rights import NAMESPACE, OPERATOR, RULES, SYNC

pytestmark = pytest.mark.unit

POCS = {"apiGroups": ["modelpoc.dev"], "resources": ["modelpocs"]}
RULE: dict[str, Any] = {
    "operator": {
        "cluster": [{**POCS, "verbs": ["list", "patch"]}],
        "namespaced": [
            {
                "apiGroups": ["coordination.k8s.io"],
                "resources": ["leases"],
                "resourceNames": ["one"],
                "verbs": ["get"],
            }
        ],
    },
    "sync": {"cluster": [], "namespaced": [{**POCS, "verbs": ["patch", "delete"]}]},
}


def asked(verb: str, user: str = OPERATOR, *, where: str = "team", allowed: bool = True) -> Request:
    return Request(user, verb, "modelpoc.dev", "modelpocs", where, "", allowed)


def lease(name: str, where: str = NAMESPACE) -> Request:
    return Request(OPERATOR, "get", "coordination.k8s.io", "leases", where, name, True)


EVERYTHING = (
    asked("list", where=""),
    asked("patch"),
    asked("patch", SYNC),
    asked("delete", SYNC),
    lease("one"),
)


def seen(*requests: Request) -> list[Seen]:
    return [Seen("t-one", "test_one.py", requests)]


def test_what_is_used_and_granted_is_equal() -> None:
    compared = comparing.kube(RULE, seen(*EVERYTHING))
    assert compared.equal
    assert len(compared.used) == 5


@pytest.mark.parametrize("missing", EVERYTHING, ids=str)
def test_each_verb_that_nobody_used_is_too_much(missing: Request) -> None:
    compared = comparing.kube(RULE, seen(*(r for r in EVERYTHING if r != missing)))
    assert (len(compared.too_much), compared.lacking) == (1, {})


@pytest.mark.parametrize(
    "more",
    [
        asked("list", allowed=False),
        asked("watch"),
        asked("patch/status"),
        asked("delete", where=""),
        lease("two"),
        lease("one", "team"),
    ],
    ids=str,
)
def test_what_is_not_granted_or_was_refused_is_lacking(more: Request) -> None:
    compared = comparing.kube(RULE, seen(*EVERYTHING, more))
    assert (compared.too_much, len(compared.lacking)) == ((), 1)


def test_a_verb_of_two_rules_counts_for_whose_user_it_was() -> None:
    compared = comparing.kube(RULE, seen(*(r for r in EVERYTHING if r.user == OPERATOR)))
    assert compared.too_much == (
        "sync.namespaced: delete modelpocs.modelpoc.dev",
        "sync.namespaced: patch modelpocs.modelpoc.dev",
    )


def test_actions_are_compared_as_verbs_are() -> None:
    refused = ({"role": "modelpoc-operator", "action": "c:C", "resource": "*", "why": "because"},)
    compared = comparing.iam(frozenset({"a:A", "b:B"}), [Seen("t", "t.py", (), frozenset({"a:A"}), refused)])
    assert compared.too_much == ("b:B",)
    assert list(compared.lacking) == ["c:C"]


def event(decision: str = "allow", binding: str = "modelpoc-operator", code: int = 200, **about: str) -> str:
    notes = {
        "authorization.k8s.io/decision": decision,
        "authorization.k8s.io/reason": f'RBAC: allowed by ClusterRoleBinding "{binding}" of ClusterRole "x"',
    }
    about = {"resource": "modelpocs", "apiGroup": "modelpoc.dev", "namespace": "team", "name": "a", **about}
    who, answer = {"username": OPERATOR}, {"code": code}
    whole = {"user": who, "verb": "patch", "objectRef": about, "annotations": notes, "responseStatus": answer}
    return json.dumps(whole)


def test_the_audit_log_is_read() -> None:
    lines = [
        event(),
        event(name="b"),
        event(subresource="status"),
        event("forbid"),
        event(binding="system:discovery"),
        '{"half',
    ]
    assert observing.requests(lines) == {
        asked("patch"),
        asked("patch", allowed=False),
        Request(OPERATOR, "patch", "modelpoc.dev", "modelpocs/status", "team", "", True),
    }


def test_what_an_apply_makes_was_allowed_to_be_created() -> None:
    assert observing.requests([event(code=201)]) == {asked("patch"), asked("create")}


def test_a_folder_of_clouds_is_compared_with_chart_and_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(observing.FOLDER, str(tmp_path))
    (tmp_path / audit.LOG).write_text(event() + "\n")
    iam = {"used": {"modelpoc-operator": ["ecs:CreateService"], "other": ["s3:GetObject"]}, "refused": []}
    observing.note("t-one", plane=tmp_path, iam=iam)
    assert main(tmp_path) == 1
    told = capsys.readouterr().out.splitlines()
    assert any("operator.cluster: patch modelpocs" in line and "test_comparing.py" in line for line in told)
    assert any("ecs:CreateService " in line and "test_comparing.py" in line for line in told)
    assert any(line.startswith("  TOO MUCH: ecs:UpdateService") for line in told)
    assert not any("LACKING" in line or "s3:GetObject  " in line for line in told)


def test_each_verb_of_the_chart_stands_once() -> None:
    granted = list(comparing.verbs(yaml.safe_load(RULES.read_text(encoding="utf-8"))))
    assert sorted(granted) == sorted(set(granted))
