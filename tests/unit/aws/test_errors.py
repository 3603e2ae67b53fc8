"""AWS's answers, each seen as what can be done about it."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from modelpoc.aws.errors import classify
from modelpoc.reconcile.errors import (
    AlreadyThere,
    AnswerLost,
    CloudError,
    Gone,
    NotYet,
    Retry,
    Stall,
    Taken,
)

pytestmark = pytest.mark.unit

MEETING = "Unable to complete operation due to concurrent modification. Please try again later."
UPDATING = "The operation cannot be performed at this time. An update is in progress for resource: arn"
STATEMENT = "The statement id (modelpoc) provided already exists. Please provide a new statement id."
ROLE = "The role defined for the function cannot be assumed by Lambda."
IN_PROGRESS = 'Cannot update in-progress endpoint "arn:endpoint".'
IN_USE = "Cannot delete Integration 'abc', Integration is associated with Route 'def'."


def answer(code: str, message: str = "words", status: int = 400) -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operation", "error", "kind"),
    [
        ("DescribeRules", answer("Throttling"), Retry),
        ("CreateRoute", answer("TooManyRequestsException", status=429), Retry),
        ("CreateRule", answer("PriorityInUse"), Taken),
        ("CreateTargetGroup", answer("DuplicateTargetGroupName"), AlreadyThere),
        ("CreateLogGroup", answer("ResourceAlreadyExistsException"), AlreadyThere),
        (
            "CreateRoute",
            answer("ConflictException", "Route with key ANY /a already exists", 409),
            AlreadyThere,
        ),
        ("CreateRoute", answer("ConflictException", MEETING, 409), Retry),
        ("DeleteIntegration", answer("ConflictException", IN_USE, 409), NotYet),
        ("DeleteTargetGroup", answer("ResourceInUse"), NotYet),
        ("DeleteVpcLink", answer("BadRequestException", "Cannot delete vpc link. It is referenced"), NotYet),
        ("DeleteCluster", answer("ClusterContainsServicesException"), NotYet),
        ("PutRetentionPolicy", answer("OperationAbortedException"), NotYet),
        ("CreateRule", answer("ListenerNotFound"), Gone),
        ("CreateRoute", answer("NotFoundException", "Invalid API identifier", 404), Gone),
        ("ModifyRule", answer("RuleNotFound"), Gone),
        ("DeleteRoute", answer("NotFoundException", status=404), Gone),
        ("GetApi", answer("SomethingNew", status=404), Gone),
        (
            "CreateFunction",
            answer("ResourceConflictException", "Function already exist: a", 409),
            AlreadyThere,
        ),
        ("AddPermission", answer("ResourceConflictException", STATEMENT, 409), AlreadyThere),
        ("UpdateFunctionCode", answer("ResourceConflictException", UPDATING, 409), NotYet),
        ("CreateFunction", answer("InvalidParameterValueException", ROLE), NotYet),
        ("GetFunction", answer("ResourceNotFoundException", status=404), Gone),
        ("DeleteModel", answer("ValidationException", 'Could not find model "arn:model".'), Gone),
        ("DeleteAlarms", answer("ResourceNotFound"), Gone),
        (
            "CreateEndpoint",
            answer("ValidationException", 'Cannot create already existing endpoint "arn:endpoint".'),
            AlreadyThere,
        ),
        ("UpdateEndpoint", answer("ValidationException", IN_PROGRESS), NotYet),
        ("DeleteEndpoint", answer("ValidationException", IN_PROGRESS), NotYet),
        ("CreateModel", answer("ValidationException", "Could not assume role arn:role."), Retry),
        ("TagResource", answer("ConcurrentModificationException"), NotYet),
        ("CreateService", answer("ServerException", status=500), AnswerLost),
        ("DescribeServices", answer("ServerException", status=500), Retry),
    ],
)
def test_each_answer_has_its_kind(operation: str, error: ClientError, kind: type[CloudError]) -> None:
    writing = not operation.startswith(("Describe", "Get"))
    known = classify(error, operation, writing=writing)
    assert type(known) is kind
    assert known.code == error.response["Error"]["Code"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (answer("AccessDeniedException"), "AccessDenied"),
        (answer("SomethingNew", status=403), "AccessDenied"),
        (answer("TooManyRules"), "QuotaExceeded"),
        (answer("CodeStorageExceededException"), "QuotaExceeded"),
        (answer("InvalidParameterValueException", "Unzipped size must be smaller"), "InvalidSpec"),
        (answer("ConflictException", "Maximum number of Authorizers for this API has been reached.", 429),
         "QuotaExceeded"),
        (answer("TooManyRequestsException", "Maximum number of Vpc links has been reached.", 429),
         "QuotaExceeded"),
        (answer("OperationNotPermitted", "deletion protection is enabled"), "Blocked"),
        (answer("ResourceLimitExceeded", "ml.m5.xlarge for endpoint usage is 0 Instances"), "QuotaExceeded"),
        (answer("ValidationException", "Could not access model data at s3://models/a."), "AccessDenied"),
        (answer("ValidationException", "Could not find model data at s3://models/a."), "InvalidSpec"),
        (answer("ValidationException", "1 validation error detected"), "InvalidSpec"),
        (answer("InvalidParameterException"), "InvalidSpec"),
        (NoCredentialsError(), "AccessDenied"),
        (ParamValidationError(report="Invalid length"), "InvalidSpec"),
    ],
)  # fmt: skip
def test_what_only_a_change_helps_stalls_with_its_reason(error: Exception, reason: str) -> None:
    known = classify(error, "CreateThing", writing=True)
    assert isinstance(known, Stall)
    assert known.reason == reason


@pytest.mark.parametrize(
    "error",
    [ReadTimeoutError(endpoint_url="https://ecs"), ConnectionClosedError(endpoint_url="https://ecs"),
     ConnectionResetError()],
)  # fmt: skip
def test_a_write_without_an_answer_may_have_been_carried_out(error: Exception) -> None:
    assert type(classify(error, "CreateService", writing=True)) is AnswerLost
    assert type(classify(error, "ListServices", writing=False)) is Retry


def test_what_never_reached_aws_was_not_carried_out() -> None:
    unsent = EndpointConnectionError(endpoint_url="https://ecs")
    assert type(classify(unsent, "CreateService", writing=True)) is Retry


def test_the_text_names_the_call_and_awss_own_words() -> None:
    known = classify(answer("TooManyRules", "The limit is 100"), "CreateRule", writing=True)
    assert str(known) == "CreateRule: The limit is 100 (TooManyRules)"


def test_an_empty_message_still_reads() -> None:
    known = classify(answer("ParameterNotFound", ""), "GetParameter", writing=False)
    assert str(known) == "GetParameter: no message (ParameterNotFound)"


def test_a_mistake_of_our_own_is_not_blamed_on_aws() -> None:
    with pytest.raises(KeyError):
        classify(KeyError("typo"), "CreateRule", writing=True)
