"""The image that the Dockerfiles stand on: pulled, or a stand-in made here."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from localcloud.context import default_cache_dir
from localcloud.controlplane.progress import Tell, silent
from localcloud.imaging import debian
from localcloud.imaging.docker import Docker
from localcloud.imaging.errors import ImagingError, NoBase

NAMED = "python:3.11.14-slim-bookworm"  # what the Dockerfiles name

_PULL_SECONDS = 300.0
_SUITE, _MIRROR = "bookworm", "http://deb.debian.org/debian"
_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_PACKAGES = ("ca-certificates", "python3", "python3-pip", "python3-venv", "usr-is-merged")
# Documentation and translations are left out, licences kept, as in Debian's own slim images.
_LEFT_OUT = (
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
)
_HOOKS = (
    # `python`, as in the Python image; and packages may go into the system's Python, as this is a container.
    'ln -s python3 "$1/usr/bin/python"',
    'rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED',
    'rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin "$1"/var/log/*',
)
# How this machine reaches package registries: a build in a container of its own has to be told.
_TOLD = ("PIP_INDEX_URL", "PIP_DEFAULT_TIMEOUT", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_HTTP_TIMEOUT")
_TRUSTING = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def base_image(docker: Docker, tell: Tell = silent) -> str:
    """The name of an image with Python 3.11 on Debian 12 that the engine has now.

    `NAMED` where the engine has or can pull it; else a stand-in from Debian's packages, which trusts what
    this machine trusts and finds packages where it does. Raises `NoBase`.
    """
    if docker.image_id(NAMED) is not None:
        return NAMED
    tell(f"pulling {NAMED} …")
    why = _pull(docker)
    return NAMED if why is None else stand_in(docker, why, tell)


def stand_in(docker: Docker, why: str, tell: Tell = silent) -> str:
    """An image made of Debian's packages, under a name that says what went into it."""
    settings = _settings(os.environ)
    name = f"modelpoc-base:{_key(settings)}"
    if docker.image_id(name) is None:
        try:
            root = _root(_key(settings), tell)
        except ImagingError as error:
            raise NoBase(f"{NAMED} cannot be pulled ({why}), nor a stand-in be made: {error}") from error
        tell(f"importing the base {name} …")
        changes = [f"ENV {key}={json.dumps(value)}" for key, value in settings.items()]
        docker.ask("import", *(f"--change={c}" for c in [*changes, 'CMD ["python3"]']), str(root), name)
    return name


def _pull(docker: Docker) -> str | None:
    """Why it could not be pulled; None if it was."""
    try:
        done = subprocess.run(
            ["docker", f"--host={docker.host}", "pull", "--quiet", NAMED],
            capture_output=True,
            text=True,
            check=False,
            timeout=_PULL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"not within {_PULL_SECONDS:.0f} s"
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no reason given"])[-1]


def _root(key: str, tell: Tell) -> Path:
    """The tar archive of the stand-in's root, made when it is not in the cache."""
    target = default_cache_dir() / "bases" / f"{key}.tar"
    with _alone(target):
        if not target.exists():
            debian.ensure({"mmdebstrap": "mmdebstrap"}, tell)
            tell(
                f"making a base from Debian's packages, as {NAMED} cannot be pulled (once, about 1 minute) …"
            )
            _make(target)
    return target


def _make(target: Path) -> None:
    for left in target.parent.glob(f".{target.stem}.*.tar"):  # by one that was killed
        left.unlink(missing_ok=True)
    fresh = target.with_name(f".{target.stem}.{os.getpid()}.tar")
    try:
        # Whoever runs this may have Python write no bytecode: then the packages' is missing.
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        done = subprocess.run(_recipe(str(fresh)), env=environ, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NoBase("mmdebstrap:\n" + "\n".join(f"  {line}" for line in done.stderr.splitlines()[-12:]))
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _recipe(output: str) -> list[str]:
    trusted = [f"copy-in {_BUNDLE} {_BUNDLE.parent}"] if _BUNDLE.exists() else []
    return [
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        f"--include={','.join(_PACKAGES)}",
        *(f"--dpkgopt={option}" for option in _LEFT_OUT),
        *(f"--customize-hook={hook}" for hook in [*trusted, *_HOOKS]),
        _SUITE,
        output,
        _MIRROR,
    ]


def _settings(environ: Mapping[str, str]) -> dict[str, str]:
    """What builds on the stand-in find in their environment. Addresses with a password stay out of images."""
    told = {name: environ[name] for name in _TOLD if environ.get(name) and "@" not in environ[name]}
    trusting = {name: str(_BUNDLE) for name in _TRUSTING} if _BUNDLE.exists() else {}
    return {**trusting, **told}


def _key(settings: Mapping[str, str]) -> str:
    """Of all that goes into the stand-in but the packages' versions."""
    bundle = _BUNDLE.read_bytes() if _BUNDLE.exists() else b""
    whole = json.dumps([_recipe(""), sorted(settings.items()), hashlib.sha256(bundle).hexdigest()])
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Two that need it make it once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
