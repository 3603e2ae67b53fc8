"""The operator as its users have it: from its chart, in Pods of a real cluster, with the local AWS outside.

    installed = Installed.up("default", tell=tell)     # node, images, AWS, chart
    ...                                                # KUBECONFIG=installed.kubeconfig
    down("default")                                    # leaves nothing

`python -m localcloud.cluster up|down` is the same for a shell, with the example models shipped.
"""

from localcloud.cluster.chart import ChartFailed
from localcloud.cluster.installed import Installed, down

__all__ = ["ChartFailed", "Installed", "down"]
