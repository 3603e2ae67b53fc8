"""What AWS does as a role: it must be trusted with it, and the role must be allowed to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.ecs_world import BREAKER
from tests.localcloud.ecs_world import World as Ecs
from tests.localcloud.edge_world import eventually
from tests.localcloud.iam_world import Account, allow, trusting
from tests.localcloud.lambda_world import package
from tests.localcloud.sagemaker_world import archive

pytestmark = pytest.mark.local

TASKS = trusting(Service="ecs-tasks.amazonaws.com")
WRITE = allow(["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:*:*:log-group:/models:*")


@pytest.fixture(scope="module")
def world(start_cloud: Any) -> Ecs:
    return Ecs(start_cloud(time_scale=100.0))


@pytest.fixture(scope="module")
def account(world: Ecs) -> Account:
    return Account(world.cloud)


def run(world: Ecs, **definition: Any) -> str:
    """The ARN of a task of the echo model."""
    container = {
        "name": "model",
        "image": world.image,
        "portMappings": [{"containerPort": 8080}],
        "secrets": definition.pop("secrets", []),
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "/models",
                "awslogs-region": "eu-west-1",
                "awslogs-stream-prefix": "p",
            },
        },
    }
    made = world.ecs.register_task_definition(
        family="f",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[container],
        **definition,
    )
    network = {"awsvpcConfiguration": {"subnets": world.subnets}}
    started = world.ecs.run_task(
        cluster="models",
        taskDefinition=made["taskDefinition"]["taskDefinitionArn"],
        launchType="FARGATE",
        networkConfiguration=network,
    )
    return str(started["tasks"][0]["taskArn"])


def stopped(world: Ecs, task: str) -> str:
    """Why it stopped."""
    found: dict[str, Any] = {}

    def gone() -> bool:
        found.update(world.ecs.describe_tasks(cluster="models", tasks=[task])["tasks"][0])
        return bool(found["lastStatus"] == "STOPPED")

    eventually(gone, 30)
    return str(found["stoppedReason"])


def test_a_task_starts_with_what_its_execution_role_may_read(world: Ecs, account: Account) -> None:
    client = world.cloud.client("ssm")
    for name in ("/app/token", "/other/token"):
        client.put_parameter(Name=name, Value="x", Type="String")
    mine = "arn:aws:ssm:eu-west-1:000000000000:parameter/app/*"
    role = account.role(allow("ssm:GetParameters", mine), WRITE, trust=TASKS)
    secret = {"name": "TOKEN", "valueFrom": "arn:aws:ssm:eu-west-1:000000000000:parameter/app/token"}
    task = run(world, executionRoleArn=role, secrets=[secret])
    eventually(
        lambda: (
            world.ecs.describe_tasks(cluster="models", tasks=[task])["tasks"][0]["lastStatus"] == "RUNNING"
        )
    )
    world.ecs.stop_task(cluster="models", task=task)
    name = role.rsplit("/", 1)[-1]
    assert {"ssm:GetParameters", "logs:CreateLogStream"} <= world.cloud.aws.iam.used[name]
    other = {**secret, "valueFrom": "arn:aws:ssm:eu-west-1:000000000000:parameter/other/token"}
    reason = stopped(world, run(world, executionRoleArn=role, secrets=[other]))
    assert reason.startswith("ResourceInitializationError: unable to pull secrets or registry auth")
    assert f":assumed-role/{name}/" in reason
    assert "is not authorized to perform: ssm:GetParameters on resource: " + other["valueFrom"] in reason


def test_a_secret_that_its_execution_role_may_not_read(world: Ecs, account: Account) -> None:
    arn = world.cloud.client("secretsmanager").create_secret(Name="hidden", SecretString="x")["ARN"]
    role = account.role(WRITE, trust=TASKS)
    secret = {"name": "TOKEN", "valueFrom": arn}
    reason = stopped(world, run(world, executionRoleArn=role, secrets=[secret]))
    assert "unable to retrieve secret from asm" in reason
    assert f"is not authorized to perform: secretsmanager:GetSecretValue on resource: {arn}" in reason


def test_a_log_stream_that_its_execution_role_may_not_make(world: Ecs, account: Account) -> None:
    reason = stopped(world, run(world, executionRoleArn=account.role(allow("ssm:*"), trust=TASKS)))
    assert "failed to create Cloudwatch log stream: AccessDeniedException" in reason
    assert "logs:CreateLogStream" in reason


def test_a_service_whose_role_does_not_trust_ecs_starts_no_task(world: Ecs, account: Account) -> None:
    role = account.role(allow(), trust=trusting(Service="lambda.amazonaws.com"))
    definition = world.definition("untrusted", role=role)
    world.create("untrusted", definition, deploymentConfiguration=BREAKER)

    def told() -> bool:
        service = world.ecs.describe_services(cluster="models", services=["untrusted"])["services"][0]
        return any(f"unable to assume the role '{role}'" in each["message"] for each in service["events"])

    eventually(told, 30)
    assert not world.ecs.list_tasks(cluster="models", serviceName="untrusted")["taskArns"]
    with pytest.raises(ClientError, match="ECS was unable to assume the role"):
        run(world, executionRoleArn=role)


def test_a_function_whose_role_does_not_trust_lambda(account: Account) -> None:
    role = account.role(allow(), trust=TASKS)
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        account.cloud.client("lambda").create_function(
            FunctionName="f",
            Runtime="python3.13",
            Handler="index.handler",
            Role=role,
            Code={"ZipFile": package("")},
        )


def test_a_function_acts_as_its_role(account: Account) -> None:
    source = """
        import boto3

        def handler(event, context):
            try:
                boto3.client("sagemaker-runtime").invoke_endpoint(EndpointName=event, Body=b"x")
            except Exception as error:
                return str(error)
    """
    mine = "arn:aws:sagemaker:eu-west-1:000000000000:endpoint/mine"
    role = account.role(
        allow("sagemaker:InvokeEndpoint", mine), trust=trusting(Service="lambda.amazonaws.com")
    )
    aws = account.cloud.client("lambda", read_timeout=60)
    aws.create_function(
        FunctionName="acts",
        Runtime="python3.13",
        Handler="index.handler",
        Role=role,
        Timeout=30,
        Code={"ZipFile": package(source)},
    )
    aws.get_waiter("function_active_v2").wait(FunctionName="acts", WaiterConfig={"Delay": 1})
    said = {
        name: aws.invoke(FunctionName="acts", Payload=json.dumps(name))["Payload"].read().decode()
        for name in ("mine", "theirs")
    }
    assert "AccessDenied" not in said["mine"]
    assert "not found" in said["mine"].lower()
    assert "is not authorized to perform: sagemaker:InvokeEndpoint on resource: " in said["theirs"]
    refused = account.cloud.local("iam")["refused"]
    assert {"logs:CreateLogStream", "sagemaker:InvokeEndpoint"} <= {
        each["action"] for each in refused if each["role"] == role.rsplit("/", 1)[-1]
    }


def test_a_model_whose_role_sagemaker_cannot_take_on_or_that_cannot_read(
    world: Ecs, account: Account
) -> None:
    s3 = account.cloud.client("s3")
    s3.create_bucket(Bucket="archives", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="archives", Key="mine/model.tar.gz", Body=archive())
    aws = account.cloud.client("sagemaker")
    container = {"Image": world.image, "ModelDataUrl": "s3://archives/mine/model.tar.gz"}
    trust = trusting(Service="sagemaker.amazonaws.com")
    cases = {
        "Could not assume role": account.role(allow(), trust=TASKS),
        "Could not access model data": account.role(allow("logs:*"), trust=trust),
    }
    for words, role in cases.items():
        with pytest.raises(ClientError, match=words) as caught:
            aws.create_model(ModelName="m", PrimaryContainer=container, ExecutionRoleArn=role)
        assert caught.value.response["Error"]["Code"] == "ValidationException"
    role = account.role(allow("s3:GetObject", "arn:aws:s3:::archives/mine/*"), trust=trust)
    aws.create_model(ModelName="m", PrimaryContainer=container, ExecutionRoleArn=role)
