"""Functions as AWS shows and keeps them: states, updates, refusals, tags, permissions."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.localcloud.edge_world import refused
from tests.localcloud.lambda_world import ROLE, SCALE, Functions, eventually, package

pytestmark = pytest.mark.local

SOURCE = "def handler(event, context):\n    return 1\n"
ZIP = {"ZipFile": package(SOURCE)}


@pytest.fixture(scope="module")
def functions(start_cloud: Callable[..., Any]) -> Functions:
    return Functions(start_cloud(time_scale=SCALE))


@pytest.fixture
def frozen(functions: Functions) -> Iterator[Callable[[bool], None]]:
    """Stops and starts the cloud's clock."""

    def freeze(now: bool) -> None:
        functions.cloud.local("faults", "PUT", [{"freezeClock": True}] if now else [])

    yield freeze
    freeze(False)


def test_a_new_function_is_pending_then_active(functions: Functions, frozen: Callable[[bool], None]) -> None:
    frozen(True)
    name = functions.name()
    made = functions.aws.create_function(
        FunctionName=name, Runtime="python3.13", Handler="index.handler", Role=ROLE, Code=ZIP
    )
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
    assert "LastUpdateStatus" not in made
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(ZIP["ZipFile"]).digest()).decode()
    assert (made["CodeSize"], made["Version"]) == (len(ZIP["ZipFile"]), "$LATEST")
    assert (made["Timeout"], made["MemorySize"], made["PackageType"]) == (3, 128, "Zip")
    assert made["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}
    pending = "function is currently in the following state: Pending"
    aws = functions.aws
    refused("ResourceConflictException", pending, aws.invoke, FunctionName=name)
    refused("ResourceConflictException", pending, aws.update_function_code, FunctionName=name, **ZIP)
    frozen(False)
    eventually(lambda: functions.configuration(name)["State"] == "Active")
    shown = functions.configuration(name)
    assert shown["LastUpdateStatus"] == "Successful"
    assert "StateReasonCode" not in shown
    waiter = aws.get_waiter("function_active_v2")
    waiter.wait(FunctionName=name)


def test_one_update_at_a_time(functions: Functions, frozen: Callable[[bool], None]) -> None:
    name = functions.create(SOURCE, Description="a", Tags={"k": "v"})
    before = functions.configuration(name)
    frozen(True)
    changed = functions.aws.update_function_configuration(FunctionName=name, Timeout=7, MemorySize=512)
    assert (changed["State"], changed["LastUpdateStatus"]) == ("Active", "InProgress")
    assert (changed["Timeout"], changed["MemorySize"], changed["Description"]) == (7, 512, "a")
    assert changed["RevisionId"] != before["RevisionId"]
    arn = before["FunctionArn"]
    part = "The operation cannot be performed at this time. An update is in progress for resource: " + arn
    update = functions.aws.update_function_configuration
    refused("ResourceConflictException", part, update, FunctionName=name, Timeout=8)
    refused("ResourceConflictException", part, functions.aws.update_function_code, FunctionName=name, **ZIP)
    assert functions.invoke(name).answer == 1
    frozen(False)
    after = functions.updated(name)
    assert (after["Timeout"], after["MemorySize"]) == (7, 512)
    assert after["RevisionId"] != changed["RevisionId"]


def test_an_update_keeps_what_it_does_not_name(functions: Functions) -> None:
    name = functions.create(
        SOURCE,
        Environment={"Variables": {"AB": "1"}},
        LoggingConfig={"LogGroup": "/mine", "LogFormat": "Text"},
        Tags={"k": "v"},
    )
    functions.aws.update_function_configuration(FunctionName=name, Description="new")
    shown = functions.updated(name)
    assert (shown["Environment"], shown["LoggingConfig"]["LogGroup"]) == ({"Variables": {"AB": "1"}}, "/mine")
    functions.aws.update_function_configuration(FunctionName=name, Environment={"Variables": {}})
    assert "Environment" not in functions.updated(name)
    functions.aws.update_function_code(FunctionName=name, ZipFile=package(SOURCE + "# new\n"))
    shown = functions.updated(name)
    assert shown["Description"] == "new"
    found = functions.aws.get_function(FunctionName=name)
    assert found["Tags"] == {"k": "v"}
    with urllib.request.urlopen(found["Code"]["Location"]) as download:
        assert download.read() == package(SOURCE + "# new\n")
    assert found["Configuration"]["CodeSha256"] == shown["CodeSha256"]


def test_a_revision_that_is_not_the_latest_is_refused(functions: Functions) -> None:
    name = functions.create(SOURCE)
    update = functions.aws.update_function_configuration
    part = "does not match the latest Revision Id"
    refused("PreconditionFailedException", part, update, FunctionName=name, Timeout=4, RevisionId="x")
    update(FunctionName=name, Timeout=4, RevisionId=functions.configuration(name)["RevisionId"])


def test_code_comes_from_s3_by_version(functions: Functions) -> None:
    s3 = functions.cloud.client("s3")
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="code", VersioningConfiguration={"Status": "Enabled"})
    first, second = (package(f"def handler(e, c): return {n}") for n in (1, 2))
    version = s3.put_object(Bucket="code", Key="f.zip", Body=first)["VersionId"]
    s3.put_object(Bucket="code", Key="f.zip", Body=second)
    name = functions.create("", Code={"S3Bucket": "code", "S3Key": "f.zip"})
    assert functions.invoke(name).answer == 2
    functions.aws.update_function_code(
        FunctionName=name, S3Bucket="code", S3Key="f.zip", S3ObjectVersion=version
    )
    functions.updated(name)
    assert functions.invoke(name).answer == 1
    update = functions.aws.update_function_code
    part = "S3 Error Code: NoSuchKey"
    refused(
        "InvalidParameterValueException", part, update, FunctionName=name, S3Bucket="code", S3Key="no.zip"
    )


