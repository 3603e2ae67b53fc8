"""Ways to break the good repository, and where each is to be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.unit.catalog.good_repository import COUNTER, LINKER, OLDER, Files, model

Break = Callable[[Files], None]
C, M = "models_config", "models"
L = f"{M}/linker"
LC = f"{C}/linker/config.yaml"
OC = f"{C}/older/config.yaml"
CC = f"{C}/counter/config.yaml"


@dataclass(frozen=True)
class Broken:
    """`wrong` does it; `place` is "file:line" of the finding, whose words hold `says`."""

    id: str
    wrong: Break
    place: str
    says: str
    links: Callable[[Path], None] = lambda _: None


def put(path: str, text: str) -> Break:
    return lambda files: files.update({path: text})


def drop(path: str) -> Break:
    return lambda files: files.pop(path) and None


def swap(path: str, old: str, new: str) -> Break:
    def change(files: Files) -> None:
        assert old in files[path], f"{path} does not hold {old!r}"
        files[path] = files[path].replace(old, new, 1)

    return change


def rename(old: str, new: str) -> Break:
    """A directory on both sides, or a whole path of one."""

    def change(files: Files) -> None:
        for path in list(files):
            for side in (f"{M}/", f"{C}/", ""):
                if path.startswith(f"{side}{old}/"):
                    files[f"{side}{new}/{path.removeprefix(f'{side}{old}/')}"] = files.pop(path)
                    break

    return change


def both(*breaks: Break) -> Break:
    def change(files: Files) -> None:
        for one in breaks:
            one(files)

    return change


def more(name: str, config: str) -> Break:
    """Another POC."""
    return lambda files: files.update({**model(name), f"{C}/{name}/config.yaml": config})


def link(path: str, target: str) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).unlink(missing_ok=True)
        (root / path).symlink_to(target)

    return make


def nothing(_: Files) -> None:
    """The files are as they were; a link breaks it."""


BROKEN = [
    # names
    Broken("underscore", rename("linker", "job_linker"), f"{M}/job_linker:1", 'call it "job-linker"'),
    Broken("underscore-config", rename("linker", "job_linker"), f"{C}/job_linker:1", "not '_'"),
    Broken("capitals", rename("linker", "JobLinker"), f"{M}/JobLinker:1", 'call it "job-linker"'),
    Broken("dots", rename("linker", "linker.v2"), f"{C}/linker.v2:1", 'call it "linker-v2"'),
    Broken("space", rename("linker", "job linker"), f"{C}/job linker:1", 'call it "job-linker"'),
    Broken("hyphen-first", rename("linker", "-linker"), f"{M}/-linker:1", 'call it "linker"'),
    Broken("not-ascii", rename("linker", "größe"), f"{M}/größe:1", 'call it "grosse"'),
    Broken("no-letter-at-all", rename("linker", "__"), f"{M}/__:1", "give it a name of a-z"),
    Broken("not-utf8", rename("linker", "lin\udcffker"), f"{M}/lin\udcffker:1", 'call it "lin-ker"'),
    Broken("long", rename("linker", "a" * 64), f"{C}/{'a' * 64}:1", "64 characters are more than 63"),
    # two sides
    Broken("no-config", drop(LC), f"{M}/linker:1", f"{C}/linker/config.yaml is missing"),
    Broken("no-model", rename(f"{M}/linker", "other"), f"{LC}:1", f"{M}/linker is missing"),
    Broken(
        "names-differ-a-little",
        rename(f"{M}/linker", f"{M}/linkerr"),
        f"{LC}:1",
        f"give {M}/linkerr and this one the same name",
    ),
    Broken("empty-config-dir", put(f"{C}/new/notes.md", ""), f"{C}/new/config.yaml:1", "is missing"),
    Broken(
        "config-yml",
        both(drop(LC), put(f"{C}/linker/config.yml", LINKER)),
        f"{C}/linker/config.yml:1",
        "rename it to config.yaml",
    ),
    Broken(
        "config-beside", put(f"{C}/loose.yaml", LINKER), f"{C}/loose.yaml:1", "put it at loose/config.yaml"
    ),
    # what is shared
    Broken(
        "path-twice",
        more("second", "ecs: {image: x}\nroute:\n  path: /poc-deployment/linker\n"),
        f"{C}/second/config.yaml:3",
        "belongs to linker already",
    ),
    Broken(
        "paths-both-written",
        both(
            swap(CC, COUNTER, COUNTER + "route:\n  path: /a/b\n"),
            swap(LC, "  priority: 10", "  path: /a/b\n  priority: 10"),
        ),
        f"{LC}:9",
        "/a/b belongs to counter already",
    ),
    Broken("priority-twice", swap(LC, "10", "20"), f"{OC}:15", "20 belongs to linker already"),
    # files of a model
    Broken("no-dockerfile", drop(f"{L}/Dockerfile"), f"{L}/Dockerfile:1", "is missing: write one"),
    Broken("dockerfile-empty", put(f"{L}/Dockerfile", ""), f"{L}/Dockerfile:1", "has no FROM"),
    Broken(
        "dockerfile-no-from",
        put(f"{L}/Dockerfile", "# a\nARG B=1\nRUN true\nFROM x\n"),
        f"{L}/Dockerfile:3",
        "RUN stands before FROM",
    ),
    Broken(
        "dockerfile-is-dir",
        both(drop(f"{L}/Dockerfile"), put(f"{L}/Dockerfile/x", "")),
        f"{L}/Dockerfile:1",
        "cannot be read",
    ),
    Broken(
        "merge-conflict",
        swap(f"{L}/Dockerfile", "COPY", "<<<<<<< HEAD\nCOPY"),
        f"{L}/Dockerfile:4",
        "merge conflict",
    ),
    Broken(
        "no-python-version",
        drop(f"{L}/.python-version"),
        f"{L}/.python-version:1",
        "write the version of Python",
    ),
    Broken(
        "python-version-no-version",
        put(f"{L}/.python-version", "# newest\nlatest\n"),
        f"{L}/.python-version:2",
        '"latest" is no version of Python',
    ),
    Broken(
        "python-version-outside",
        put(f"{L}/.python-version", "3.10\n"),
        f"{L}/.python-version:1",
        'outside of requires-python ">=3.11"',
    ),
    Broken(
        "requires-python-nonsense",
        swap(f"{L}/pyproject.toml", ">=3.11", "newest"),
        f"{L}/pyproject.toml:4",
        "no range of versions",
    ),
    Broken(
        "pyproject-not-toml",
        swap(f"{L}/pyproject.toml", 'version = "0.1.0"', "version = 0.1.0"),
        f"{L}/pyproject.toml:3",
        "is not valid TOML",
    ),
    Broken(
        "lock-of-nothing",
        drop(f"{L}/pyproject.toml"),
        f"{L}/pyproject.toml:1",
        "without it uv.lock locks nothing",
    ),
    Broken("no-lock", drop(f"{L}/uv.lock"), f"{M}/linker:1", "no lock file: run `uv lock`"),
    Broken("lock-empty", put(f"{L}/uv.lock", ""), f"{L}/uv.lock:1", "is empty"),
    Broken(
        "lock-out-of-date",
        swap(f"{L}/pyproject.toml", '    "uvicorn', '    "numpy>=2",\n    "uvicorn'),
        f"{L}/pyproject.toml:7",
        "numpy is not in uv.lock",
    ),
    Broken(
        "requirements-loose",
        both(drop(f"{L}/uv.lock"), put(f"{L}/requirements.txt", "# pins\na==1\nb>=2\n")),
        f"{L}/requirements.txt:3",
        "b>=2 is not pinned",
    ),
    Broken(
        "requirements-empty",
        both(drop(f"{L}/uv.lock"), put(f"{L}/requirements.txt", "# none\n")),
        f"{L}/requirements.txt:1",
        "pins nothing",
    ),
    # links
    Broken("link-out", nothing, f"{L}/src/data:1", "out of linker", link(f"{L}/src/data", "/etc")),
    Broken(
        "link-to-neighbour",
        nothing,
        f"{L}/shared:1",
        "out of linker",
        link(f"{L}/shared", "../counter"),
    ),
    Broken("link-broken", nothing, f"{L}/gone:1", "which is not there", link(f"{L}/gone", "nowhere")),
    Broken("link-circle", nothing, f"{L}/me:1", "which is not there", link(f"{L}/me", "me")),
    Broken("link-config", nothing, f"{LC}:1", "a link", link(LC, "/etc/hostname")),
    Broken(
        "link-config-of-another",
        nothing,
        f"{LC}:1",
        "out of linker",
        link(LC, "../counter/config.yaml"),
    ),
    Broken("link-model", nothing, f"{M}/away:1", "a link", link(f"{M}/away", "/etc")),
    # YAML
    Broken("yaml-tab", swap(LC, "  cpu", "\tcpu"), f"{LC}:3", "use spaces"),
    Broken("yaml-bracket", swap(LC, "{text: hello}", "{text: hello"), f"{LC}:12", "YAML"),
    Broken("yaml-colon", swap(LC, "local/linker:1", "local: a"), f"{LC}:2", "in quotes"),
    Broken("yaml-indent", swap(LC, "  memory", "   memory"), f"{LC}:4", "indentation"),
    Broken("yaml-key-twice", swap(LC, "cpu: 256", "memory: 512"), f"{LC}:4", "stands twice"),
    Broken("yaml-two-documents", swap(LC, "route:", "---\nroute:"), f"{LC}:8", "more than one"),
    Broken("yaml-anchor", swap(LC, "{text: hello}", "&a [*a]"), f"{LC}:12", "anchors"),
    Broken("yaml-latin1", swap(LC, "hello", "gr\udcfc\udcdf"), f"{LC}:12", "UTF-8"),
    Broken("yaml-control", swap(LC, "hello", "a\x07"), f"{LC}:12", "control character"),
    Broken("yaml-empty", put(LC, ""), f"{LC}:1", "write the POC's spec here"),
    Broken("yaml-list", put(LC, "- ecs\n"), f"{LC}:1", "write the POC's spec here"),
    Broken("yaml-deep", put(LC, "[" * 2000), f"{LC}:1", "too deeply"),
    # fields
    Broken("field-unknown", swap(LC, "cpu:", "cpus:"), f"{LC}:3", 'did you mean "cpu"'),
    Broken("field-top", swap(LC, "route:", "routes:"), f"{LC}:8", 'did you mean "route"'),
    Broken("field-missing", swap(LC, "  image: local/linker:1\n", ""), f"{LC}:1", "write image"),
    Broken("type-text", swap(LC, "cpu: 256", "cpu: '256'"), f"{LC}:3", "without quotes"),
    Broken("type-number", swap(LC, "linker/model.tar.gz", "1"), f"{LC}:7", "in quotes"),
    Broken("type-list", swap(LC, "    - name: S3_KEY\n      value:", "    KEY:"), f"{LC}:5", "list"),
    Broken("value-pair", swap(LC, "memory: 512", "memory: 513"), f"{LC}:4", "512, 1024 or 2048"),
    Broken("value-image", swap(LC, "local/linker:1", "Local/Linker"), f"{LC}:2", "repository:tag"),
    Broken("value-range", swap(LC, "priority: 10", "priority: 50001"), f"{LC}:9", "50000"),
    Broken(
        "two-runtimes",
        swap(LC, "route:", "sagemaker: {image: x, serverless: {}}\nroute:"),
        f"{LC}:1",
        "exactly one",
    ),
    Broken("manifest", put(LC, "kind: ModelPOC\nspec: {}\n"), f"{LC}:2", "below spec"),
    Broken("sagemaker-memory", swap(CC, "2048", "2000"), f"{CC}:4", "use 1024"),
    # the older form
    Broken("older-field", swap(OC, "run_time", "runtime"), f"{OC}:5", 'did you mean "run_time"'),
    Broken("older-secret", swap(OC, "parameter/", ""), f"{OC}:11", "whole ARN of a parameter"),
    Broken("older-port", swap(OC, "8080", "80800"), f"{OC}:13", "65535"),
    Broken("older-and-new", put(OC, OLDER + "ecs: {}\n"), f"{OC}:16", 'unknown field "ecs"'),
]

SUSPECT = [
    Broken(
        "base-image",
        swap(f"{L}/Dockerfile", "python:3.11", "python:3.12"),
        f"{L}/Dockerfile:2",
        "is not the Python 3.11",
    ),
    Broken(
        "models-missing",
        lambda files: [files.pop(f) for f in list(files) if f[:7] == "models/"] and None,
        f"{M}:1",
        "only the configurations were looked at",
    ),
    Broken("second-file", put(f"{C}/linker/extra.yaml", "a: 1\n"), f"{C}/linker/extra.yaml:1", "is not read"),
    Broken("foreign-key", swap(LC, "linker/model", "other/model"), f"{LC}:7", "begin it with linker/"),
    Broken("root-path", swap(OC, "poc-deployment/older", "/poc-deployment/older/"), f"{OC}:8", "slashes"),
    Broken(
        "foreign-archive",
        put(CC, COUNTER + "  modelDataUrl: s3://bucket/model.tar.gz\n"),
        f"{CC}:5",
        "outside of the POC's own prefix",
    ),
    Broken("expired", put(CC, COUNTER + "expiresAt: 2020-01-01T00:00:00Z\n"), f"{CC}:5", "is over"),
    Broken(
        "path-below",
        swap(LC, "  priority", "  path: /poc-deployment/counter/linker\n  priority"),
        f"{LC}:9",
        "lies below the path of counter",
    ),
    Broken("null-in-body", swap(LC, "{text: hello}", "{text: null}"), f"{LC}:12", "drops a field"),
    Broken("placeholder", swap(LC, "local/linker:1", "PLACEHOLDER"), f"{LC}:2", "stand-in"),
]
"""What is told and yet is no error."""
