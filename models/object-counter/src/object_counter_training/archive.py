"""Packs model.tar.gz: the same bytes for the same weights and code."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from object_counter.network import Network
from object_counter_training.report import Measured

_ROOT = Path(__file__).parents[2]


def packed(network: Network, measured: Measured) -> bytes:
    """The archive: the weights, what was measured, and under code/ what serves them."""
    return archived({"model.npz": weights(network), "measured.json": _document(measured), **_code()})


def weights(network: Network) -> bytes:
    """As an .npz; numpy stamps nothing in it with the time."""
    stored = io.BytesIO()
    np.savez_compressed(
        stored, allow_pickle=False, **{name: network.weights[name] for name in sorted(network.weights)}
    )
    return stored.getvalue()


def archived(files: Mapping[str, bytes]) -> bytes:
    """A tar.gz of these files, in the order of their names, without owner and time."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(files[name]), 0o644
            tar.addfile(entry, io.BytesIO(files[name]))
    return gzip.compress(plain.getvalue(), mtime=0)


def _code() -> dict[str, bytes]:
    package = _ROOT / "src" / "object_counter"
    served = {f"code/object_counter/{file.name}": file.read_bytes() for file in package.glob("*.py")}
    return {"code/inference.py": (_ROOT / "code" / "inference.py").read_bytes(), **served}


def _document(measured: Measured) -> bytes:
    return (json.dumps(measured.summary(), indent=2) + "\n").encode()
