"""From the bytes of a picture to what the network sees."""

import io
import warnings

import numpy as np
from PIL import Image, ImageOps

from object_counter.errors import NotAPicture, TooLarge
from object_counter.network import Array

SIDE = 48
FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 40_000_000
# Below this spread of grey values a picture is as good as blank: noise is not blown up.
_LEAST_SPREAD = 4.0


def read(body: bytes) -> Image.Image:
    """The picture in grey, upright; NotAPicture or TooLarge when it cannot be had from these bytes."""
    if not body:
        raise NotAPicture("there is no picture in the request: it is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            found = Image.open(io.BytesIO(body), formats=FORMATS)
        if found.width * found.height > MOST_PIXELS:
            raise TooLarge(f"{found.width} × {found.height} pixels are too many: scale the picture down")
        return _grey(found)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, TooLarge):
            raise
        raise NotAPicture("this is not a PNG, JPEG or WebP picture that can be read") from error


def _grey(picture: Image.Image) -> Image.Image:
    # A JPEG may be decoded at a half, a quarter or an eighth of its size, which is all that is needed.
    picture.draft("L", (8 * SIDE, 8 * SIDE))
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        layered = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered)
    return upright.convert("L")


def fit(picture: Image.Image) -> Array:
    """(48, 48): scaled to fit, its grey values around 0 with a spread of 1, zeros beside a narrow one."""
    scale = SIDE / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = np.asarray(picture.resize(size, Image.Resampling.BILINEAR), dtype=np.float32)
    levelled = (small - np.median(small)) / max(float(small.std()), _LEAST_SPREAD)
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    canvas = np.zeros((SIDE, SIDE), dtype=np.float32)
    canvas[top : top + size[1], left : left + size[0]] = levelled
    return canvas
