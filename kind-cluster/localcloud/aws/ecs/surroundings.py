"""What a container of a task is started with, and where its output goes."""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.aws.acting import Acting
from localcloud.aws.ecs.machine import Machine
from localcloud.aws.ecs.records import Container, Document, Task
from localcloud.runtime.container import Launch
from localcloud.runtime.shipping import LogStream, Nowhere, Sink


def launch(machine: Machine, task: Task, record: Container, added: Mapping[str, str]) -> Launch:
    """How to start it; `added` are the variables that were fetched for it: secrets, credentials."""
    document = record.document
    return Launch(
        name=f"{record.name}-{task.id}",
        scratch=machine.scratch / f"{task.id}-{record.name}",
        address=task.address or "",
        environment=_environment(machine, task, document, added),
        entrypoint=tuple(document.get("entryPoint") or ()),
        command=tuple(document.get("command") or ()),
        workdir=document.get("workingDirectory") or "",
    )


def agent(machine: Machine, task: Task) -> Acting:
    """What ECS does before a task runs and beside it: as the task's execution role."""
    role = task.definition.document.get("executionRoleArn")
    return Acting(machine.cloud.iam, machine.ask, role, task.id)


def sink(machine: Machine, task: Task, record: Container) -> Sink:
    """The log stream `<prefix>/<container>/<task id>`, or nowhere without an `awslogs` driver."""
    configuration = record.document.get("logConfiguration")
    if not configuration or configuration["logDriver"] != "awslogs":
        return Nowhere()
    options = configuration["options"]
    stream = f"{options['awslogs-stream-prefix']}/{record.name}/{task.id}"

    acting = agent(machine, task)

    async def ask(operation: str, **request: object) -> object:
        return await acting("logs", operation, **request)

    return LogStream(ask, options["awslogs-group"], stream)


def _environment(
    machine: Machine, task: Task, document: Document, added: Mapping[str, str]
) -> dict[str, str]:
    """What Fargate's agent sets, what the task definition says, and where to listen on this machine."""
    ports = [mapping["containerPort"] for mapping in document["portMappings"]]
    agent = {
        "AWS_REGION": machine.cloud.region,
        "AWS_DEFAULT_REGION": machine.cloud.region,
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        "AWS_ENDPOINT_URL": machine.cloud.endpoint_url,
        **({"PORT": str(ports[0])} if ports else {}),
    }
    given = {variable["name"]: variable.get("value", "") for variable in document["environment"]}
    return {**agent, **given, **added, "HOST": task.address or ""}
