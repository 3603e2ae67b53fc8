"""kube-apiserver's record of what the operator asked of it: who, which verb, on what, and by which binding.

Nobody else's requests are kept, so the record is small and costs next to nothing.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from localcloud.controlplane.authority import write_private

NAMESPACE = "modelpoc-system"
"""Where the operator would be installed."""
OPERATOR = f"system:serviceaccount:{NAMESPACE}:modelpoc-operator"
SYNC = f"system:serviceaccount:{NAMESPACE}:modelpoc-sync"
"""Who runs `modelpoc sync` beside the operator."""
GROUPS = ("system:serviceaccounts", f"system:serviceaccounts:{NAMESPACE}")
LOG = "audit.log"
"""One event in JSON each line; in the control plane's directory."""

_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "omitManagedFields": True,
    "rules": [
        {"level": "None", "nonResourceURLs": ["*"]},
        {"level": "Metadata", "users": [OPERATOR, SYNC]},
        {"level": "None"},
    ],
}


def arguments(directory: Path) -> list[str]:
    """Writes the policy; what kube-apiserver is to be told, which runs in `directory`."""
    write_private(directory / "audit-policy.yaml", yaml.safe_dump(_POLICY).encode())
    return ["--audit-policy-file=audit-policy.yaml", f"--audit-log-path={LOG}"]
