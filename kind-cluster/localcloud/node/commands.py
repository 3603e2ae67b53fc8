"""The command lines of a node's programs, in the order in which they are started."""

from __future__ import annotations

from pathlib import Path

from localcloud.controlplane import arguments
from localcloud.node.configs import POD_NETWORK, Configs
from localcloud.node.programs import Programs

SERVICES = "10.96.0.0/16"
KUBERNETES_SERVICE = "10.96.0.1"
PORT = 6443
NODE = "node"
Commands = dict[str, list[str]]


def commands(programs: Programs, configs: Configs, address: str) -> Commands:
    """Name → words. `address` is the node's; files are relative to its directory."""
    return {
        "etcd": arguments.etcd(programs.plane.etcd),
        "kube-apiserver": _apiserver(programs.plane.kube_apiserver, address),
        "containerd": [str(programs["containerd"]), f"--config={configs.containerd}"],
        "kubelet": _kubelet(programs["kubelet"], configs, address),
        "kube-controller-manager": _controller_manager(programs["kube-controller-manager"]),
        "kube-scheduler": [
            str(programs["kube-scheduler"]),
            *_connected("kube-scheduler"),
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
        ],
        "kube-proxy": [str(programs["kube-proxy"]), f"--config={configs.kube_proxy}"],
    }


def kubeconfig(directory: Path, who: str) -> Path:
    """Where the kubeconfig of one of them is."""
    return directory / f"kubeconfig-{who}"


def _connected(who: str) -> list[str]:
    file = kubeconfig(Path(), who)
    return [f"--{what}kubeconfig={file}" for what in ("", "authentication-", "authorization-")]


def _apiserver(program: Path, address: str) -> list[str]:
    return [
        str(program),
        f"--etcd-servers={arguments.ETCD_CLIENT}",
        f"--bind-address={address}",
        f"--advertise-address={address}",
        f"--secure-port={PORT}",
        f"--service-cluster-ip-range={SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--client-ca-file=pki/ca.crt",
        "--tls-cert-file=pki/server.crt",
        "--tls-private-key-file=pki/server.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-signing-key-file=pki/service-account.key",
        "--service-account-key-file=pki/service-account.pub",
        "--kubelet-client-certificate=pki/kubelet-client.crt",
        "--kubelet-client-key=pki/kubelet-client.key",
        "--kubelet-preferred-address-types=InternalIP",
        "--profiling=false",
    ]


def _kubelet(program: Path, configs: Configs, address: str) -> list[str]:
    return [
        str(program),
        f"--config={configs.kubelet}",
        f"--kubeconfig={kubeconfig(Path(), 'kubelet')}",
        f"--root-dir={configs.directory / 'kubelet'}",
        f"--hostname-override={NODE}",
        f"--node-ip={address}",
    ]


def _controller_manager(program: Path) -> list[str]:
    return [
        str(program),
        *_connected("kube-controller-manager"),
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--cluster-cidr={POD_NETWORK}",
        "--flex-volume-plugin-dir=plugins",
        "--root-ca-file=pki/ca.crt",
        "--service-account-private-key-file=pki/service-account.key",
        "--use-service-account-credentials=true",
    ]
