"""Who is who in a node: keys, certificates and kubeconfigs, in its directory."""

from __future__ import annotations

from pathlib import Path

from localcloud.controlplane import kubeconfig
from localcloud.controlplane.authority import Authority, public_key, write_private
from localcloud.node.commands import KUBERNETES_SERVICE, NODE
from localcloud.node.commands import kubeconfig as kubeconfig_of

_USERS = {
    "kubelet": (f"system:node:{NODE}", ["system:nodes"]),
    "kube-controller-manager": ("system:kube-controller-manager", []),
    "kube-scheduler": ("system:kube-scheduler", []),
    "kube-proxy": ("system:kube-proxy", []),
}
_ADMIN = ("admin", ["system:masters"])


def write(directory: Path, server: str, address: str) -> Authority:
    """All of them, for an API server of that URL and address; `kubeconfig` is the administrator's."""
    authority = Authority(directory / "pki")
    authority.server_files(address, KUBERNETES_SERVICE)
    signing = authority.service_account_key_file
    write_private(signing.with_suffix(".pub"), public_key(signing.read_bytes()))
    client = authority.client("kube-apiserver-kubelet-client", ["system:masters"])
    write_private(authority.directory / "kubelet-client.crt", client.certificate)
    write_private(authority.directory / "kubelet-client.key", client.key)
    files = {kubeconfig_of(directory, who): user for who, user in _USERS.items()}
    for file, (user, groups) in {**files, directory / "kubeconfig": _ADMIN}.items():
        identity = kubeconfig.by_certificate(authority.client(user, groups))
        kubeconfig.write(file, server, authority.certificate, identity)
    return authority
