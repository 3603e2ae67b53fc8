"""Building a program from the pinned Go module, once."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from localcloud.controlplane.errors import BuildError
from localcloud.controlplane.programs import Program
from localcloud.controlplane.progress import Tell

MODULES = Path(__file__).parents[2]
"""Where the pinned modules are, by the name that `Program.module` gives."""
MODULE = MODULES / "controlplane"
POLL_SECONDS = 1.0
SHOWN_LINES = 12

# Go 1.21 is the first that can fetch the newer toolchain that go.mod asks for.
_OLDEST_GO = (1, 21)
_TYPICAL = {"etcd": "about 1 minute", "kube-apiserver": "about 4 minutes", "kubectl": "about 1 minute"}

_ASSETS = (
    "Or put etcd, kube-apiserver and kubectl into one folder and set KUBEBUILDER_ASSETS to it "
    "(https://book.kubebuilder.io/reference/envtest)."
)


def build(program: Program, target: Path, tell: Tell) -> Path:
    """Builds `program` to `target`, or waits for whoever builds it already. Raises `BuildError`."""
    with _alone(target, tell):
        if not target.exists():
            _build(program, _usable_go(program), target, tell)
    return target


def command(program: Program, go: str, output: Path) -> list[str]:
    """The `go build` that makes it: no debug information, no paths of this machine, no surprise versions."""
    flags = " ".join(["-s -w", *(f"-X {value}" for value in program.linker_values)])
    return [
        go,
        "build",
        "-mod=readonly",
        "-trimpath",
        "-buildvcs=false",
        f"-ldflags={flags}",
        f"-o={output}",
        program.package,
    ]


def go_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Static programs that no C compiler is needed for; a newer Go is fetched if this one is too old."""
    return {"GOTOOLCHAIN": "auto", **environ, "CGO_ENABLED": "0", "GOWORK": "off"}


def _build(program: Program, go: str, target: Path, tell: Tell) -> None:
    label = f"building {program.name} {program.version} (once, {_TYPICAL.get(program.name, 'minutes')}) …"
    output = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryFile("w+") as log:
            started = time.monotonic()
            building = subprocess.Popen(
                command(program, go, output),
                cwd=MODULES / program.module,
                env=go_environment(os.environ),
                stdout=log,
                stderr=log,
            )
            _watch(building, label, started, tell)
            log.seek(0)
            if building.returncode != 0:
                raise BuildError(_failure(program, log.read()))
        output.replace(target)
    finally:
        output.unlink(missing_ok=True)


def _watch(building: subprocess.Popen[bytes], label: str, started: float, tell: Tell) -> None:
    """Tells the elapsed time until the build ends; takes it down when interrupted."""
    try:
        while True:
            tell(f"{label} {time.monotonic() - started:.0f} s")
            try:
                building.wait(POLL_SECONDS)
                return
            except subprocess.TimeoutExpired:
                continue
    finally:
        if building.poll() is None:
            building.terminate()
            building.wait()


def _failure(program: Program, output: str) -> str:
    lines = [line for line in output.splitlines() if not line.startswith("go: downloading")]
    shown = "\n".join(f"  {line}" for line in lines[-SHOWN_LINES:])
    return (
        f"{program.name} {program.version} could not be built in {MODULES / program.module}:\n{shown}\n"
        "Go needs its module proxy (GOPROXY) and some 4 GB of disk for the first build. "
        f"{_what_else(program)}"
    )


def _what_else(program: Program) -> str:
    return _ASSETS if program.module == MODULE.name else f"Or put a {program.name} like it on PATH."


def _usable_go(program: Program) -> str:
    module = MODULES / program.module
    if not (module / "go.mod").is_file():
        raise BuildError(
            f"{program.name} is not on this machine and {module} holds no go.mod to build it from: "
            f"run from a checkout of the project. {_what_else(program)}"
        )
    go = shutil.which("go")
    if go is None:
        raise BuildError(
            f"{program.name} {program.version} is not on this machine, and building it needs Go, which is "
            f"not on PATH: install Go 1.26 or newer (https://go.dev/dl). {_what_else(program)}"
        )
    _check_age(go, program)
    return go


def _check_age(go: str, program: Program) -> None:
    answer = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"go(\d+)\.(\d+)", answer)
    if found is not None and (int(found[1]), int(found[2])) < _OLDEST_GO:
        raise BuildError(
            f"building {program.name} {program.version} needs Go 1.26 or newer and {go} is {found[0]}: "
            f"install a newer one (https://go.dev/dl). {_what_else(program)}"
        )


@contextmanager
def _alone(target: Path, tell: Tell) -> Iterator[None]:
    """Holds the lock of `target`, so that two who need it build it once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("w") as lock:
        started = time.monotonic()
        while not _locked(lock.fileno()):
            tell(f"waiting for another build of {target.name} … {time.monotonic() - started:.0f} s")
            time.sleep(POLL_SECONDS)
        yield


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
