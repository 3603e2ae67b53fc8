"""STS: who is asking, and sessions of roles."""

from __future__ import annotations

from typing import Any, ClassVar

from localcloud.aws.backend import Backend, Call
from localcloud.aws.identities import Identities, Identity
from localcloud.context import CloudContext

_DEFAULT_SECONDS = 3600


class Sts(Backend):
    """GetCallerIdentity and AssumeRole; trust policies are not evaluated, every key may assume any role."""

    service: ClassVar[str] = "sts"

    def __init__(self, cloud: CloudContext, identities: Identities) -> None:
        super().__init__(cloud)
        self._identities = identities

    def GetCallerIdentity(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The account and principal of the key in use."""
        identity = self._identities.of_principal(call.principal)
        return {"UserId": identity.user_id, "Account": identity.account, "Arn": identity.principal}

    def AssumeRole(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Keys of a new session of a role, in whichever account the role is."""
        seconds = request.get("DurationSeconds", _DEFAULT_SECONDS)
        session = self._identities.session(request["RoleArn"], request["RoleSessionName"], seconds)
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
