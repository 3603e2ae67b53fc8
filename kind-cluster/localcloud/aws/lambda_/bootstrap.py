"""Lambda's Python runtime: imports a handler, then answers one invocation after the other.

Run as a file by a bare Python: `python -I -S bootstrap.py FD LIBRARIES TASK_ROOT HANDLER`, in the function's
environment. Speaks frames over the socket FD: two lengths (header, payload), a JSON header, a payload.
Standard library only, and nothing of the local cloud: the function's own code shares this process.
"""

import importlib
import json
import logging
import os
import socket
import stat
import struct
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

LENGTHS = struct.Struct(">II")
Handler = Callable[[Any, "Context"], Any]


class Channel:
    """Frames to and from the local AWS."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._socket.set_inheritable(False)

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """A header and a payload; ends the process when the local AWS hangs up."""
        header, payload = LENGTHS.unpack(self._read(LENGTHS.size))
        return json.loads(self._read(header)), self._read(payload)

    def send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        """Sends both."""
        head = json.dumps(header).encode()
        self._socket.sendall(LENGTHS.pack(len(head), len(payload)) + head + payload)

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = self._socket.recv(min(size - len(data), 1 << 20))
            if not piece:
                os._exit(0)
            data += piece
        return bytes(data)


class Context:
    """What a handler gets beside the event."""

    def __init__(self, header: dict[str, Any]) -> None:
        self.aws_request_id: str = header["requestId"]
        self.invoked_function_arn: str = header["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = None
        self.identity = None
        self._deadline: int = header["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended; never negative."""
        return max(int(self._deadline - time.time() * 1000), 0)

    def log(self, message: object) -> None:
        """Writes a line to the log."""
        say(str(message))


class Lines(logging.Handler):
    """Log records as AWS's text format has them."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one."""
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        text = self.format(record)
        say(f"[{record.levelname}]\t{when}.{int(record.msecs):03d}Z\t{self.request_id}\t{text}")


class Failure(Exception):
    """The function cannot be run: an error document of AWS's."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.document: dict[str, Any] = {
            "errorMessage": message,
            "errorType": kind,
            "requestId": "",
            "stackTrace": [],
        }


def find_handler(name: str) -> Handler:
    """The handler `module.function`; `Failure` in AWS's words when it cannot be had."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        problem = "not enough values to unpack (expected 2, got 1)"
        raise Failure("Runtime.MalformedHandlerName", f"Bad handler '{name}': {problem}")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except SyntaxError as error:
        problem = f"Syntax error in module '{module_name}': {error}"
        raise Failure("Runtime.UserCodeSyntaxError", problem) from error
    except (ImportError, PermissionError) as error:
        problem = f"Unable to import module '{module_name}': {error}"
        raise Failure("Runtime.ImportModuleError", problem) from error
    if not hasattr(module, function_name):
        problem = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Failure("Runtime.HandlerNotFound", problem)
    handler: Handler = getattr(module, function_name)
    return handler


def guard_modes(root: str) -> None:
    """Files of the package that not everyone may read are refused: on AWS another user runs the function."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str) or not arguments[0].startswith(root):
            return
        try:
            mode = os.stat(arguments[0]).st_mode
        except OSError:
            return
        if stat.S_ISREG(mode) and not mode & stat.S_IROTH:
            raise PermissionError(13, "Permission denied", "/var/task/" + arguments[0][len(root) :])

    sys.addaudithook(hook)


def failed(error: Exception, request_id: str) -> dict[str, Any]:
    """The error document of an exception, with the function's own frames only."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename != __file__ and "importlib" not in frame.filename]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": [line for frame in own for line in traceback.format_list([frame])],
    }


def tell(document: dict[str, Any]) -> None:
    """An error as AWS logs it."""
    trace = "".join(document["stackTrace"])
    lines = f"[ERROR] {document['errorType']}: {document['errorMessage']}"
    say(lines + (f"\nTraceback (most recent call last):\n{trace}" if trace else ""))


def answer(handler: Handler, header: dict[str, Any], payload: bytes) -> tuple[bool, bytes]:
    """Calls the handler; gives whether it went well, and the bytes to answer."""
    request_id = header["requestId"]
    try:
        event = json.loads(payload)
        result = handler(event, Context(header))
    except Exception as error:
        document = failed(error, request_id)
    else:
        try:
            return True, json.dumps(result, ensure_ascii=False).encode()
        except (TypeError, ValueError) as error:
            problem = f"Unable to marshal response: {error}"
            document = Failure("Runtime.MarshalError", problem).document | {"requestId": request_id}
    tell(document)
    return False, json.dumps(document, ensure_ascii=False).encode()


def load(name: str) -> Handler | Failure:
    """The handler, or a `Failure` that stands for whatever the function's own code raised at import."""
    try:
        return find_handler(name)
    except Failure as failure:
        return failure
    except Exception as error:
        own = Failure(type(error).__name__, str(error))
        own.document = failed(error, "")
        return own


def main() -> None:
    """Serves until the local AWS hangs up."""
    channel = Channel(int(sys.argv[1]))
    libraries, root, name = sys.argv[2:5]
    sys.path[:0] = [root]
    sys.path.append(libraries)
    sys.argv[1:] = []
    guard_modes(root + os.sep)
    lines = Lines()
    logging.getLogger().addHandler(lines)
    handler = load(name)
    if isinstance(handler, Failure):
        tell(handler.document)
        flush()
        channel.send({"kind": "broken"}, json.dumps(handler.document).encode())
        return
    flush()
    channel.send({"kind": "ready"})
    while True:
        header, payload = channel.receive()
        lines.request_id = header["requestId"]
        os.environ["_X_AMZN_TRACE_ID"] = header["trace"]
        good, data = answer(handler, header, payload)
        flush()
        channel.send({"kind": "answer" if good else "error"}, data)


def say(line: str) -> None:
    """Writes a line to the log."""
    sys.stdout.write(line + "\n")


def flush() -> None:
    """Hands over what was written."""
    sys.stdout.flush()
    sys.stderr.flush()


if __name__ == "__main__":
    main()
