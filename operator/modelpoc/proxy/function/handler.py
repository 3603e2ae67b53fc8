"""What Lambda calls."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from .app import App, as_line
from .clients import Aws
from .settings import load

ROOT = Path(__file__).resolve().parent.parent
"""Where the zip was unpacked."""


def handler(event: Any, context: Any) -> Any:
    """Answers a request of an HTTP API (payload format 2.0) or a plain invoke."""
    return _app().answer(event, context)


@lru_cache(maxsize=1)
def _app() -> App:
    return App(load(ROOT, os.environ), Aws(), _log)


def _log(entry: Mapping[str, Any]) -> None:
    sys.stdout.write(f"{as_line(entry)}\n")
    sys.stdout.flush()
