"""The four functions: what is understood, what is refused, and in which words."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import inference
import numpy as np
import pytest
from conftest import encoded
from PIL import Image

from object_counter.errors import InputError
from object_counter.pictures import fit


def test_the_answer_has_the_odds_of_each_count(model_dir: Path, picture: bytes) -> None:
    model = inference.model_fn(str(model_dir))
    answer = json.loads(
        inference.output_fn(inference.predict_fn(inference.input_fn(picture, "image/png"), model), "")
    )
    assert list(answer) == ["probabilities", "count"]
    assert list(answer["probabilities"]) == ["1", "2", "3", "4", "5"]
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=0.001)
    assert answer["count"] == int(max(answer["probabilities"], key=answer["probabilities"].get))


@pytest.mark.parametrize(
    "kind", ["image/png", "image/PNG; q=1", "image/jpeg", "application/x-image", "image/webp"]
)
def test_bytes_are_read_by_what_they_are(picture: bytes, kind: str) -> None:
    assert inference.input_fn(bytearray(picture), kind).shape == (48, 48)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_other_forms_of_one_picture_are_seen_much_alike(kind: str, mode: str) -> None:
    grey = Image.fromarray(np.tile(np.linspace(20, 230, 96, dtype=np.uint8), (60, 1)))
    seen = inference.input_fn(encoded(grey.convert(mode), kind, quality=95), "application/x-image")
    assert np.abs(seen - fit(grey)).max() < 0.15


def test_sixteen_bits_palettes_and_turned_photographs_are_read() -> None:
    deep = Image.fromarray(np.full((20, 30), 40_000, dtype=np.uint16))
    assert inference.input_fn(encoded(deep), "image/png").shape == (48, 48)
    palette = Image.new("RGB", (20, 30), "red").convert("P")
    assert inference.input_fn(encoded(palette), "image/png").shape == (48, 48)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    wide = Image.new("L", (60, 20), 50)
    wide.paste(200, (0, 0, 10, 20))
    turned = inference.input_fn(encoded(wide, "JPEG", exif=exif), "image/jpeg")
    assert (turned[:, :12] == 0).all()  # upright now, with nothing beside it


def test_what_is_transparent_counts_as_white() -> None:
    clear = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), (10, 10, 30, 30))
    white = Image.new("L", (40, 40), 255)
    white.paste(0, (10, 10, 30, 30))
    assert np.allclose(inference.input_fn(encoded(clear), "image/png"), fit(white), atol=0.02)


def test_extreme_shapes_and_blank_pictures_are_survived(model_dir: Path) -> None:
    model = inference.model_fn(str(model_dir))
    for size in ((1, 1), (2000, 1), (1, 3000)):
        odds = inference.predict_fn(inference.input_fn(encoded(Image.new("L", size, 7)), "image/png"), model)
        assert np.isfinite(list(odds["probabilities"].values())).all()  # type: ignore[union-attr]


BAD: list[tuple[Any, str, int, str]] = [
    (b"", "image/png", 400, "empty"),
    (b"GIF89a nothing", "image/png", 400, "not a PNG, JPEG or WebP"),
    (b"\x89PNG\r\n\x1a\n cut short", "image/png", 400, "not a PNG, JPEG or WebP"),
    (b"a,b", "text/csv", 415, "text/csv is not understood"),
    (b"x" * (5 * 1024 * 1024 + 1), "image/jpeg", 413, "5242880 at most"),
    ("{", "application/json", 400, "not JSON"),
    (b"\xff\xfe", "application/json", 400, "not JSON"),
    ("[]", "application/json", 400, "send {"),
    ("{}", "application/json", 400, "send {"),
    ("null", "application/json", 400, "send {"),
    ('{"url": "https://a.example/", "image": ""}', "application/json", 400, "send {"),
    ('{"url": 5}', "application/json", 400, "url must be a text"),
    ('{"image": ["a"]}', "application/json", 400, "image must be a text"),
    ('{"image": "no base64!"}', "application/json", 400, "not valid base64"),
    ('{"image": ""}', "application/json", 400, "empty"),
    (json.dumps({"image": base64.b64encode(b"text").decode()}), "application/json", 400, "not a PNG"),
    ('{"url": "file:///etc/passwd"}', "application/json", 400, "https:// or http://"),
    ('{"url": ""}', "application/json", 400, "https:// or http://"),
]


@pytest.mark.parametrize(("body", "kind", "status", "words"), BAD)
def test_a_bad_request_is_refused_in_words(body: Any, kind: str, status: int, words: str) -> None:
    with pytest.raises(InputError, match=words.replace("{", r"\{")) as refused:
        inference.input_fn(body, kind)
    assert isinstance(refused.value, ValueError)
    assert (refused.value.status_code, refused.value.status) == (status, status)
    assert str(refused.value) == refused.value.message


def test_gif_and_other_formats_are_not_opened() -> None:
    with pytest.raises(InputError, match="not a PNG, JPEG or WebP"):
        inference.input_fn(encoded(Image.new("L", (9, 9)), "GIF"), "image/png")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked() -> None:
    bomb = encoded(Image.new("1", (9000, 9000)))
    assert len(bomb) < 50_000
    with pytest.raises(InputError, match="too many") as refused:
        inference.input_fn(bomb, "image/png")
    assert refused.value.status_code == 413


def test_a_data_url_is_taken_too(picture: bytes) -> None:
    text = "data:image/png;base64," + base64.b64encode(picture).decode()
    assert inference.input_fn(json.dumps({"image": text}), "application/json").shape == (48, 48)


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "text/html, application/json;q=0.9", "", "application/*"]
)
def test_json_is_given_to_whoever_accepts_it(accept: str) -> None:
    assert inference.output_fn({"count": 1}, accept) == '{"count": 1}'


def test_another_form_of_answer_is_refused() -> None:
    with pytest.raises(InputError, match="application/json") as refused:
        inference.output_fn({"count": 1}, "text/csv")
    assert refused.value.status_code == 406


def test_in_awss_toolkit_they_are_its_own_exceptions(tmp_path: Path) -> None:
    # Its module as far as it matters here: without it, its containers would answer 500.
    package = tmp_path / "sagemaker_inference"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "errors.py").write_text(
        "class BaseInferenceToolkitError(Exception):\n"
        "    def __init__(self, status_code, message, phrase):\n"
        "        self.status_code, self.message, self.phrase = status_code, message, phrase\n"
        "        super().__init__(status_code, message, phrase)\n"
    )
    program = (
        "from sagemaker_inference.errors import BaseInferenceToolkitError as Theirs;"
        "from object_counter.errors import UnsupportedType;"
        "error = UnsupportedType('no such type');"
        "print(isinstance(error, Theirs), isinstance(error, ValueError));"
        "print(error.status_code, error.phrase, error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n") == ["True True", "415 Unsupported Media Type no such type", ""]
