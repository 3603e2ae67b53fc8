"""Asking a kube-apiserver whether it is ready."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path

from localcloud.controlplane.authority import Authority, write_private

# The second is made by a hook that /readyz does not wait for, and the first `kubectl apply` needs it.
PATHS = ("/readyz", "/api/v1/namespaces/default")
_TIMEOUT = 5.0


class Probe:
    """Asks as a system user whose key stays in `directory`."""

    def __init__(self, server: str, directory: Path, authority: Authority) -> None:
        self._host = server.removeprefix("https://")
        self._context = ssl.create_default_context(cadata=authority.certificate.decode())
        identity = authority.client("modelpoc-local-probe", ["system:masters"])
        file = directory / "probe.pem"
        write_private(file, identity.certificate + identity.key)
        self._context.load_cert_chain(file)

    def ready(self) -> bool:
        """Whether it answers 200 wherever it should."""
        connection = http.client.HTTPSConnection(self._host, timeout=_TIMEOUT, context=self._context)
        try:
            return all(_status(connection, path) == http.HTTPStatus.OK for path in PATHS)
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _status(connection: http.client.HTTPSConnection, path: str) -> int:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status
