"""ECS on Fargate: clusters, task definitions, services that roll out and roll back, tasks that really run."""

from localcloud.aws.ecs.backend import Ecs

__all__ = ["Ecs"]
