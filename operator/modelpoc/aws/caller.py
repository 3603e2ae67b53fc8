"""Acting in AWS as the person at the command line, not as the operator."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, NoCredentialsError

from modelpoc.aws.credentials import session_for, sign
from modelpoc.aws.errors import classify
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.inventory import Inventory

ACTIONS = ("sts:GetCallerIdentity",)


def signed(region: str, method: str, url: str, body: bytes) -> dict[str, str]:
    """Headers for a route that asks for IAM, with the credentials of the environment or profile.

    Raises CloudError when there are none.
    """
    try:
        return sign(session_for(region), region, method, url, body)
    except (BotoCoreError, AttributeError) as error:
        # botocore signs with None where it found no credentials.
        known = error if isinstance(error, BotoCoreError) else NoCredentialsError()
        raise classify(known, f"signing {method} {url}", writing=False) from error


async def caller(account: str, region: str) -> AwsScope:
    """The account as this person sees it. Raises Stall("WrongAccount") for credentials of another."""
    scope = AwsScope(account, region, inventory=Inventory(), session=session_for(region))
    try:
        await scope.check_account()
    except Stall as stall:
        scope.close()
        if stall.reason != "WrongAccount":
            raise
        raise Stall(
            stall.reason,
            f"your AWS credentials are not of account {account}, where the platform is: "
            "choose another profile (AWS_PROFILE)",
        ) from stall
    except BaseException:
        scope.close()
        raise
    return scope
