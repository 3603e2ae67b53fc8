"""The reader of console blocks notices what differs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.docs.console import Typed, matches, typed

pytestmark = pytest.mark.unit

PAGE = """\
# A page

```console
$ not run
```

<!-- run -->
```console
$ greet
hello
…
$ fail   # exits 2
```
"""


def test_only_marked_blocks_are_run() -> None:
    assert typed(PAGE) == [Typed("greet", 0, ("hello", "…")), Typed("fail   # exits 2", 2, ())]


@pytest.mark.parametrize(
    ("shown", "output"),
    [
        (("hello",), "hello\n"),
        (("NAME   AGE", "a   …"), "NAME                AGE\na        4s\n"),
        (("…", "it took … s"), "one\ntwo\nit took 4.2 s\n"),
        (("first", "…"), "first\n"),
        ((), ""),
    ],
)
def test_what_fits(shown: tuple[str, ...], output: str) -> None:
    assert matches(shown, output)


@pytest.mark.parametrize(
    ("shown", "output"),
    [
        (("hello",), "hello\nworld\n"),
        (("hello",), ""),
        (("a.b",), "axb\n"),
        (("it took … s", "…"), "it took 4 minutes\n"),
        ((), "surprise\n"),
    ],
)
def test_what_does_not_fit(shown: tuple[str, ...], output: str) -> None:
    assert not matches(shown, output)


def test_a_block_without_a_prompt_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="begins with a prompt"):
        typed("<!-- run -->\n```console\nhello\n```\n")


def test_the_first_guide_has_commands_of_each_kind() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "first-poc.md").read_text()
    words = {one.line.split()[1] for one in typed(guide) if one.line.startswith("modelpoc ")}
    assert words >= {"local", "new", "validate", "plan", "apply", "predict", "status", "logs", "destroy"}
