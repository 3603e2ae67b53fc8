"""How `modelpoc operator` finds out who it is among its replicas, and where the one that works is."""

from __future__ import annotations

import pytest

from modelpoc.cli.faces import CliError
from modelpoc.cli.operator import _candidacy, _url

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("address", "url"),
    [("10.0.0.7", "http://10.0.0.7:9443"), ("fd00::7", "http://[fd00::7]:9443"), ("", "")],
)
def test_where_the_one_that_works_listens(address: str, url: str) -> None:
    assert _url(address, 9443) == url


def test_a_pod_stands_under_a_name_of_its_own_and_says_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"POD_NAME": "one", "POD_NAMESPACE": "system", "POD_IP": "10.0.0.7"}.items():
        monkeypatch.setenv(name, value)
    first, second = (_candidacy(True, None, "it", (15, 10, 2)) for _ in range(2))
    assert first
    assert second
    assert first.identity.startswith("one_")
    assert first.identity != second.identity, "a container that starts anew is another process"
    assert (first.namespace, first.name, first.address) == ("system", "it", "10.0.0.7")


def test_who_stands_for_nothing_is_no_candidate_and_periods_have_to_fit() -> None:
    assert _candidacy(False, None, "it", (15, 10, 2)) is None
    with pytest.raises(CliError, match="--renew-deadline"):
        _candidacy(True, None, "it", (10, 10, 2))
