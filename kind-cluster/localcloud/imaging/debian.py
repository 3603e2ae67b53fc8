"""Programs that Debian has as packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from localcloud.controlplane.progress import Tell
from localcloud.imaging.errors import ImagingError

# Another one of us may be at it: wait for the lock. Nothing that is installed shall start by itself.
_LOCK_SECONDS, _LOOK_SECONDS = 600, 2.0
_APT = ("apt-get", "-qq", "-o", f"DPkg::Lock::Timeout={_LOCK_SECONDS}", "-o", "Acquire::Retries=3")
_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1", "LC_ALL": "C"}


def why_not() -> str | None:
    """Why packages cannot be installed here; None if they can."""
    if not Path("/etc/debian_version").exists() or shutil.which("apt-get") is None:
        return "this is no Debian"
    return None if os.geteuid() == 0 else "that needs root"


def ensure(programs: Mapping[str, str], tell: Tell) -> None:
    """Installs the packages (values) whose programs (keys) are not on PATH. Raises `ImagingError`."""
    missing = sorted({package for program, package in programs.items() if shutil.which(program) is None})
    if not missing:
        return
    named = " ".join(missing)
    if why := why_not():
        raise ImagingError(f"not on this machine and cannot be installed, as {why}: {named}")
    tell(f"installing from Debian (once): {named} …")
    _updated(tell)
    _apt("install", "-y", "--no-install-recommends", *missing)


def _updated(tell: Tell) -> None:
    """apt's timeout is not for this lock, which a machine that was just booted holds for a while."""
    started = time.monotonic()
    while True:
        try:
            return _apt("update")
        except ImagingError as error:
            waited = time.monotonic() - started
            if "Could not get lock" not in str(error) or waited > _LOCK_SECONDS:
                raise
            tell(f"waiting for another apt-get … {waited:.0f} s")
            time.sleep(_LOOK_SECONDS)


def _apt(*words: str) -> None:
    done = subprocess.run(
        [*_APT, *words], env={**os.environ, **_ENVIRONMENT}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ImagingError(f"apt-get {' '.join(words)}: {done.stderr.strip()[-600:]}")
