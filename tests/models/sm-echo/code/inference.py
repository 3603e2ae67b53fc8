"""Echoes, or does as settings and requests say: see README.md."""

import json
import os
import time
from pathlib import Path


class Told(Exception):
    """An error that a request asked for."""

    def __init__(self, text, status):
        super().__init__(text)
        self.status = status


def model_fn(model_dir):
    file = Path(model_dir) / "settings.json"
    settings = json.loads(file.read_text()) if file.is_file() else {}
    print(f"loading {settings.get('revision', '?')}")
    time.sleep(settings.get("load_seconds", 0))
    if "load_error" in settings:
        raise RuntimeError(settings["load_error"])
    return settings


def input_fn(body, content_type):
    if content_type.startswith("application/octet-stream"):
        return {"input": len(body)}
    if not content_type.startswith("application/json"):
        raise UnsupportedFormatError(content_type)
    data = json.loads(body)
    if "bad" in data:
        raise Refused(data["bad"], data["status"]) if "status" in data else ValueError(data["bad"])
    return data


class Refused(Told, ValueError):
    """An input that cannot be read, for a reason with a status of its own."""


class UnsupportedFormatError(Exception):
    """A content type that is not read."""


def predict_fn(data, settings):
    time.sleep(data.get("sleep", settings.get("sleep", 0)))
    if "exit" in data:
        os._exit(data["exit"])
    fail = data.get("fail", settings.get("fail"))
    if fail:
        raise Told(fail, data.get("status", 500))
    if "env" in data:
        return {"env": os.environ.get(data["env"])}
    if "big" in data:
        return {"big": "x" * data["big"]}
    return {"output": data.get("input"), "revision": settings.get("revision"), "pid": os.getpid()}


def output_fn(prediction, accept):
    if accept == "text/plain":
        return str(prediction.get("output")), "text/plain"
    return json.dumps(prediction), "application/json"
