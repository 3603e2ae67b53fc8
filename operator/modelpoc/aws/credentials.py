"""Whose credentials calls carry: the operator's own, or a role that a platform names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from modelpoc.aws.permission import Permission, arn_at

Session = boto3.Session

ROLE_SESSION = "modelpoc-operator"

PERMISSIONS = (
    Permission(("sts:AssumeRole",), ("{assumed_role}",)),
    # Ready is earned by asking: health and the first example of a POC whose route lets in by IAM.
    Permission(("execute-api:Invoke",), (arn_at("execute-api", "{api}/*"),)),
)
"""Asking who one is (GetCallerIdentity) needs none."""


def session_for(region: str, role_arn: str | None = None) -> boto3.Session:
    """A session in `region`, in the role when one is named; its credentials renew themselves."""
    if role_arn is None:
        return boto3.Session(region_name=region)
    base = boto3.Session(region_name=region)
    core = get_session()
    core._credentials = DeferredRefreshableCredentials(_assume(base, region, role_arn), "assume-role")
    return boto3.Session(botocore_session=core, region_name=region)


def session_in(account: str, region: str, role_arn: str | None) -> boto3.Session:
    """A person's own credentials where they belong to `account`, else in the role that leads there.

    Asks AWS who they are when there is a choice.
    """
    own = session_for(region)
    if role_arn is None:
        return own
    try:
        mine = own.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError):
        return own  # the first call of whoever uses it tells what is wrong
    return own if mine == account else session_for(region, role_arn)


def _assume(base: boto3.Session, region: str, role_arn: str) -> Callable[[], Mapping[str, str]]:
    def fetch() -> Mapping[str, str]:
        sts = base.client("sts", region_name=region)
        answer = sts.assume_role(RoleArn=role_arn, RoleSessionName=ROLE_SESSION)["Credentials"]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    return fetch


def sign(session: boto3.Session, region: str, method: str, url: str, body: bytes) -> dict[str, str]:
    """Headers that make a request to an HTTP API whose route asks for IAM (Signature Version 4)."""
    request = AWSRequest(method=method, url=url, data=body)
    SigV4Auth(session.get_credentials(), "execute-api", region).add_auth(request)
    return dict(request.headers)
