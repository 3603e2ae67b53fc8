"""Another configuration for an endpoint: what is looked at before, noted, asked for, and made of refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from modelpoc.aws import sagemaker
from modelpoc.aws.endpoint_request import fitted, instances_of, update_request
from modelpoc.aws.endpoint_state import KIND, UNDONE, observed
from modelpoc.aws.endpoint_trying import Trying
from modelpoc.aws.sagemaker import TRYING, Document
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import named_like_ours
from modelpoc.reconcile.errors import AnswerLost, CloudError, Gone, NotYet, Stall
from modelpoc.reconcile.resource import Observed

if TYPE_CHECKING:
    from modelpoc.aws.endpoint import Endpoint


_NOT_SERVERLESS = (
    "AWS turns no endpoint on instances into a serverless one: suspend the POC, and resume it with serverless"
)
"""SageMaker developer guide, "Update a serverless endpoint"."""


async def rolled_out(scope: AwsScope, want: Endpoint, have: Observed) -> Observed:
    """UpdateEndpoint, with a note of what is tried written before: see `endpoint_trying`."""
    told, found = await _ready(scope, want, have)
    modified, before = told["LastModifiedTime"].timestamp(), told["EndpointConfigName"]
    note = {TRYING: str(Trying(str(want.config_name), modified, before))}
    if found.get(TRYING) != note[TRYING]:  # else it was written by one who then went down
        await sagemaker.tag(scope, have.id, note)
        scope.inventory.wrote(observed(told, {**found, **note}))
    request = update_request(fitted(want, instances_of(_variants(told))))
    try:
        await scope.call("sagemaker", "UpdateEndpoint", **request)
    except AnswerLost:
        raise
    except CloudError as error:
        await _forget(scope, told, found)
        raise refused(error, want, told) from error
    return observed(
        {
            **told,
            "EndpointStatus": "Updating",
            "LastModifiedTime": None,
            "PendingDeploymentSummary": {"EndpointConfigName": want.config_name},
            "LastDeploymentConfig": request.get("DeploymentConfig"),
        },
        {**found, **note},
    )


def _variants(told: Document) -> Sequence[Document]:
    return told.get("ProductionVariants") or ()


async def _forget(scope: AwsScope, told: Document, found: Mapping[str, str]) -> None:
    """It was not tried after all: the note is what it was, which may tell of a rollout still under way."""
    with suppress(CloudError):
        if before := found.get(TRYING):
            await sagemaker.tag(scope, told["EndpointArn"], {TRYING: before})
        else:
            await sagemaker.untag(scope, told["EndpointArn"], [TRYING])
        scope.inventory.wrote(observed(told, found))


async def _ready(scope: AwsScope, want: Endpoint, have: Observed) -> tuple[Document, Mapping[str, str]]:
    """The endpoint and its tags as they are now, when it can be updated and this was not undone before.

    Listings are minutes old, and a rollout may have been undone while nobody looked, or somebody else.
    """
    told = await sagemaker.described(scope, KIND, have.name)
    if told is None:
        raise Gone(f"{have} is not there")
    found = await sagemaker.tags_of(scope, have.id)
    now = observed(told, found)
    if now.state.busy:
        scope.inventory.wrote(now)
        raise NotYet(f"{have}: {now.state.message}")
    if not want.retry and now.attrs["failed"] == want.config_name:
        scope.inventory.wrote(now)
        raise Stall(UNDONE, undone(now))
    wanted = scope.inventory.get("EndpointConfig", str(want.config_name))
    if wanted and wanted.attrs["serverless"] and instances_of(_variants(told)):
        raise Stall("InvalidSpec", _NOT_SERVERLESS)
    return told, found


def undone(have: Observed) -> str:
    """That a rollout was rolled back, in words for users."""
    reason = have.attrs["failure"] or "AWS says no reason"
    return f"the rollout of {have.attrs['failed']} was rolled back, {have.attrs['serving']} serves: {reason}"


def refused(error: CloudError, want: Endpoint, told: Document) -> CloudError:
    """What UpdateEndpoint means. AWS updates no endpoint whose configuration somebody deleted.

    Alarms of ours that are missing are made again; what the user named is the user's to mend.
    """
    current, words = told["EndpointConfigName"], str(error)
    if not isinstance(error, Gone):
        return error
    theirs = [str(a) for a in want.alarms if str(a) in words and not named_like_ours(str(a))]
    if theirs and "alarm" in words:
        return Stall("InvalidSpec", f"rollout.alarms: no alarm is called {', '.join(theirs)} ({error})")
    if f"/{current.lower()}" in words.lower():
        words = f"the configuration {current} that {want.name} runs on was deleted: delete the endpoint too"
        return Stall("Blocked", f"{words}, and it is made again ({error})")
    return error
