"""What the programs of a node are told in files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import yaml

from localcloud.node import single

POD_NETWORK = "10.244.0.0/24"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
"""In the node's own mounts."""
_CNI_PROGRAMS = "/usr/lib/cni"

_CONTAINERD = """version = 3
root = '{directory}/containerd'
state = '/run/containerd'

[grpc]
  address = '{socket}'

[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'overlayfs'
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = '{pause}'

[plugins.'io.containerd.cri.v1.runtime']
  # Without it every sandbox dies where this process may not lower its own score.
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['{cni}']
    conf_dir = '{directory}/cni'
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = 'runc'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = 'io.containerd.runc.v2'
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        SystemdCgroup = false
"""


@dataclass(frozen=True)
class Configs:
    """Written into the node's `directory`; `group` is its control group."""

    directory: Path
    group: str

    @property
    def containerd(self) -> Path:
        return self.directory / "containerd.toml"

    @property
    def kubelet(self) -> Path:
        return self.directory / "kubelet.yaml"

    @property
    def kube_proxy(self) -> Path:
        return self.directory / "kube-proxy.yaml"

    def write(self, authority: Path) -> None:
        """All of them; `authority` is the certificate that clients' are signed by."""
        (self.directory / "cni").mkdir(exist_ok=True)
        (self.directory / "manifests").mkdir(exist_ok=True)
        # No DNS: whoever is asked for is asked for by address.
        (self.directory / "resolv.conf").write_text("")
        text = _CONTAINERD.format(
            directory=self.directory, socket=CONTAINERD_SOCKET, pause=single.PAUSE, cni=_CNI_PROGRAMS
        )
        self.containerd.write_text(text)
        self.kubelet.write_text(yaml.safe_dump(self._kubelet(authority)))
        self.kube_proxy.write_text(yaml.safe_dump(self._kube_proxy()))
        (self.directory / "cni" / "10-pods.conflist").write_text(json.dumps(self._cni(), indent=2))

    def _kubelet(self, authority: Path) -> dict[str, object]:
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(authority)},
            },
            "authorization": {"mode": "Webhook"},
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{self.group}",
            "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
            "enforceNodeAllocatable": [],
            # Only what fills the whole machine shall matter here.
            "evictionHard": {
                "memory.available": "100Mi",
                "nodefs.available": "1%",
                "imagefs.available": "1%",
            },
            "failCgroupV1": False,
            "failSwapOn": False,
            "healthzBindAddress": "127.0.0.1",
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
            "podLogsDir": str(self.directory / "pods"),
            "registerNode": True,
            "resolvConf": str(self.directory / "resolv.conf"),
            "staticPodPath": str(self.directory / "manifests"),
            "volumePluginDir": str(self.directory / "plugins"),
        }

    def _kube_proxy(self) -> dict[str, object]:
        return {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": str(self.directory / "kubeconfig-kube-proxy")},
            "clusterCIDR": POD_NETWORK,
            # The machine's, and not this namespace's to set.
            "conntrack": {
                "maxPerCore": 0,
                "min": 0,
                "tcpEstablishedTimeout": "0s",
                "tcpCloseWaitTimeout": "0s",
            },
            "hostnameOverride": "node",
            "metricsBindAddress": "127.0.0.1:10249",
            "mode": "iptables",
        }

    def _cni(self) -> dict[str, object]:
        address = {
            "type": "host-local",
            "dataDir": str(self.directory / "addresses"),
            "ranges": [[{"subnet": POD_NETWORK}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        }
        # Not a bridge: Pods that reach each other by way of a Service would need br_netfilter with one.
        wire = {"type": "ptp", "ipMasq": True, "ipam": address}
        plugins = [wire, {"type": "portmap", "capabilities": {"portMappings": True}}]
        return {"cniVersion": "0.4.0", "name": "pods", "plugins": plugins}
