from pathlib import Path

import pytest

from experience_linker.errors import SettingsError
from experience_linker.settings import Settings


def test_a_bucket_is_enough() -> None:
    settings = Settings.read({"S3_BUCKET": "b"})
    assert settings == Settings("0.0.0.0", 8080, "", "b", "experience-linker/", None)


def test_everything_can_be_said() -> None:
    env = {"HOST": "127.0.0.1", "PORT": "9000", "ROOT_PATH": "a/b", "S3_PREFIX": "p/q", "ARTIFACT_DIR": "d"}
    assert Settings.read(env) == Settings("127.0.0.1", 9000, "/a/b", "", "p/q/", Path("d"))


@pytest.mark.parametrize("root_path", ["a/b", "/a/b", "a/b/", "/a/b/"])
def test_slashes_around_the_root_path_do_not_matter(root_path: str) -> None:
    assert Settings.read({"S3_BUCKET": "b", "ROOT_PATH": root_path}).root_path == "/a/b"


def test_an_artifact_must_come_from_somewhere() -> None:
    with pytest.raises(SettingsError, match="S3_BUCKET"):
        Settings.read({})


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80.0", "٨٠"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(SettingsError, match="PORT"):
        Settings.read({"S3_BUCKET": "b", "PORT": port})
