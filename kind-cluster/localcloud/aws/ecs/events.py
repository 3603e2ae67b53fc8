"""The service's own account of what it did, in ECS's words, newest first."""

from __future__ import annotations

import uuid
from datetime import datetime

from localcloud.aws.ecs.records import Service


def say(service: Service, now: datetime, what: str) -> None:
    """Adds `(service NAME) WHAT.` to the service's events."""
    message = f"(service {service.name}) {what}."
    service.events.appendleft({"id": str(uuid.uuid4()), "createdAt": now, "message": message})


def task_list(ids: list[str]) -> str:
    """`(task a) (task b)`, as events name tasks."""
    return " ".join(f"(task {task_id})" for task_id in ids)
