"""What the operator's code asks of its libraries, and what the image's build leaves of them."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import botocore

ROOT = Path(__file__).parents[2]
OPERATOR = ROOT / "operator" / "modelpoc"
# In permissions and ARNs alone: what is called is apigatewayv2.
WORDS_OF_IAM = {"apigateway"}


def trim() -> ModuleType:
    """operator/image/trim.py."""
    spec = importlib.util.spec_from_file_location("trim", ROOT / "operator" / "image" / "trim.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def services_named() -> set[str]:
    """AWS's services whose names stand in the operator's code, where it speaks to AWS."""
    known = {folder.name for folder in (Path(botocore.__file__).parent / "data").iterdir() if folder.is_dir()}
    called = {word for file in (OPERATOR / "aws").glob("*.py") for word in _called(file)}
    return called & known - WORDS_OF_IAM


def apis_named() -> set[str]:
    """Classes of Kubernetes' client that the operator's code makes, and its leader election."""
    text = "".join(file.read_text(encoding="utf-8") for file in OPERATOR.rglob("*.py"))
    return {*re.findall(r"\bclient\.(\w+Api)\(", text), "CoordinationV1Api", "CoreV1Api"}


def _called(file: Path) -> Iterator[str]:
    """The first words of calls of methods, as in `calls.ask("ecs", …)`, and constants that have a name."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(), args=[ast.Constant(value=str(word)), *_]):
                yield word
            case ast.Assign(value=ast.Constant(value=str(word))):
                yield word
