"""A real Kubernetes API on this machine: etcd and kube-apiserver, found or built once, started and stopped.

    with telling() as tell:                              # progress
        binaries = ensure(tell)                          # binaries: found, or built into the cache
    plane = ControlPlane.start(directory, binaries)      # run
    ...                                                  # KUBECONFIG=plane.kubeconfig
    plane.stop()

There is no controller-manager and no scheduler: nothing collects garbage by owner references, a deleted
namespace stays `Terminating`, no ServiceAccount `default` is made, the aggregated ClusterRoles (`view`,
`edit`, `admin`) stay empty, and no Pod runs.
"""
