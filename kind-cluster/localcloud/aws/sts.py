"""STS: who is asking, and sessions of roles."""

from __future__ import annotations

from typing import Any, ClassVar

from localcloud.aws.backend import AwsError, Backend, Call
from localcloud.aws.iam.guard import Iam
from localcloud.aws.identities import Identities, Identity
from localcloud.context import CloudContext

_DEFAULT_SECONDS = 3600


class Sts(Backend):
    """GetCallerIdentity and AssumeRole.

    A role in the local IAM is taken on by whom its trust policy lets; any other by everyone, those of other
    accounts too.
    """

    service: ClassVar[str] = "sts"

    def __init__(self, cloud: CloudContext, identities: Identities, iam: Iam) -> None:
        super().__init__(cloud)
        self._iam = iam
        self._identities = identities

    def GetCallerIdentity(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The account and principal of the key in use."""
        identity = self._identities.of_principal(call.principal)
        return {"UserId": identity.user_id, "Account": identity.account, "Arn": identity.principal}

    def AssumeRole(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Keys of a new session of a role, in whichever account the role is."""
        if request.get("Policy") or request.get("PolicyArns"):
            words = "The local AWS evaluates no session policies: leave Policy and PolicyArns out."
            raise AwsError("ValidationError", words)
        seconds = request.get("DurationSeconds", _DEFAULT_SECONDS)
        role, name = request["RoleArn"], request["RoleSessionName"]
        self._iam.assume(self._identities.of_principal(call.principal), role, request.get("ExternalId"), name)
        session = self._identities.session(role, name, seconds)
        return {"Credentials": _credentials(session), "AssumedRoleUser": _user(session)}


def _credentials(session: Identity) -> dict[str, Any]:
    return {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": session.secret_key,
        "SessionToken": session.token,
        "Expiration": session.expires,
    }


def _user(session: Identity) -> dict[str, Any]:
    return {"AssumedRoleId": session.user_id, "Arn": session.principal}
