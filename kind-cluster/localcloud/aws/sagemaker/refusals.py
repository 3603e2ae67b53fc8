"""What invocations are refused with, in the runtime's words."""

from __future__ import annotations

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.sagemaker.fleet import Variant
from localcloud.aws.sagemaker.records import Endpoint

_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the latency "
    "metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)
_SHOWN = 1024  # characters of a container's answer


def not_found(call: Call, endpoint: str) -> AwsError:
    """Not there, or not in service yet."""
    return AwsError("ValidationError", f"Endpoint {endpoint} of account {call.account} not found.")


def variant_not_found(endpoint: str, variant: str) -> AwsError:
    """A TargetVariant that the endpoint does not have."""
    return AwsError("ValidationError", f"Variant {variant} not found for Request Endpoint: {endpoint}.")


def too_large(most: int) -> AwsError:
    """A body beyond what serverless endpoints take."""
    return AwsError(
        "ValidationError",
        "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length "
        f"less than or equal to {most}",
    )


def throttled() -> AwsError:
    """More requests at once than a serverless endpoint's MaxConcurrency."""
    return AwsError("ThrottlingException", "Rate exceeded", status=429)


def not_offered(operation: str) -> AwsError:
    """What the local AWS does not have."""
    return AwsError("UnknownOperationException", f"The local AWS does not offer {operation}.", status=501)


def model_error(call: Call, endpoint: Endpoint, variant: Variant, status: int, body: bytes) -> AwsError:
    """The container answered with something else than 2xx."""
    who = "client" if 400 <= status < 500 else "server"
    original = body.decode("utf-8", "replace")
    said = f'Received {who} error ({status}) from primary with message "{original[:_SHOWN]}".'
    return _model_error(call, endpoint, variant, status, original, said)


def timed_out(call: Call, endpoint: Endpoint, variant: Variant) -> AwsError:
    """The container took longer than it may."""
    return _model_error(
        call,
        endpoint,
        variant,
        0,
        _TIMED_OUT,
        f'Received server error (0) from primary with message "{_TIMED_OUT}".',
    )


def no_answer(call: Call, endpoint: Endpoint, variant: Variant) -> AwsError:
    """The container is not there, or broke the connection."""
    message = f"Amazon SageMaker could not get a response from the {endpoint.name} endpoint."
    said = f'Received server error (0) from primary with message "{message}".'
    return _model_error(call, endpoint, variant, 0, message, said)


def answer_too_large(call: Call, endpoint: Endpoint, variant: Variant) -> AwsError:
    """The container's answer is beyond what can be passed on."""
    message = "The response from container primary exceeded the maximum payload size."
    said = "Received server error (500) from primary and could not load the entire response body."
    return _model_error(call, endpoint, variant, 500, message, said)


def _model_error(
    call: Call, endpoint: Endpoint, variant: Variant, status: int, original: str, said: str
) -> AwsError:
    group = f"/aws/sagemaker/Endpoints/{endpoint.name}"
    console = f"https://{call.region}.console.aws.amazon.com/cloudwatch/home?region={call.region}"
    message = (
        f"{said} See {console}#logEventViewer:group={group} in account {call.account} for more information."
    )
    partition = endpoint.arn.split(":")[1]
    members = {
        "Message": message,
        "OriginalStatusCode": status,
        "OriginalMessage": original,
        "LogStreamArn": f"arn:{partition}:logs:{call.region}:{call.account}:log-group:{group}",
    }
    return AwsError("ModelError", message, status=424, members=members)
