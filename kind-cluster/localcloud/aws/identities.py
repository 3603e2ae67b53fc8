"""Access keys and whom they stand for."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from localcloud.aws.backend import AwsError

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True)
class Identity:
    """One access key: `principal` is the ARN that GetCallerIdentity answers; `token` only for sessions."""

    access_key: str
    secret_key: str
    token: str | None
    principal: str
    account: str
    user_id: str
    role_arn: str | None = None
    expires: datetime | None = None

    def environment(self) -> dict[str, str]:
        """The variables that make an SDK use this identity."""
        env = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        return {**env, "AWS_SESSION_TOKEN": self.token} if self.token else env


class Identities:
    """All access keys of one cloud, and the tokens by which tasks fetch theirs.

    Task credentials live for `validity` real seconds and are renewed when fetched in their second half,
    as the ECS agent does.
    """

    def __init__(self, account: str, partition: str, validity: float) -> None:
        self.account = account
        self._partition = partition
        self._validity = validity
        self._by_key: dict[str, Identity] = {}
        self._tasks: dict[str, Identity] = {}
        self.own = self.session(
            f"arn:{partition}:iam::{account}:role/aws-service-role/localcloud/AWSServiceRoleForLocalCloud",
            "localcloud",
        )
        self.own_principal = self.own.principal

    def user(self, name: str) -> Identity:
        """Long-lived keys of an IAM user (`root`: of the account itself)."""
        arn = f"arn:{self._partition}:iam::{self.account}:{'root' if name == 'root' else f'user/{name}'}"
        user_id = self.account if name == "root" else _unique("AIDA")
        return self._keep(Identity(_unique("AKIA"), _secret(), None, arn, self.account, user_id))

    def session(self, role_arn: str, session_name: str, seconds: float | None = None) -> Identity:
        """Keys of a role's session; `seconds` of validity, or None for as long as the cloud lives."""
        account, role = _account_and_name(role_arn)
        identity = Identity(
            access_key=_unique("ASIA"),
            secret_key=_secret(),
            token=secrets.token_urlsafe(96),
            principal=f"arn:{self._partition}:sts::{account}:assumed-role/{role}/{session_name}",
            account=account,
            user_id=f"{_unique('AROA')}:{session_name}",
            role_arn=role_arn,
            expires=None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds),
        )
        return self._keep(identity)

    def issue(self, role_arn: str, session_name: str) -> str:
        """A token that fetches credentials of `role_arn` from `/_local/credentials/<token>`."""
        token = secrets.token_urlsafe(24)
        self._tasks[token] = self.session(role_arn, session_name, self._validity)
        return token

    def revoke(self, token: str) -> None:
        """Forgets a task's token and its keys."""
        identity = self._tasks.pop(token, None)
        if identity:
            self._by_key.pop(identity.access_key, None)

    def container_credentials(self, token: str) -> dict[str, Any] | None:
        """What ECS's credentials endpoint answers for a token; None if the token is not known."""
        identity = self._tasks.get(token)
        if identity is None or identity.role_arn is None or identity.expires is None:
            return None
        if identity.expires - datetime.now(UTC) < timedelta(seconds=self._validity / 2):
            identity = self.session(identity.role_arn, identity.user_id.partition(":")[2], self._validity)
            self._tasks[token] = identity
        return {
            "AccessKeyId": identity.access_key,
            "SecretAccessKey": identity.secret_key,
            "Token": identity.token,
            "Expiration": identity.expires.strftime("%Y-%m-%dT%H:%M:%SZ") if identity.expires else None,
            "RoleArn": identity.role_arn,
        }

    def authenticate(self, access_key: str, token: str | None) -> Identity:
        """The identity behind a key.

        Raises `AwsError` InvalidClientTokenId for an unknown key or wrong session token, ExpiredToken
        for a session that is over (both 403).
        """
        identity = self._by_key.get(access_key)
        if identity is None or identity.token != token:
            message = "The security token included in the request is invalid."
            raise AwsError("InvalidClientTokenId", message, status=403)
        if identity.expires and identity.expires <= datetime.now(UTC):
            message = "The security token included in the request is expired"
            raise AwsError("ExpiredToken", message, status=403)
        return identity

    def of_principal(self, principal: str) -> Identity:
        """An identity by its ARN (`KeyError` if no key stands for it)."""
        return next(i for i in self._by_key.values() if i.principal == principal)

    def _keep(self, identity: Identity) -> Identity:
        self._by_key[identity.access_key] = identity
        return identity


def _unique(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(16))


def _secret() -> str:
    return secrets.token_urlsafe(30)


def _account_and_name(role_arn: str) -> tuple[str, str]:
    parts = role_arn.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("role/"):
        raise AwsError("ValidationError", f"{role_arn} is invalid")
    return parts[4], parts[5].rsplit("/", 1)[-1]
