"""The artifact: its files, its bytes, its way into S3."""

import gzip
import os
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from conftest import ROOT, Built

from object_counter_training import artifact
from object_counter_training.archive import archived, packed


def test_the_archive_is_the_same_bytes_at_any_time(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    made = (built.directory / "model.tar.gz").read_bytes()
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert packed(built.trained.network, built.trained.measured) == made


def test_members_are_sorted_and_carry_no_owner_and_no_time(built: Built) -> None:
    with tarfile.open(built.directory / "model.tar.gz") as tar:
        members = tar.getmembers()
    names = [member.name for member in members]
    assert names == sorted(names)
    assert {"model.npz", "measured.json", "code/inference.py", "code/object_counter/network.py"} <= set(names)
    assert not [name for name in names if "training" in name or "__pycache__" in name]
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime, m.mode) for m in members} == {(0, 0, "", "", 0, 0o644)}


def test_the_order_of_the_files_does_not_matter() -> None:
    assert archived({"a": b"1", "b": b"2"}) == archived({"b": b"2", "a": b"1"}) != archived({"a": b"1"})
    assert gzip.decompress(archived({"a": b"1"}))[:1] == b"a"


def test_the_archive_stands_alone(model_dir: Path, tmp_path: Path) -> None:
    # As in a container: nothing of this project on the path but what the archive brings.
    program = (
        "import inference, object_counter, sys;"
        "model = inference.model_fn(sys.argv[1]);"
        "data = inference.input_fn(open(sys.argv[2], 'rb').read(), 'image/png');"
        "print(object_counter.__file__, inference.predict_fn(data, model)['count'])"
    )
    example = ROOT / "ui" / "examples" / "4-a.png"
    done = subprocess.run(
        [sys.executable, "-c", program, str(model_dir), str(example)],
        env={**os.environ, "PYTHONPATH": str(model_dir / "code")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(model_dir / "code" / "object_counter" / "__init__.py"), "4"]


def test_training_needs_stay_out_of_what_is_served(model_dir: Path) -> None:
    for file in model_dir.rglob("*.py"):
        text = file.read_text()
        assert "skimage" not in text
        assert "object_counter_training" not in text


class Bucket:
    """The two S3 calls that an upload makes, over a dict."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            answer: Any = {"Error": {"Code": "404"}, "ResponseMetadata": {"HTTPStatusCode": 404}}
            raise ClientError(answer, "HeadObject")
        return {"Metadata": self.objects[Key][1]}

    def put_object(self, Bucket: str, Key: str, Body: bytes, Metadata: dict[str, str]) -> None:
        self.objects[Key] = (Body, Metadata)


def test_an_upload_writes_what_differs_and_nothing_twice(built: Built) -> None:
    bucket = Bucket()
    assert artifact.upload(built.directory, "b", "p/", bucket) == ["handler.py", "model.tar.gz"]
    assert bucket.objects["p/handler.py"][0] == (ROOT / "handler.py").read_bytes()
    assert artifact.upload(built.directory, "b", "p/", bucket) == []
    bucket.objects["p/handler.py"] = (b"", {"sha256": "another"})
    assert artifact.upload(built.directory, "b", "p/", bucket) == ["handler.py"]


def test_an_unreachable_bucket_is_told_with_its_address(built: Built) -> None:
    class Unreachable(Bucket):
        def head_object(self, **_: str) -> dict[str, Any]:
            raise EndpointConnectionError(endpoint_url="http://s3.invalid")

    with pytest.raises(artifact.ArtifactError, match=r"s3://b/p/.*s3\.invalid"):
        artifact.upload(built.directory, "b", "p/", Unreachable())


def test_the_command_refuses_to_upload_what_was_not_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "handler.py").touch()
    assert artifact.main(["upload", "--dir", str(tmp_path / "none"), "--bucket", "b"]) == 1
    assert "build the artifact first" in capsys.readouterr().err


def test_train_tells_how_it_is_called() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "train.py"), "--help"], capture_output=True, text=True, check=True
    )
    assert "--out DIR" in done.stdout
    assert "--seed" in done.stdout
