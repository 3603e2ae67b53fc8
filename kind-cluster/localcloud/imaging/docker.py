"""One engine, spoken to by Docker's command."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from localcloud.controlplane.progress import Tell, silent
from localcloud.imaging.errors import BuildFailed, ImagingError

_SHOWN_LINES = 25
_ANSWER_SECONDS = 30.0
_STEP = re.compile(r"(?:Step (?P<step>\d+/\d+)|#\d+ \[(?P<stage>[^\]]*)\])\s*:?\s*(?P<what>.*)")


@dataclass(frozen=True)
class Docker:
    """An engine at `host`, as in DOCKER_HOST (`unix:///…/docker.sock`)."""

    host: str

    def answers(self) -> bool:
        """Whether the engine is there and speaks with us."""
        words = ("version", "--format={{.Server.Version}}")
        try:
            return self._run(*words, check=False, seconds=_ANSWER_SECONDS).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def ask(self, *words: str) -> str:
        """What a `docker` command prints; `ImagingError` with its own words if it fails."""
        return self._run(*words).stdout.strip()

    def image_id(self, reference: str) -> str | None:
        """The id (`sha256:…`) of the image called so, if the engine has it."""
        found = self._run("image", "inspect", "--format={{.Id}}", reference, check=False)
        return found.stdout.strip() if found.returncode == 0 else None

    def build(
        self,
        context: Path,
        dockerfile: Path,
        tag: str,
        arguments: Mapping[str, str] | None = None,
        tell: Tell = silent,
    ) -> str:
        """Builds an image and gives its id. Steps have the machine's network, as they fetch packages."""
        given = [f"--build-arg={name}={value}" for name, value in (arguments or {}).items()]
        words = ["build", "--network=host", f"--file={dockerfile}", f"--tag={tag}", *given, str(context)]
        label = f"building {tag}"
        tell(f"{label} …")
        with self._started(words) as building:
            assert building.stdout is not None
            kept: list[str] = []
            for line in building.stdout:
                kept = [*kept[1 - _SHOWN_LINES :], line.rstrip()]
                if step := _STEP.match(line):
                    tell(f"{label} … {step['step'] or step['stage']} {step['what'][:60]}")
        if building.returncode != 0:
            shown = "\n".join(f"  {line}" for line in kept)
            raise BuildFailed(f"{dockerfile} could not be built as {tag}:\n{shown}")
        built = self.image_id(tag)
        assert built is not None
        return built

    def save(self, tags: Sequence[str], target: Path) -> Path:
        """Writes images into one tar archive, as `ctr images import` and `docker load` take it."""
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            self.ask("save", f"--output={fresh}", *tags)
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
        return target

    def _run(
        self, *words: str, check: bool = True, seconds: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["docker", f"--host={self.host}", *words],
            text=True,
            capture_output=True,
            check=False,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
        )
        if check and done.returncode != 0:
            raise ImagingError(f"docker {words[0]}: {done.stderr.strip()}")
        return done

    @contextmanager
    def _started(self, words: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
        """A command whose output is read as it comes; ended when we are interrupted."""
        process = subprocess.Popen(
            ["docker", f"--host={self.host}", *words],
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
        )
        try:
            yield process
        except BaseException:
            process.terminate()
            raise
        finally:
            process.wait()

    @cached_property
    def _environment(self) -> dict[str, str]:
        """BuildKit where its command is there; Debian has none."""
        plain = {key: value for key, value in os.environ.items() if key != "DOCKER_HOST"}
        if "DOCKER_BUILDKIT" in plain:
            return plain
        buildx = subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False)
        return plain if buildx.returncode == 0 else {**plain, "DOCKER_BUILDKIT": "0"}
