"""The ECS backend, put together from its parts."""

from __future__ import annotations

from localcloud.aws.ecs.clusters import ClusterOperations
from localcloud.aws.ecs.history import HistoryOperations
from localcloud.aws.ecs.services import ServiceOperations
from localcloud.aws.ecs.tags import TagOperations
from localcloud.aws.ecs.task_definitions import TaskDefinitionOperations


class Ecs(
    ClusterOperations,
    TaskDefinitionOperations,
    ServiceOperations,
    HistoryOperations,
    TagOperations,
):
    """Elastic Container Service of one cloud.

    For autoscaling: `service_exists`, `desired_count`, `set_desired_count`. It asks the `elbv2` backend for
    `has_load_balancer`, `target_group_exists`, `register`, `deregister`, `target_state`.
    """
