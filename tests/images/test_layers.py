"""What counts as a file that a layer brings."""

from __future__ import annotations

import io
import tarfile

import pytest
from tests.images.layers import File, files_of

pytestmark = pytest.mark.unit


def tar(**contents: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        for name, content in contents.items():
            (member := tarfile.TarInfo(name)).size = len(content)
            made.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_a_file_that_is_taken_away_is_not_brought() -> None:
    layer = tar(**{"opt/kept.py": b"1", "opt/.wh.gone_test.py": b"", "opt/.whole": b"2"})
    with tarfile.open(fileobj=io.BytesIO(tar(layer=layer))) as whole:
        assert list(files_of(whole, "layer")) == [File("/opt/kept.py", b"1"), File("/opt/.whole", b"2")]
