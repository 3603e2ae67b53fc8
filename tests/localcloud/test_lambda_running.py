"""Functions really run: their environment, their limits, their errors, their logs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.localcloud.edge_world import refused
from tests.localcloud.lambda_world import SCALE, Functions, alive, eventually, package

pytestmark = pytest.mark.local

PID = "import os\ndef handler(event, context):\n    return os.getpid()\n"


@pytest.fixture(scope="module")
def functions(start_cloud: Callable[..., Any]) -> Functions:
    return Functions(start_cloud(time_scale=SCALE))


def test_a_function_gets_its_event_and_its_surroundings(functions: Functions) -> None:
    source = """
        import os, sys
        import boto3

        def handler(event, context):
            left = context.get_remaining_time_in_millis()
            return {
                "event": event,
                "who": boto3.client("sts").get_caller_identity()["Arn"],
                "mine": os.environ["COLOUR"],
                "region": os.environ["AWS_REGION"],
                "host": sorted(name for name in os.environ if name in ("VIRTUAL_ENV", "USER", "SHELL")),
                "context": [context.function_name, context.memory_limit_in_mb, context.function_version],
                "arn": context.invoked_function_arn,
                "log": [context.log_group_name, os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]],
                "request": context.aws_request_id,
                "left": 0 < left <= 20_000,
                "here": os.getcwd() == os.environ["LAMBDA_TASK_ROOT"],
            }
        """
    name = functions.create(source, MemorySize=256, Timeout=20, Environment={"Variables": {"COLOUR": "blue"}})
    said = functions.invoke(name, {"body": "ä"})
    assert said.error is None
    group, stream = said.answer.pop("log")
    assert said.answer == {
        "event": {"body": "ä"},
        "who": f"arn:aws:sts::000000000000:assumed-role/function/{name}",
        "mine": "blue",
        "region": "eu-west-1",
        "host": [],
        "context": [name, "256", "$LATEST"],
        "arn": f"arn:aws:lambda:eu-west-1:000000000000:function:{name}",
        "request": said.request_id,
        "left": True,
        "here": True,
    }
    assert group == f"/aws/lambda/{name}"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)


def test_only_the_libraries_of_the_runtime_are_there(functions: Functions) -> None:
    source = """
        def there(name):
            try:
                __import__(name)
            except ImportError:
                return False
            return True

        def handler(event, context):
            return [there(name) for name in ("boto3", "urllib3", "moto", "aiohttp", "localcloud", "yaml")]
        """
    assert functions.invoke(functions.create(source)).answer == [True, True, False, False, False, False]


def test_warm_sandboxes_are_used_again_and_several_run_side_by_side(functions: Functions) -> None:
    source = """
        import os, time
        calls = 0

        def handler(event, context):
            global calls
            calls += 1
            time.sleep(event["sleep"])
            return [os.getpid(), calls]
        """
    name = functions.create(source, Timeout=30)
    first, second = (functions.invoke(name, {"sleep": 0}).answer for _ in range(2))
    assert first[0] == second[0]
    assert (first[1], second[1]) == (1, 2)
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: functions.invoke(name, {"sleep": 3}).answer, range(3)))
    assert len({pid for pid, _ in found}) == 3


def test_more_than_the_machine_bears_wait_for_their_turn(functions: Functions) -> None:
    name = functions.create(
        "import os, time\ndef handler(e, c):\n    time.sleep(.1)\n    return os.getpid()", Timeout=60
    )
    with ThreadPoolExecutor(10) as pool:
        pids = [said.answer for said in pool.map(lambda _: functions.invoke(name), range(20))]
    assert len(pids) == 20
    assert len(set(pids)) <= 8


def test_a_sandbox_ends_with_its_function(functions: Functions) -> None:
    name = functions.create(PID)
    pid = functions.invoke(name).answer
    assert alive(pid)
    functions.aws.delete_function(FunctionName=name)
    eventually(lambda: not alive(pid))
    refused("ResourceNotFoundException", f"function:{name}", functions.aws.invoke, FunctionName=name)


def test_new_code_and_configuration_run_once_the_update_is_over(functions: Functions) -> None:
    source = "import os\ndef handler(event, context):\n    return [{0}, os.environ.get('AB'), os.getpid()]\n"
    name = functions.create(source.format(1))
    code, variable, old = functions.invoke(name).answer
    assert (code, variable) == (1, None)
    functions.aws.update_function_code(FunctionName=name, ZipFile=package(source.format(2)))
    functions.updated(name)
    code, variable, new = functions.invoke(name).answer
    assert (code, variable) == (2, None)
    assert new != old
    eventually(lambda: not alive(old))
    functions.aws.update_function_configuration(FunctionName=name, Environment={"Variables": {"AB": "x"}})
    functions.updated(name)
    assert functions.invoke(name).answer[:2] == [2, "x"]


def test_a_function_that_takes_too_long_is_ended(functions: Functions) -> None:
    source = """
        import os, time

        def handler(event, context):
            print("pid", os.getpid())
            time.sleep(event)
            return "done"
        """
    name = functions.create(source, Timeout=1)
    assert functions.invoke(name, 0).answer == "done"
    begun = time.monotonic()
    said = functions.invoke(name, 30)
    assert time.monotonic() - begun < 15
    assert said.error == "Unhandled"
    words = rf"\d{{4}}-\d\d-\d\dT[\d:.]+Z {said.request_id} Task timed out after 1\.00 seconds"
    assert re.fullmatch(words, said.answer["errorMessage"])
    assert re.search(words, said.log)
    assert "Status: timeout" in said.log
    pid = int(said.log.split("pid ")[1].split()[0])
    eventually(lambda: not alive(pid))
    assert functions.invoke(name, 0).answer == "done"


def test_an_exception_is_answered_and_logged(functions: Functions) -> None:
    name = functions.create("def handler(event, context):\n    raise ValueError('no ' + event['what'])\n")
    said = functions.invoke(name, {"what": "luck"})
    assert said.error == "Unhandled"
    assert said.answer["errorMessage"] == "no luck"
    assert said.answer["errorType"] == "ValueError"
    assert said.answer["requestId"] == said.request_id
    assert "line 2, in handler" in said.answer["stackTrace"][-1]
    assert len(said.answer["stackTrace"]) == 1
    assert "[ERROR] ValueError: no luck" in said.log


@pytest.mark.parametrize(
    ("source", "handler", "kind", "part"),
    [
        ("import nowhere", "index.handler", "Runtime.ImportModuleError", "No module named 'nowhere'"),
        ("def handler(:", "index.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'index'"),
        ("", "index.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        ("", "other.handler", "Runtime.ImportModuleError", "Unable to import module 'other'"),
        ("", "handler", "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
        ("1 / 0", "index.handler", "ZeroDivisionError", "division by zero"),
        ("import sys; sys.exit(3)", "index.handler", "Runtime.ExitError", "exit status 3"),
    ],
)
def test_a_function_that_cannot_be_loaded(
    functions: Functions, source: str, handler: str, kind: str, part: str
) -> None:
    said = functions.invoke(functions.create(source, Handler=handler))
    assert said.error == "Unhandled"
    assert (said.answer["errorType"], part in said.answer["errorMessage"]) == (kind, True), said.answer


def test_files_that_not_everyone_may_read_cannot_be_imported(functions: Functions) -> None:
    code = {"ZipFile": package("def handler(e, c): return 1", mode=0o600)}
    said = functions.invoke(functions.create("", Code=code))
    assert said.answer["errorType"] == "Runtime.ImportModuleError"
    assert "Permission denied: '/var/task/index.py'" in said.answer["errorMessage"]


@pytest.mark.parametrize(
    ("body", "kind", "part"),
    [
        ("__import__('os')._exit(7)", "Runtime.ExitError", "exit status 7"),
        ("__import__('os').kill(__import__('os').getpid(), 9)", "Runtime.ExitError", "signal: killed"),
        ("return object()", "Runtime.MarshalError", "Unable to marshal response"),
        ("return 'x' * 6_300_000", "Function.ResponseSizeTooLarge", "6291556 bytes"),
    ],
)
def test_a_function_that_ends_badly(functions: Functions, body: str, kind: str, part: str) -> None:
    name = functions.create(
        f"def handler(event, context):\n    if event:\n        {body}\n    return 'well'\n"
    )
    said = functions.invoke(name, True)
    assert said.error == "Unhandled"
    assert (said.answer["errorType"], part in said.answer["errorMessage"]) == (kind, True), said.answer
    assert functions.invoke(name, False).answer == "well"


def test_children_of_a_function_neither_hold_its_end_up_nor_outlive_it(functions: Functions) -> None:
    source = """
        import os, time

        def handler(event, context):
            child = os.fork()
            if not child:
                time.sleep(60)
            print("child", child)
            os._exit(5)
        """
    name = functions.create(source, Timeout=30)
    begun = time.monotonic()
    said = functions.invoke(name)
    assert time.monotonic() - begun < 15
    assert "exit status 5" in said.answer["errorMessage"]
    child = int(said.log.split("child ")[1].split()[0])
    eventually(lambda: not alive(child))


def test_a_function_beyond_its_memory_is_ended(functions: Functions) -> None:
    source = """
        def handler(event, context):
            data = bytearray(event * 1024 * 1024)
            data[::4096] = b"x" * len(data[::4096])
            return len(data)
        """
    name = functions.create(source, MemorySize=256, Timeout=30)
    assert functions.invoke(name, 100).answer == 100 * 1024 * 1024
    said = functions.invoke(name, 400)
    assert said.error == "Unhandled"
    assert said.answer["errorType"] == "Runtime.OutOfMemory"
    assert "Memory Size: 256 MB\tMax Memory Used: 256 MB" in said.log
    assert functions.invoke(name, 1).error is None


def test_the_log_has_what_was_written_between_start_and_report(functions: Functions) -> None:
    source = """
        import logging, sys

        def handler(event, context):
            print("hello\\nworld")
            print("err", file=sys.stderr)
            logging.getLogger().warning("careful")
            return 1
        """
    group = f"/mine/{functions.name()}"
    functions.logs.create_log_group(logGroupName=group)
    name = functions.create(source, LoggingConfig={"LogGroup": group})
    said = functions.invoke(name)
    eventually(lambda: any(line.startswith("REPORT") for line in functions.logged(group)))
    lines = functions.logged(group)
    assert lines[0] == f"START RequestId: {said.request_id} Version: $LATEST"
    assert lines[1:4] == ["hello", "world", "err"]
    assert re.fullmatch(rf"\[WARNING\]\t[\d:.TZ-]+\t{said.request_id}\tcareful", lines[4])
    assert lines[5] == f"END RequestId: {said.request_id}"
    report = (
        rf"REPORT RequestId: {said.request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t"
    )
    assert re.fullmatch(report, lines[6])
    streams = functions.logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert re.fullmatch(rf"[\d/]+/{name}\[\$LATEST\]\w+", streams[0]["logStreamName"])
    assert said.log == "\n".join(lines)


def test_a_missing_log_group_is_made(functions: Functions) -> None:
    name = functions.create("def handler(event, context): print('here')")
    functions.invoke(name)
    group = f"/aws/lambda/{name}"
    eventually(lambda: functions.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"])
    eventually(lambda: "here" in functions.logged(group))


def test_an_event_is_taken_and_tried_again(functions: Functions) -> None:
    name = functions.create(
        "def handler(event, context):\n    print('tried', event)\n    raise OSError('x')\n"
    )
    made = functions.aws.invoke(FunctionName=name, InvocationType="Event", Payload=b"5")
    assert made["StatusCode"] == 202
    eventually(lambda: _count(functions, name, "tried 5") == 3)


def _count(functions: Functions, name: str, line: str) -> int:
    try:
        return functions.logged(f"/aws/lambda/{name}").count(line)
    except functions.logs.exceptions.ResourceNotFoundException:
        return 0


def test_a_dry_run_runs_nothing(functions: Functions) -> None:
    name = functions.create("raise SystemExit(1)")
    assert functions.aws.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204


def test_what_cannot_be_invoked(functions: Functions) -> None:
    name, invoke = functions.create(PID), functions.aws.invoke
    refused("InvalidRequestContentException", "json", invoke, FunctionName=name, Payload=b"{")
    refused("ResourceNotFoundException", "Function not found", invoke, FunctionName="nowhere")
    refused("ResourceNotFoundException", ":live", invoke, FunctionName=name, Qualifier="live")
    large = json.dumps("x" * 6_291_455).encode()
    part = "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
    refused("RequestEntityTooLargeException", part, invoke, FunctionName=name, Payload=large)
    assert (
        len(functions.invoke(functions.create("def handler(e, c): return e"), "x" * 6_000_000).answer)
        == 6_000_000
    )


def test_reserved_concurrency_limits_what_runs_at_once(functions: Functions) -> None:
    name = functions.create("import time\ndef handler(event, context): time.sleep(event)", Timeout=20)
    functions.aws.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    function = functions.cloud.aws.backend("lambda").functions[name]
    busy = threading.Thread(target=functions.invoke, args=(name, 4))
    busy.start()
    eventually(lambda: function.running == 1)
    refused(
        "TooManyRequestsException", "Rate Exceeded", functions.aws.invoke, FunctionName=name, Payload=b"0"
    )
    busy.join()
    assert functions.invoke(name, 0).error is None
    functions.aws.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    refused(
        "TooManyRequestsException", "Rate Exceeded", functions.aws.invoke, FunctionName=name, Payload=b"0"
    )


CLOUD = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from localcloud.cloud import CloudConfig
from tests.localcloud.conftest import RunningCloud
from tests.localcloud.lambda_world import Functions
functions = Functions(RunningCloud(CloudConfig(state_dir=Path(sys.argv[1]), time_scale=200)))
name = functions.create("import os\\ndef handler(event, context): return os.getpid()")
sys.stdout.write(f"{functions.invoke(name).answer}\\n")
sys.stdout.flush()
time.sleep(60)
"""


def test_sandboxes_end_with_a_cloud_that_is_killed(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", CLOUD, str(tmp_path), str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as cloud:
        assert cloud.stdout is not None
        pid = int(cloud.stdout.readline())
        assert alive(pid)
        cloud.kill()
    eventually(lambda: not alive(pid))


def test_sandboxes_end_with_their_cloud(start_cloud: Callable[..., Any]) -> None:
    running = start_cloud(time_scale=SCALE)
    functions = Functions(running)
    idle = functions.invoke(functions.create(PID)).answer
    name = functions.create("import time\ndef handler(event, context): time.sleep(60)", Timeout=90)
    busy = ThreadPoolExecutor(1)
    busy.submit(functions.invoke, name)
    function = running.aws.backend("lambda").functions[name]
    eventually(lambda: function.running == 1)
    begun = time.monotonic()
    running.run(running.aws.backend("lambda").stop())
    assert time.monotonic() - begun < 30
    assert not alive(idle)
    busy.shutdown()