def test_functions_are_listed_by_pages(start_cloud: Callable[..., Any]) -> None:
    functions = Functions(start_cloud(time_scale=SCALE))
    names = [functions.create(SOURCE, wait=False, FunctionName=f"l{n:02}") for n in range(52)]
    first = functions.aws.list_functions()
    assert [f["FunctionName"] for f in first["Functions"]] == names[:50]
    rest = functions.aws.list_functions(Marker=first["NextMarker"])
    assert [f["FunctionName"] for f in rest["Functions"]] == names[50:]
    assert "NextMarker" not in rest
    assert "State" not in first["Functions"][0]
    assert len(functions.aws.list_functions(MaxItems=7)["Functions"]) == 7


def zip_with(entry: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo(entry), "x")
    return data.getvalue()


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"Role": "arn:aws:iam::000000000000:role/nobody"}, "cannot be assumed by Lambda"),
        ({"Runtime": "nodejs22.x"}, "does not offer the runtime nodejs22.x"),
        ({"Runtime": None}, "Runtime and Handler are mandatory"),
        ({"MemorySize": 10241}, "less than or equal to 10240"),
        ({"Timeout": 901}, "less than or equal to 900"),
        ({"FunctionName": "f" * 65}, "less than or equal to 64"),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x"}}},
            "Reserved keys used in this request: AWS_REGION",
        ),
        ({"Environment": {"Variables": {"BIG": "x" * 4096}}}, "exceeded the 4KB limit"),
        ({"Code": {"ZipFile": b"no zip"}}, "Could not unzip uploaded file"),
        ({"Code": {"ZipFile": zip_with("../outside.py")}}, "Could not unzip uploaded file"),
        ({"Code": {"ZipFile": zip_with("/outside.py")}}, "Could not unzip uploaded file"),
        ({"Code": {"S3Bucket": "nowhere", "S3Key": "a"}}, "S3 Error Code: NoSuchBucket"),
        ({"PackageType": "Image", "Code": {"ImageUri": "a/b:c"}}, "container images"),
        ({"Layers": ["arn:aws:lambda:eu-west-1:000000000000:layer:a:1"]}, "does not offer layers"),
        ({"Tags": {"aws:x": "y"}}, "Reserved tag prefix"),
    ],
)
def test_functions_that_cannot_be(functions: Functions, given: dict[str, Any], part: str) -> None:
    name = functions.name()
    asked = {"FunctionName": name, "Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE}
    request = {key: value for key, value in {**asked, "Code": ZIP, **given}.items() if value is not None}
    refused("InvalidParameterValueException", part, functions.aws.create_function, **request)
    refused("ResourceNotFoundException", name, functions.aws.get_function, FunctionName=name)


def test_a_package_that_is_too_large_unpacked_is_refused(functions: Functions) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.bin", "w") as large:
        for _ in range(251):
            large.write(bytes(1024 * 1024))
    asked = {"FunctionName": functions.name(), "Runtime": "python3.13", "Handler": "index.handler"}
    create = functions.aws.create_function
    part = "Unzipped size must be smaller than 262144000 bytes"
    code = {"ZipFile": data.getvalue()}
    refused("InvalidParameterValueException", part, create, Role=ROLE, Code=code, **asked)


def test_a_fresh_role_is_a_fault_away(functions: Functions) -> None:
    words = "The role defined for the function cannot be assumed by Lambda."
    rule = {"service": "lambda", "operation": "CreateFunction", "count": 1, "message": words}
    functions.cloud.local("faults", "PUT", [{**rule, "error": "InvalidParameterValueException"}])
    name = functions.name()
    asked = {"Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE, "Code": ZIP}
    refused(
        "InvalidParameterValueException", words, functions.aws.create_function, FunctionName=name, **asked
    )
    functions.create(SOURCE, FunctionName=name)
    functions.cloud.local("faults", "DELETE")


def test_names_and_arns_mean_the_same(functions: Functions) -> None:
    name = functions.create(SOURCE)
    arn = functions.configuration(name)["FunctionArn"]
    for reference in (name, arn, f"{arn}:$LATEST", f"000000000000:function:{name}"):
        assert functions.configuration(reference)["FunctionName"] == name
    part = f"Function already exist: {name}"
    asked = {"Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE, "Code": ZIP}
    refused("ResourceConflictException", part, functions.aws.create_function, FunctionName=arn, **asked)
    functions.aws.delete_function(FunctionName=arn)
    refused("ResourceNotFoundException", arn, functions.aws.delete_function, FunctionName=name)


def test_tags(functions: Functions) -> None:
    name = functions.create(SOURCE, Tags={"a": "1"})
    arn = functions.configuration(name)["FunctionArn"]
    functions.aws.tag_resource(Resource=arn, Tags={"b": "2", "a": "3"})
    assert functions.aws.list_tags(Resource=arn)["Tags"] == {"a": "3", "b": "2"}
    functions.aws.untag_resource(Resource=arn, TagKeys=["a", "none"])
    assert functions.aws.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    refused("ResourceNotFoundException", "nowhere", functions.aws.list_tags, Resource=arn[:-2] + "nowhere")


def test_permissions_come_and_go_one_by_one(functions: Functions) -> None:
    name, aws = functions.create(SOURCE), functions.aws
    arn = functions.configuration(name)["FunctionArn"]
    refused("ResourceNotFoundException", "does not exist", aws.get_policy, FunctionName=name)
    source = "arn:aws:execute-api:eu-west-1:000000000000:abc/*/*"
    asked = {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com", "SourceArn": source}
    made = aws.add_permission(FunctionName=name, StatementId="api", **asked)
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    statement = json.loads(made["Statement"])
    assert statement == {
        "Sid": "api",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {"ArnLike": {"AWS:SourceArn": source}},
    }
    part = "The statement id (api) provided already exists"
    refused(
        "ResourceConflictException", part, aws.add_permission, FunctionName=name, StatementId="api", **asked
    )
    aws.add_permission(FunctionName=name, StatementId="other", Action="lambda:*", Principal="123456789012")
    policy = aws.get_policy(FunctionName=name)
    assert json.loads(policy["Policy"])["Statement"][0] == statement
    other = json.loads(policy["Policy"])["Statement"][1]
    assert other["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    aws.remove_permission(FunctionName=name, StatementId="api", RevisionId=policy["RevisionId"])
    left = json.loads(aws.get_policy(FunctionName=name)["Policy"])["Statement"]
    assert [s["Sid"] for s in left] == ["other"]
    part = "Statement api is not found in resource policy"
    refused("ResourceNotFoundException", part, aws.remove_permission, FunctionName=name, StatementId="api")


def test_a_policy_has_its_largest_size(functions: Functions) -> None:
    name, add = functions.create(SOURCE), functions.aws.add_permission
    asked = {"FunctionName": name, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    source = "arn:aws:execute-api:eu-west-1:000000000000:" + "a" * 4800
    for number in range(4):
        add(StatementId=f"s{number}", SourceArn=source, **asked)
    part = "is bigger than the limit (20480)"
    refused("PolicyLengthExceededException", part, add, StatementId="s5", SourceArn=source, **asked)


def test_published_rates_leave_invocations_alone(functions: Functions) -> None:
    name = functions.create(SOURCE)
    functions.cloud.local("faults", "PUT", [{"publishedRates": True}])
    for _ in range(20):
        functions.invoke(name)
    with pytest.raises(functions.aws.exceptions.TooManyRequestsException):
        looked_at(functions, name, times=1_000)  # a busy machine asks little faster than they fill
    functions.cloud.local("faults", "DELETE")


def looked_at(functions: Functions, name: str, times: int) -> None:
    for _ in range(times):
        functions.configuration(name)
