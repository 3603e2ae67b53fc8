"""One real Kubernetes node on this machine, without Docker and without an image: for root on Debian.

    node = Node.start(directory, tell=tell)     # etcd, kube-apiserver, …, containerd, kubelet: Ready
    node.load(tar)                              # images, as `docker save` writes them
    ...                                         # KUBECONFIG=node.kubeconfig
    node.stop()                                 # no process, mount, interface or control group is left

Its processes, mounts and network are in namespaces of their own. There is no cluster DNS, and the network
plugin does not enforce NetworkPolicies.
"""

from localcloud.node.errors import NodeError
from localcloud.node.node import Node, why_not

__all__ = ["Node", "NodeError", "why_not"]
