"""What Git, webhooks and commit statuses are opened with. Never printed."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from modelpoc.kube.cluster import Cluster
from modelpoc.sync.errors import Misused, NoCredentials

_TOKEN_USER = "x-access-token"
"""GitHub takes any user name beside a token, GitLab and Gitea too."""
_KEYS = {
    "username": ("username", "MODELPOC_GIT_USERNAME"),
    "password": ("password", "MODELPOC_GIT_PASSWORD"),
    "token": ("token", "MODELPOC_GIT_TOKEN"),
    "ssh_key": ("ssh-privatekey", "MODELPOC_GIT_SSH_KEY"),
    "known_hosts": ("known_hosts", "MODELPOC_GIT_KNOWN_HOSTS"),
    "status_token": ("status-token", "MODELPOC_STATUS_TOKEN"),
    "webhook_secret": ("webhook-secret", "MODELPOC_WEBHOOK_SECRET"),
}
ENVIRONMENT = tuple(variable for _, variable in _KEYS.values())
_SHORTEST_SECRET = 4


@dataclass(frozen=True)
class Credentials:
    """Everything may be missing: a public repository needs nothing."""

    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    ssh_key: str = field(default="", repr=False)
    known_hosts: str = field(default="", repr=False)
    status_token: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of an Authorization header; "" without password and token."""
        secret = self.password or self.token
        if not secret:
            return ""
        pair = f"{self.username or _TOKEN_USER}:{secret}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    @property
    def for_statuses(self) -> str:
        """The token that may write commit statuses."""
        return self.status_token or self.token or self.password

    def scrubbed(self, text: str) -> str:
        """`text` with every secret of these taken out."""
        secrets = [self.password, self.token, self.status_token, self.webhook_secret, self.basic[6:]]
        for secret in sorted((s for s in secrets if len(s) >= _SHORTEST_SECRET), key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def from_environment(environ: Mapping[str, str]) -> Credentials:
    """From MODELPOC_GIT_TOKEN and its like."""
    return Credentials(**{name: environ.get(variable, "").strip() for name, (_, variable) in _KEYS.items()})


def from_secret(where: str, values: Mapping[str, bytes]) -> Credentials:
    """From the keys of a Kubernetes Secret: username, password, token, ssh-privatekey, known_hosts,
    webhook-secret, status-token. Raises NoCredentials when it holds none of them."""
    try:
        read = {name: values.get(key, b"").decode().strip() for name, (key, _) in _KEYS.items()}
    except UnicodeDecodeError:
        raise NoCredentials(f"Secret {where} holds bytes that are no text") from None
    if not any(read.values()):
        keys = ", ".join(key for key, _ in _KEYS.values())
        raise NoCredentials(f"Secret {where} has none of the keys {keys}: put the credentials there")
    return Credentials(**read)


def secret_name(text: str) -> tuple[str, str]:
    """`namespace/name` in two. Raises Misused."""
    namespace, found, name = text.partition("/")
    if not (namespace and found and name) or "/" in name:
        raise Misused(f"{text!r}: give the Secret as namespace/name")
    return namespace, name


class Wallet:
    """Credentials, read anew whenever they are needed: tokens of an hour are renewed in the Secret."""

    def __init__(self, environ: Mapping[str, str], secret: str | None = None) -> None:
        self._environ = environ
        self._secret = secret_name(secret) if secret else None

    async def open(self, cluster: Cluster) -> Credentials:
        """Raises NoCredentials, and KubeError when the Secret cannot be read."""
        if self._secret is None:
            return from_environment(self._environ)
        where = "/".join(self._secret)
        values = await cluster.secret(*self._secret)
        if values is None:
            raise NoCredentials(f"there is no Secret {where}: create it, or name another")
        return from_secret(where, values)
