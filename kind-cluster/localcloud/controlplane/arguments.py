"""The command lines of etcd and kube-apiserver."""

from __future__ import annotations

from pathlib import Path

from localcloud.controlplane import audit
from localcloud.controlplane.authority import Authority, public_key, write_private

# Unix sockets, relative to the directory both run in: no port to collide with, nobody else's to read, and no
# path that could be too long for a socket. etcd wants the form name:number.
ETCD_CLIENT = "unix://etcd.sock:0"
ETCD_PEER = "unix://peer.sock:0"


def etcd(program: Path) -> list[str]:
    """etcd for one short-lived machine: it does not wait for the disk, and keeps little."""
    return [
        str(program),
        "--name=local",
        "--data-dir=etcd",
        f"--listen-client-urls={ETCD_CLIENT}",
        f"--advertise-client-urls={ETCD_CLIENT}",
        f"--listen-peer-urls={ETCD_PEER}",
        f"--initial-advertise-peer-urls={ETCD_PEER}",
        f"--initial-cluster=local={ETCD_PEER}",
        "--unsafe-no-fsync",
        "--snapshot-count=5000",
        "--max-snapshots=1",
        "--max-wals=1",
        f"--quota-backend-bytes={2 * 1024**3}",
        "--log-level=warn",
    ]


def kube_apiserver(program: Path, directory: Path, authority: Authority, port: int) -> list[str]:
    """kube-apiserver in `directory` with RBAC and default admission; no other part of Kubernetes beside it.

    The ServiceAccount admission is off, for without a controller-manager no ServiceAccount `default` is made.
    """
    certificate, key = authority.server_files()
    signing_key = authority.service_account_key_file
    verifying_key = signing_key.with_suffix(".pub")
    write_private(verifying_key, public_key(signing_key.read_bytes()))
    return [
        str(program),
        f"--etcd-servers={ETCD_CLIENT}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        "--permit-port-sharing",
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount",
        f"--client-ca-file={authority.certificate_file}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-signing-key-file={signing_key}",
        f"--service-account-key-file={verifying_key}",
        *audit.arguments(directory),
        "--profiling=false",
        "--v=0",
    ]
