"""Specs that must be refused, by the Python models and by the API server alike, and why.

One table for both: the unit ring tries it against the models, the end-to-end ring against a real
kube-apiserver. A case changes a valid object in one or a few places, names the field that must be blamed,
and words that the refusal must contain. `api_says` is given where the API server has its own words.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/modelpoc"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
PARAMETER = f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/token"
SECRET = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:token-AbCdEf"
REMOVE = object()
"""Marks a field that a case takes out."""

POC: dict[str, Any] = {
    "apiVersion": "modelpoc.dev/v1alpha1",
    "kind": "ModelPOC",
    "metadata": {"name": "experience-linker", "namespace": "default"},
    "spec": {"ecs": {"image": "example.org/models/linker:1.0"}},
}
SAGEMAKER_POC: dict[str, Any] = {
    **POC,
    "spec": {
        "sagemaker": {
            "image": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/linker:1.0",
            "instance": {"type": "ml.m5.large", "count": 4},
        }
    },
}
PLATFORM: dict[str, Any] = {
    "apiVersion": "modelpoc.dev/v1alpha1",
    "kind": "ModelPlatform",
    "metadata": {"name": "default"},
    "spec": {
        "accountId": ACCOUNT,
        "region": "eu-west-1",
        "artifacts": {"bucket": "models"},
        "network": {
            "vpcId": "vpc-0a1b2c3d",
            "subnetIds": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
            "securityGroupIds": ["sg-0a1b2c3d"],
        },
        "ecs": {"executionRoleArn": ROLE},
    },
}


@dataclass(frozen=True)
class Invalid:
    """`put`: values by dotted path below spec (`metadata.name` is the exception)."""

    id: str
    put: Mapping[str, Any]
    field: str
    says: str
    api_says: str = ""
    base: Mapping[str, Any] = field(default_factory=lambda: POC, repr=False)

    @property
    def object(self) -> dict[str, Any]:
        """The whole object that must be refused."""
        result = copy.deepcopy(dict(self.base))
        for path, value in self.put.items():
            _put(
                result, path.split(".") if path.startswith("metadata") else ["spec", *path.split(".")], value
            )
        return result


def _put(target: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for part in parents:
        target = target.setdefault(part, {})
    if value is REMOVE:
        target.pop(last, None)
    else:
        target[last] = value


def _env(*names: str) -> list[dict[str, str]]:
    return [{"name": name, "value": "x"} for name in names]


def _scheduled(**fields: Any) -> dict[str, Any]:
    return {"ecs.scaling": {"min": 1, "max": 2, "schedule": [{"name": "night", **fields}]}}


def _sagemaker(id: str, put: Mapping[str, Any], field: str, says: str, api_says: str = "") -> Invalid:
    return Invalid(id, put, field, says, api_says, base=SAGEMAKER_POC)


_NEWS_SECRET = {"namespace": "ops", "name": "news"}


def _platform(id: str, put: Mapping[str, Any], field: str, says: str, api_says: str = "") -> Invalid:
    return Invalid(id, put, field, says, api_says, base=PLATFORM)


_STEP = "spec.sagemaker.rollout"

CASES: tuple[Invalid, ...] = (
    # the object
    Invalid("name-with-dot", {"metadata.name": "a.b"}, "metadata", "metadata.name: use at most 63"),
    Invalid("name-too-long", {"metadata.name": "a" * 64}, "metadata", "metadata.name: use at most 63"),
    Invalid("no-runtime", {"ecs": REMOVE}, "spec", "exactly one of ecs and sagemaker"),
    Invalid(
        "two-runtimes",
        {"sagemaker": SAGEMAKER_POC["spec"]["sagemaker"]},
        "spec",
        "exactly one of ecs and sagemaker",
    ),
    Invalid("unknown-field", {"replicas": 1}, "spec.replicas", "unknown field"),
    Invalid(
        "unknown-field-deep", {"ecs.healthCheck": {"pth": "/"}}, "spec.ecs.healthCheck.pth", "unknown field"
    ),
    Invalid("unknown-null", {"ecs.healthCheck": {"p": None}}, "spec.ecs.healthCheck.p", "unknown field"),
    Invalid("snake-case", {"deletion_policy": "Retain"}, "spec.deletion_policy", "unknown field"),
    Invalid("expires-number", {"expiresAt": 1}, "spec.expiresAt", "must be of type string"),
    Invalid(
        "platform-name", {"platformRef": {"name": "The Platform"}}, "spec.platformRef.name", "lower-case"
    ),
    # life
    Invalid("ttl-bare-number", {"ttl": "72"}, "spec.ttl", "as in 72h or 14d"),
    Invalid("ttl-zero", {"ttl": "0h"}, "spec.ttl", "as in 72h or 14d"),
    Invalid("ttl-number", {"ttl": 72}, "spec.ttl", "must be of type string"),
    Invalid(
        "ttl-and-expires-at",
        {"ttl": "3d", "expiresAt": "2027-01-31T18:00:00Z"},
        "spec.expiresAt",
        "ttl and expiresAt exclude each other: keep one",
    ),
    Invalid("expires-without-zone", {"expiresAt": "2027-01-31T18:00:00"}, "spec.expiresAt", "with its zone"),
    Invalid(
        "expires-no-such-day", {"expiresAt": "2027-02-30T18:00:00Z"}, "spec.expiresAt", "a day that exists"
    ),
    Invalid("expires-date-only", {"expiresAt": "2027-01-31"}, "spec.expiresAt", "as in 2027-01-31T18:00:00Z"),
    Invalid("suspend-text", {"suspend": "yes"}, "spec.suspend", "must be of type boolean"),
    Invalid("deletion-policy", {"deletionPolicy": "Keep"}, "spec.deletionPolicy", '"Retain"'),
    # image, port, size
    Invalid("no-image", {"ecs": {}}, "spec.ecs.image", "Required value"),
    Invalid("null-image", {"ecs": {"image": None}}, "spec.ecs.image", "Required value"),
    Invalid("image-spaces", {"ecs.image": "my image"}, "spec.ecs.image", "repository:tag"),
    Invalid("image-scheme", {"ecs.image": "https://example.org/x"}, "spec.ecs.image", "repository:tag"),
    Invalid("image-short-digest", {"ecs.image": "x@sha256:abc"}, "spec.ecs.image", "repository:tag"),
    Invalid("image-placeholder-case", {"ecs.image": "Placeholder"}, "spec.ecs.image", "PLACEHOLDER"),
    Invalid("port-zero", {"ecs.port": 0}, "spec.ecs.port", "greater than or equal to 1"),
    Invalid("port-large", {"ecs.port": 70000}, "spec.ecs.port", "less than or equal to 65535"),
    Invalid("port-text", {"ecs.port": "8080"}, "spec.ecs.port", "must be of type integer"),
    Invalid("cpu-odd", {"ecs.cpu": 300}, "spec.ecs.cpu", "use 256, 512, 1024, 2048, 4096, 8192 or 16384"),
    Invalid("memory-3000", {"ecs.memory": 3000}, "spec.ecs.memory", "with cpu 256: use 512, 1024 or 2048"),
    Invalid(
        "memory-small-for-cpu",
        {"ecs.cpu": 1024},
        "spec.ecs.memory",
        "with cpu 1024: use 2048 to 8192 in steps of 1024",
    ),
    Invalid(
        "memory-step",
        {"ecs.cpu": 8192, "ecs.memory": 17408},
        "spec.ecs.memory",
        "with cpu 8192: use 16384 to 61440 in steps of 4096",
    ),
    Invalid("memory-tiny", {"ecs.memory": 128}, "spec.ecs.memory", "greater than or equal to 512"),
    Invalid("architecture", {"ecs.architecture": "arm64"}, "spec.ecs.architecture", '"ARM64"'),
    Invalid("capacity", {"ecs.capacity": "FARGATE_SPOT"}, "spec.ecs.capacity", '"Spot"'),
    Invalid("command-text", {"ecs.command": "serve"}, "spec.ecs.command", "must be of type array"),
    Invalid("role-name-only", {"ecs.taskRoleArn": "modelpoc"}, "spec.ecs.taskRoleArn", "whole ARN of a role"),
    # env and secrets
    Invalid(
        "env-number",
        {"ecs.env": [{"name": "N", "value": 1}]},
        "spec.ecs.env[0].value",
        "must be of type string",
    ),
    Invalid(
        "env-bool",
        {"ecs.env": [{"name": "N", "value": True}]},
        "spec.ecs.env[0].value",
        "must be of type string",
    ),
    Invalid("env-twice", {"ecs.env": _env("A", "A")}, "spec.ecs.env", "Duplicate value"),
    Invalid("env-name", {"ecs.env": _env("MY-NAME")}, "spec.ecs.env[0].name", "letters, digits and '_'"),
    Invalid(
        "env-name-empty", {"ecs.env": _env("")}, "spec.ecs.env[0].name", "at least 1 char", "at least 1 char"
    ),
    Invalid(
        "env-reserved", {"ecs.env": _env("AWS_EXECUTION_ENV")}, "spec.ecs.env[0].name", "set by ECS itself"
    ),
    Invalid(
        "env-credentials", {"ecs.env": _env("AWS_SECRET_ACCESS_KEY")}, "spec.ecs.env[0].name", "taskRoleArn"
    ),
    Invalid("env-as-map", {"ecs.env": {"A": "1"}}, "spec.ecs.env", "must be of type array", "unknown field"),
    Invalid("env-no-value", {"ecs.env": [{"name": "A"}]}, "spec.ecs.env[0].value", "Required value"),
    Invalid(
        "env-too-many",
        {"ecs.env": _env(*(f"V{n}" for n in range(101)))},
        "spec.ecs.env",
        "at most 100 items",
    ),
    Invalid(
        "secret-without-source",
        {"ecs.secrets": [{"name": "TOKEN"}]},
        "spec.ecs.secrets[0]",
        "exactly one of ssmParameterArn, secretsManagerArn, secretKeyRef",
    ),
    Invalid(
        "secret-two-sources",
        {"ecs.secrets": [{"name": "TOKEN", "ssmParameterArn": PARAMETER, "secretsManagerArn": SECRET}]},
        "spec.ecs.secrets[0]",
        "exactly one of ssmParameterArn, secretsManagerArn, secretKeyRef",
    ),
    Invalid(
        "secret-twice",
        {"ecs.secrets": [{"name": "TOKEN", "ssmParameterArn": PARAMETER}] * 2},
        "spec.ecs.secrets",
        "Duplicate value",
    ),
    Invalid(
        "secret-and-env",
        {"ecs.env": _env("TOKEN"), "ecs.secrets": [{"name": "TOKEN", "ssmParameterArn": PARAMETER}]},
        "spec.ecs.secrets",
        "keep it in one of them",
    ),
    Invalid(
        "secret-value",
        {"ecs.secrets": [{"name": "TOKEN", "value": "hunter2"}]},
        "spec.ecs.secrets[0].value",
        "unknown field",
    ),
    Invalid(
        "ssm-not-an-arn",
        {"ecs.secrets": [{"name": "TOKEN", "ssmParameterArn": "/token"}]},
        "spec.ecs.secrets[0].ssmParameterArn",
        "whole ARN of a parameter",
    ),
    Invalid(
        "secrets-manager-not-an-arn",
        {"ecs.secrets": [{"name": "TOKEN", "secretsManagerArn": PARAMETER}]},
        "spec.ecs.secrets[0].secretsManagerArn",
        "whole ARN of a secret",
    ),
    Invalid(
        "secret-key-missing",
        {"ecs.secrets": [{"name": "TOKEN", "secretKeyRef": {"name": "tokens"}}]},
        "spec.ecs.secrets[0].secretKeyRef.key",
        "Required value",
    ),
    # health check
    Invalid(
        "health-path", {"ecs.healthCheck": {"path": "health"}}, "spec.ecs.healthCheck.path", "begin with '/'"
    ),
    Invalid(
        "health-interval",
        {"ecs.healthCheck": {"intervalSeconds": 5, "timeoutSeconds": 5}},
        "spec.ecs.healthCheck.intervalSeconds",
        "larger than timeoutSeconds",
    ),
    Invalid(
        "health-command",
        {"ecs.healthCheck": {"command": ["CMD-SHELL", "exit 0"]}},
        "spec.ecs.healthCheck.command",
        "for a shell write sh, -c and the line",
    ),
    Invalid(
        "health-threshold",
        {"ecs.healthCheck": {"healthyThreshold": 1}},
        "spec.ecs.healthCheck.healthyThreshold",
        "greater than or equal to 2",
    ),
    # scaling
    Invalid("min-over-max", {"ecs.scaling": {"min": 3}}, "spec.ecs.scaling.min", "raise max or lower min"),
    Invalid("min-zero", {"ecs.scaling": {"min": 0}}, "spec.ecs.scaling.min", "needs an entry of schedule"),
    Invalid(
        "min-zero-never-woken",
        {"ecs.scaling": {"min": 0, "schedule": [{"name": "night", "cron": "0 20 ? * * *", "min": 0}]}},
        "spec.ecs.scaling.min",
        "needs an entry of schedule",
    ),
    Invalid(
        "max-unused", {"ecs.scaling": {"max": 3}}, "spec.ecs.scaling.max", "needs a target or a schedule"
    ),
    Invalid(
        "target-empty",
        {"ecs.scaling": {"max": 3, "target": {}}},
        "spec.ecs.scaling.target",
        "exactly one of cpuPercent",
    ),
    Invalid(
        "target-two",
        {"ecs.scaling": {"max": 3, "target": {"cpuPercent": 50, "requestsPerTarget": 5}}},
        "spec.ecs.scaling.target",
        "exactly one of cpuPercent",
    ),
    Invalid(
        "target-percent",
        {"ecs.scaling": {"max": 3, "target": {"cpuPercent": 150}}},
        "spec.ecs.scaling.target.cpuPercent",
        "less than or equal to 100",
    ),
    Invalid(
        "schedule-day-that-is-none",
        _scheduled(min=1, at="2027-02-30T08:00:00"),
        "spec.ecs.scaling.schedule[0].at",
        "does not exist",
        "at",
    ),
    Invalid(
        "schedule-zone-that-is-none",
        _scheduled(min=1, at="2027-01-31T08:00:00", timezone="Nowhere/Zone"),
        "spec.ecs.scaling.schedule[0].timezone",
        "no such zone",
        "timezone",
    ),
    Invalid("schedule-without-time", _scheduled(min=1), "spec.ecs.scaling.schedule[0]", "one of cron and at"),
    Invalid(
        "schedule-unix-cron",
        _scheduled(min=1, cron="0 8 * * 1"),
        "spec.ecs.scaling.schedule[0].cron",
        "six fields",
    ),
    Invalid(
        "schedule-changes-nothing",
        _scheduled(cron="0 8 ? * MON-FRI *"),
        "spec.ecs.scaling.schedule[0]",
        "say what changes",
    ),
    Invalid(
        "schedule-min-over-max",
        _scheduled(at="2027-01-01T08:00:00", min=3, max=2),
        "spec.ecs.scaling.schedule[0].min",
        "must not be larger than max",
    ),
    Invalid(
        "schedule-at-zone",
        _scheduled(at="2027-01-01T08:00:00Z", min=1),
        "spec.ecs.scaling.schedule[0].at",
        "local time without a zone",
    ),
    # route
    Invalid("path-relative", {"route.path": "linker"}, "spec.route.path", "begin with '/'"),
    Invalid("path-slash-end", {"route.path": "/linker/"}, "spec.route.path", "end without"),
    Invalid("path-double-slash", {"route.path": "/a//b"}, "spec.route.path", "in segments"),
    Invalid("path-wildcard", {"route.path": "/a/*"}, "spec.route.path", "in segments"),
    Invalid("path-dots", {"route.path": "/a/../b"}, "spec.route.path", "in segments"),
    Invalid("path-variable", {"route.path": "/a/{proxy+}"}, "spec.route.path", "in segments"),
    Invalid("path-long", {"route.path": "/" + "a" * 126}, "spec.route.path", "at most 126", "more than 126"),
    Invalid("priority-zero", {"route.priority": 0}, "spec.route.priority", "greater than or equal to 1"),
    Invalid(
        "priority-large", {"route.priority": 50001}, "spec.route.priority", "less than or equal to 50000"
    ),
    Invalid("auth-null-type", {"route.auth": {"type": None}}, "spec.route.auth.type", "Required value"),
    Invalid("auth-unknown", {"route.auth": {"type": "Basic"}}, "spec.route.auth.type", '"IAM"'),
    Invalid(
        "jwt-without-authorizer", {"route.auth": {"type": "JWT"}}, "spec.route.auth.authorizer", "needs an"
    ),
    Invalid(
        "iam-with-authorizer",
        {"route.auth": {"type": "IAM", "authorizer": "login"}},
        "spec.route.auth.authorizer",
        "others have none",
    ),
    Invalid(
        "cors-credentials-for-all",
        {"route.cors": {"allowOrigins": ["*"], "allowCredentials": True}},
        "spec.route.cors.allowCredentials",
        "list the origins",
    ),
    Invalid(
        "cors-origin-path",
        {"route.cors": {"allowOrigins": ["https://example.org/app"]}},
        "spec.route.cors.allowOrigins[0]",
        "an origin",
    ),
    Invalid(
        "cors-empty", {"route.cors": {"allowOrigins": []}}, "spec.route.cors.allowOrigins", "at least 1 item"
    ),
    Invalid(
        "cors-method",
        {"route.cors": {"allowOrigins": ["*"], "allowMethods": ["get"]}},
        "spec.route.cors.allowMethods[0]",
        "in capitals",
    ),
    Invalid("throttle-half", {"route.throttle": {"rate": 5}}, "spec.route.throttle.burst", "Required value"),
    Invalid(
        "throttle-zero",
        {"route.throttle": {"rate": 0, "burst": 1}},
        "spec.route.throttle.rate",
        "greater than or equal to 1",
    ),
    # examples, tags, notifications
    Invalid(
        "example-twice",
        {"examples": [{"name": "a", "body": 1}, {"name": "a", "body": 2}]},
        "spec.examples",
        "Duplicate value",
    ),
    Invalid("example-no-body", {"examples": [{"name": "a"}]}, "spec.examples[0].body", "Required value"),
    Invalid(
        "example-media-type",
        {"examples": [{"name": "a", "body": "x", "contentType": "csv"}]},
        "spec.examples[0].contentType",
        "media type",
    ),
    Invalid("tag-aws", {"tags": {"aws:team": "x"}}, "spec.tags", "belong to AWS"),
    Invalid("tag-ours", {"tags": {"modelpoc.dev/owner": "x"}}, "spec.tags", "to the operator"),
    Invalid("tag-value", {"tags": {"team": "a;b"}}, "spec.tags", "use letters"),
    Invalid("tag-key", {"tags": {"a;b": "x"}}, "spec.tags", "a tag's key has"),
    Invalid("tag-number", {"tags": {"cost-centre": 12}}, "spec.tags", "must be of type string"),
    Invalid(
        "news-unknown", {"notifications": {"events": ["All"]}}, "spec.notifications.events[0]", '"Failure"'
    ),
    # SageMaker
    _sagemaker(
        "no-capacity", {"sagemaker.instance": REMOVE}, "spec.sagemaker", "exactly one of serverless, instance"
    ),
    _sagemaker(
        "serverless-and-instance",
        {"sagemaker.serverless": {}},
        "spec.sagemaker",
        "exactly one of serverless, instance",
    ),
    _sagemaker("sagemaker-no-image", {"sagemaker.image": REMOVE}, "spec.sagemaker.image", "image is needed"),
    _sagemaker(
        "serverless-memory",
        {"sagemaker.instance": REMOVE, "sagemaker.serverless": {"memory": 1500}},
        "spec.sagemaker.serverless.memory",
        "use 1024, 2048",
    ),
    _sagemaker(
        "instance-type",
        {"sagemaker.instance": {"type": "m5.large"}},
        "spec.sagemaker.instance.type",
        "as in ml.m5.xlarge",
    ),
    _sagemaker(
        "canary-no-size", {"sagemaker.rollout": {"type": "Canary"}}, _STEP, "exactly one of instances"
    ),
    _sagemaker(
        "canary-one-instance",
        {"sagemaker.instance.count": 1, "sagemaker.rollout": {"type": "Canary", "instances": 1}},
        _STEP,
        "raise instance.count",
    ),
    _sagemaker(
        "canary-over-half",
        {"sagemaker.rollout": {"type": "Canary", "instances": 3}},
        _STEP,
        "half of it at most",
    ),
    _sagemaker(
        "linear-percent",
        {"sagemaker.rollout": {"type": "Linear", "percent": 60}},
        f"{_STEP}.percent",
        "less than or equal to 50",
    ),
    _sagemaker(
        "canary-serverless",
        {
            "sagemaker.instance": REMOVE,
            "sagemaker.serverless": {"memory": 1024},
            "sagemaker.rollout": {"type": "Canary", "percent": 10},
        },
        _STEP,
        "use AllAtOnce",
    ),
    _sagemaker(
        "capture-serverless",
        {
            "sagemaker.instance": REMOVE,
            "sagemaker.serverless": {"memory": 1024},
            "sagemaker.dataCapture": {"percent": 10, "destination": "s3://models/captured"},
        },
        "spec.sagemaker.dataCapture",
        "on instances only",
    ),
    _sagemaker(
        "model-data-url", {"sagemaker.modelDataUrl": "model.tar.gz"}, "spec.sagemaker.modelDataUrl", "s3://"
    ),
    _sagemaker(
        "proxy-timeout",
        {"sagemaker.proxy": {"timeoutSeconds": 60}},
        "spec.sagemaker.proxy.timeoutSeconds",
        "less than or equal to 29",
    ),
    # platform
    _platform("news-nowhere", {"notifications": {"events": []}}, "spec.notifications", "say where news go"),
    _platform(
        "news-twice-to-slack",
        {"notifications": {"slackWebhook": _NEWS_SECRET, "slackBot": {**_NEWS_SECRET, "channel": "#pocs"}}},
        "spec.notifications.slackBot",
        "exclude each other",
    ),
    _platform(
        "news-channel",
        {"notifications": {"slackBot": {**_NEWS_SECRET, "channel": "our pocs"}}},
        "spec.notifications.slackBot.channel",
        "as in C0123456789",
    ),
    _platform(
        "news-key",
        {"notifications": {"webhook": {**_NEWS_SECRET, "signingKey": "a b"}}},
        "spec.notifications.webhook.signingKey",
        "name a key",
    ),
    _platform(
        "news-warning",
        {"notifications": {"webhook": _NEWS_SECRET, "expiryWarning": "soon"}},
        "spec.notifications.expiryWarning",
        "as in 72h",
    ),
    _platform("account-number", {"accountId": 123456789012}, "spec.accountId", "must be of type string"),
    _platform("account-short", {"accountId": "12345"}, "spec.accountId", "twelve digits in quotes"),
    _platform("account-missing", {"accountId": REMOVE}, "spec.accountId", "Required value"),
    _platform("region-zone", {"region": "eu-west-1a"}, "spec.region", "as in eu-west-1"),
    _platform("bucket-url", {"artifacts.bucket": "s3://models"}, "spec.artifacts.bucket", "without s3://"),
    _platform("vpc-id", {"network.vpcId": "main"}, "spec.network.vpcId", "begins with vpc-"),
    _platform("one-subnet", {"network.subnetIds": ["subnet-1"]}, "spec.network", "two zones"),
    _platform(
        "subnet-twice",
        {"network.subnetIds": ["subnet-1", "subnet-1"]},
        "spec.network.subnetIds",
        "Duplicate value",
    ),
    _platform(
        "no-security-group",
        {"network.securityGroupIds": []},
        "spec.network.securityGroupIds",
        "at least 1 item",
    ),
    _platform("role-missing", {"ecs": {}}, "spec.ecs.executionRoleArn", "Required value"),
    _platform(
        "role-of-all-and-of-each",
        {"ecs.taskRoleArn": ROLE, "ecs.taskRole": {"perPoc": {"permissionsBoundaryArn": BOUNDARY}}},
        "spec.ecs.taskRole",
        "keep taskRoleArn or taskRole",
    ),
    _platform("role-of-nobody", {"ecs.taskRole": {}}, "spec.ecs.taskRole.perPoc", "Required value"),
    _platform(
        "boundary-missing",
        {"ecs.taskRole": {"perPoc": {}}},
        "spec.ecs.taskRole.perPoc.permissionsBoundaryArn",
        "Required value",
    ),
    _platform(
        "boundary-is-a-role",
        {"ecs.taskRole": {"perPoc": {"permissionsBoundaryArn": ROLE}}},
        "spec.ecs.taskRole.perPoc.permissionsBoundaryArn",
        "whole ARN of a policy",
    ),
    _platform(
        "base-path", {"routing.basePath": "/models/"}, "spec.routing.basePath", "without slashes at the ends"
    ),
    _platform(
        "listener-alone",
        {
            "routing.loadBalancers": [
                {"listenerArn": f"arn:aws:elasticloadbalancing:eu-west-1:{ACCOUNT}:listener/app/x/0a/0b"}
            ]
        },
        "spec.routing.loadBalancers[0].listenerArn",
        "needs the load balancer's arn",
    ),
    _platform(
        "domain-of-two-apis",
        {
            "routing.customDomain": {"name": "models.example.org"},
            "routing.apis": [{"id": "a1"}, {"id": "a2"}],
        },
        "spec.routing.customDomain",
        "leads to one HTTP API",
    ),
    _platform(
        "authorizer-unknown",
        {"routing.auth": {"type": "JWT", "authorizer": "x"}},
        "spec.routing.auth",
        "add it there",
    ),
    _platform(
        "log-retention",
        {"defaults.logRetentionDays": 10},
        "spec.defaults.logRetentionDays",
        "use one of these",
    ),
    _platform("owner-id", {"ownerId": "Team A"}, "spec.ownerId", "lower-case"),
)
