"""Acting in AWS as the person at the command line, not as the operator."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, NoCredentialsError

from modelpoc.aws.credentials import session_for, sign
from modelpoc.aws.errors import classify
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.inventory import Inventory

_LOG_IN = (
    "no AWS credentials: log in, or choose a profile (AWS_PROFILE); for a cloud on this machine, run "
    '`eval "$(modelpoc local status -o env)"`'
)


def signed(region: str, method: str, url: str, body: bytes) -> dict[str, str]:
    """Headers for a route that asks for IAM, with the credentials of the environment or profile.

    Raises CloudError when there are none.
    """
    session = session_for(region)
    try:
        if session.get_credentials() is None:
            raise NoCredentialsError
        return sign(session, region, method, url, body)
    except NoCredentialsError as error:
        raise Stall("AccessDenied", _LOG_IN) from error
    except BotoCoreError as error:
        raise classify(error, f"signing {method} {url}", writing=False) from error


async def caller(account: str, region: str) -> AwsScope:
    """The account as this person sees it; to be closed.

    Raises Stall("WrongAccount") when the credentials belong to another, and other CloudErrors.
    """
    scope = AwsScope(account, region, inventory=Inventory(), session=session_for(region))
    try:
        await scope.check_account()
    except Stall as stall:
        scope.close()
        raise Stall(stall.reason, _reworded(stall, account)) from stall
    except BaseException:
        scope.close()
        raise
    return scope


def _reworded(stall: Stall, account: str) -> str:
    if stall.code == NoCredentialsError.__name__:
        return _LOG_IN
    if stall.reason != "WrongAccount":
        return str(stall)
    other = str(stall).partition(",")[0]
    return f"{other}, the platform to {account}: choose another profile (AWS_PROFILE)"
