"""What a role may do: each service refuses in its own words, by policies as they stand."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.iam_world import Account, As, allow, deny, document, trusting

pytestmark = pytest.mark.local

EU = {"LocationConstraint": "eu-west-1"}
HERE = "eu-west-1:000000000000"
TAGS = [{"Key": "owner", "Value": "me"}]


@pytest.fixture(scope="module")
def account(shared_cloud: Any) -> Account:
    made = Account(shared_cloud)
    s3 = shared_cloud.client("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration=EU)
    s3.put_object(Bucket="models", Key="mine/a", Body=b"1")
    return made


@pytest.fixture(scope="module")
def nobody(account: Account) -> As:
    return account.may(allow("sqs:ListQueues"))


REFUSED: list[tuple[str, str, dict[str, Any], str, int, str, str]] = [
    ("ecs", "create_cluster", {"clusterName": "c"}, "AccessDeniedException", 400,
     "ecs:CreateCluster", f"arn:aws:ecs:{HERE}:cluster/c"),
    ("ecs", "list_clusters", {}, "AccessDeniedException", 400, "ecs:ListClusters", "*"),
    ("ecs", "describe_services", {"cluster": "c", "services": ["s"]}, "AccessDeniedException", 400,
     "ecs:DescribeServices", f"arn:aws:ecs:{HERE}:service/c/s"),
    ("elbv2", "create_target_group", {"Name": "g"}, "AccessDenied", 403,
     "elasticloadbalancing:CreateTargetGroup", f"arn:aws:elasticloadbalancing:{HERE}:targetgroup/g/*"),
    ("elbv2", "describe_rules", {}, "AccessDenied", 403, "elasticloadbalancing:DescribeRules", "*"),
    ("apigatewayv2", "get_routes", {"ApiId": "abc"}, "AccessDeniedException", 403,
     "apigateway:GET", "arn:aws:apigateway:eu-west-1::/apis/abc/routes"),
    ("lambda", "get_function", {"FunctionName": "f"}, "AccessDeniedException", 403,
     "lambda:GetFunction", f"arn:aws:lambda:{HERE}:function:f"),
    ("lambda", "invoke", {"FunctionName": "f"}, "AccessDeniedException", 403,
     "lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:f"),
    ("sagemaker", "describe_endpoint", {"EndpointName": "E"}, "AccessDeniedException", 400,
     "sagemaker:DescribeEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/e"),
    ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "e", "Body": b"x"}, "AccessDeniedException",
     403, "sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/e"),
    ("logs", "create_log_group", {"logGroupName": "/g"}, "AccessDeniedException", 400,
     "logs:CreateLogGroup", f"arn:aws:logs:{HERE}:log-group:/g:log-stream:"),
    ("cloudwatch", "delete_alarms", {"AlarmNames": ["a"]}, "AccessDenied", 400,
     "cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{HERE}:alarm:a"),
    ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "ecs"},
     "AccessDeniedException", 400, "application-autoscaling:DescribeScalableTargets", "*"),
    ("secretsmanager", "create_secret", {"Name": "s", "SecretString": "x"}, "AccessDeniedException", 400,
     "secretsmanager:CreateSecret", "s"),
    ("ssm", "get_parameters", {"Names": ["/a/b"]}, "AccessDeniedException", 400,
     "ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/a/b"),
    ("s3", "get_object", {"Bucket": "models", "Key": "mine/a"}, "AccessDenied", 403,
     "s3:GetObject", "arn:aws:s3:::models/mine/a"),
    ("s3", "list_objects_v2", {"Bucket": "models"}, "AccessDenied", 403,
     "s3:ListBucket", "arn:aws:s3:::models"),
    ("iam", "get_role", {"RoleName": "modelpoc-operator"}, "AccessDenied", 403,
     "iam:GetRole", "arn:aws:iam::000000000000:role/modelpoc-operator"),
    ("ec2", "describe_vpcs", {}, "UnauthorizedOperation", 403, "ec2:DescribeVpcs", "*"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code", "status", "action", "resource"),
    REFUSED,
    ids=[f"{row[0]}-{row[1]}" for row in REFUSED],
)
def test_each_service_refuses_in_its_own_words(
    nobody: As,
    service: str,
    operation: str,
    parameters: dict[str, Any],
    code: str,
    status: int,
    action: str,
    resource: str,
) -> None:
    told = nobody.refused(service, operation, **parameters)
    assert told[:2] == (code, status)
    assert nobody.lacks(service, operation, **parameters) == (action, resource)
    assert f"User: {nobody.identity.principal} is not authorized" in told[2]
    assert f"because no identity-based policy allows the {action} action" in told[2]


def test_a_head_is_refused_without_words(nobody: As) -> None:
    assert nobody.refused("s3", "head_object", Bucket="models", Key="mine/a")[:2] == ("403", 403)


def test_root_and_the_cloud_itself_are_free(cloud: Any) -> None:
    assert "clusterArns" in cloud.client("ecs").list_clusters()
    assert "clusterArns" in cloud.aws.client("ecs").list_clusters()
    assert cloud.local("iam")["used"].keys().isdisjoint({"root", "AWSServiceRoleForLocalCloud"})


def test_a_policy_holds_from_the_moment_it_is_put(account: Account) -> None:
    someone = account.may(allow("ecs:ListClusters"))
    someone.do("ecs", "list_clusters")
    account.put(someone.name, allow("ecs:ListServices"))
    assert someone.lacks("ecs", "list_clusters") == ("ecs:ListClusters", "*")
    account.put(someone.name, allow(), deny("ecs:List*"))
    assert someone.refused("ecs", "list_clusters")[2].endswith(
        "with an explicit deny in an identity-based policy"
    )


def test_attached_policies_count_by_their_default_version(account: Account) -> None:
    someone = account.may()
    arn = account.iam.create_policy(PolicyName="lists", PolicyDocument=document(allow("ecs:ListClusters")))[
        "Policy"
    ]["Arn"]
    account.iam.attach_role_policy(RoleName=someone.name, PolicyArn=arn)
    someone.do("ecs", "list_clusters")
    account.iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=document(allow("ecs:ListServices")), SetAsDefault=True
    )
    assert someone.lacks("ecs", "list_clusters") == ("ecs:ListClusters", "*")


def test_a_boundary_allows_nothing_but_bounds_what_is_allowed(account: Account) -> None:
    arn = account.iam.create_policy(PolicyName="bound", PolicyDocument=document(allow("s3:*")))["Policy"][
        "Arn"
    ]
    someone = account.may(allow(["s3:ListAllMyBuckets", "ecs:*"]), PermissionsBoundary=arn)
    someone.do("s3", "list_buckets")
    assert someone.refused("ecs", "list_clusters")[2].endswith(
        "because no permissions boundary allows the ecs:ListClusters action"
    )
    assert someone.lacks("s3", "list_objects_v2", Bucket="models")[0] == "s3:ListBucket"


def test_a_boundary_whose_document_is_not_there_allows_nothing(account: Account) -> None:
    someone = account.may(allow(), PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess")
    assert "permissions boundary" in someone.refused("ecs", "list_clusters")[2]


def test_tags_of_the_request_and_of_the_resource(account: Account) -> None:
    someone = account.may(
        allow("ecs:CreateCluster", StringEquals={"aws:RequestTag/owner": "me"}),
        allow("ecs:TagResource", StringEquals={"ecs:CreateAction": "CreateCluster"}),
        allow("ecs:DeleteCluster", StringEquals={"aws:ResourceTag/owner": "me"}),
        allow("iam:CreateServiceLinkedRole"),
    )
    mine = [{"key": "owner", "value": "me"}]
    assert someone.lacks("ecs", "create_cluster", clusterName="x")[0] == "ecs:CreateCluster"
    someone.do("ecs", "create_cluster", clusterName="tagged", tags=mine)
    arn = f"arn:aws:ecs:{HERE}:cluster/tagged"
    assert someone.lacks("ecs", "tag_resource", resourceArn=arn, tags=mine) == ("ecs:TagResource", arn)
    account.cloud.client("ecs").untag_resource(resourceArn=arn, tagKeys=["owner"])
    assert someone.lacks("ecs", "delete_cluster", cluster="tagged") == ("ecs:DeleteCluster", arn)
    account.cloud.client("ecs").tag_resource(resourceArn=arn, tags=mine)
    someone.do("ecs", "delete_cluster", cluster="tagged")


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "granted", "action", "resource"),
    [
        ("elbv2", "create_target_group", {"Name": "g", "Tags": TAGS},
         "elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:AddTags",
         f"arn:aws:elasticloadbalancing:{HERE}:targetgroup/g/*"),
        ("ecs", "register_task_definition",
         {"family": "f", "containerDefinitions": [], "tags": [{"key": "a", "value": "b"}]},
         "ecs:RegisterTaskDefinition", "ecs:TagResource", f"arn:aws:ecs:{HERE}:task-definition/f:*"),
        ("logs", "create_log_group", {"logGroupName": "/g", "tags": {"a": "b"}},
         "logs:CreateLogGroup", "logs:TagResource", f"arn:aws:logs:{HERE}:log-group:/g"),
        ("cloudwatch", "put_metric_alarm",
         {"AlarmName": "a", "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1,
          "Tags": TAGS},
         "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", f"arn:aws:cloudwatch:{HERE}:alarm:a"),
        ("secretsmanager", "create_secret", {"Name": "s", "SecretString": "x", "Tags": TAGS},
         "secretsmanager:CreateSecret", "secretsmanager:TagResource", "s"),
        ("sagemaker", "create_endpoint",
         {"EndpointName": "e", "EndpointConfigName": "c", "Tags": TAGS},
         "sagemaker:CreateEndpoint", "sagemaker:AddTags", f"arn:aws:sagemaker:{HERE}:endpoint/e"),
        ("apigatewayv2", "create_api", {"Name": "a", "ProtocolType": "HTTP", "Tags": {"a": "b"}},
         "apigateway:POST", "apigateway:TagResource", "arn:aws:apigateway:eu-west-1::/apis"),
        ("iam", "create_role", {"RoleName": "r", "AssumeRolePolicyDocument": trusting(AWS="*"), "Tags": TAGS},
         "iam:CreateRole", "iam:TagRole", "arn:aws:iam::000000000000:role/r"),
    ],
)  # fmt: skip
def test_making_something_with_tags_needs_the_right_to_tag_it(
    account: Account,
    service: str,
    operation: str,
    parameters: dict[str, Any],
    granted: str,
    action: str,
    resource: str,
) -> None:
    someone = account.may(allow(granted))
    assert someone.lacks(service, operation, **parameters) == (action, resource)


def test_passing_a_role_needs_a_right_for_that_service(account: Account) -> None:
    role = account.role(trust=trusting(Service=["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]))
    someone = account.may(
        allow(["ecs:*", "lambda:*"]),
        allow("iam:PassRole", role, StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    )
    definition = {
        "family": "f",
        "containerDefinitions": [{"name": "a", "image": "local/a:1"}],
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
    }
    someone.do("ecs", "register_task_definition", taskRoleArn=role, executionRoleArn=role, **definition)
    other = account.role()
    for member in ("taskRoleArn", "executionRoleArn"):
        lacking = someone.lacks("ecs", "register_task_definition", **{member: other}, **definition)
        assert lacking == ("iam:PassRole", other)
    function = {"FunctionName": "f", "Runtime": "python3.13", "Handler": "i.h", "Code": {"ZipFile": b"z"}}
    assert someone.lacks("lambda", "create_function", Role=role, **function) == ("iam:PassRole", role)


def test_service_linked_roles_are_made_once(account: Account) -> None:
    someone = account.may(allow("elasticloadbalancing:*"))
    subnets = [s["SubnetId"] for s in account.cloud.client("ec2").describe_subnets()["Subnets"][:2]]
    name = "role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing"
    wanted = {"Subnets": subnets, "Scheme": "internal"}
    lacking = someone.lacks("elbv2", "create_load_balancer", Name="a", **wanted)
    assert lacking == ("iam:CreateServiceLinkedRole", f"arn:aws:iam::000000000000:{name}")
    account.put(
        someone.name,
        allow("elasticloadbalancing:*"),
        allow(
            "iam:CreateServiceLinkedRole",
            StringEquals={"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"},
        ),
    )
    someone.do("elbv2", "create_load_balancer", Name="a", **wanted)
    account.put(someone.name, allow("elasticloadbalancing:*"))
    someone.do("elbv2", "create_load_balancer", Name="b", **wanted)


def test_a_missing_object_is_told_only_to_who_may_list(account: Account) -> None:
    reader = account.may(allow("s3:GetObject", "arn:aws:s3:::models/*"))
    assert reader.do("s3", "get_object", Bucket="models", Key="mine/a")["Body"].read() == b"1"
    assert reader.refused("s3", "get_object", Bucket="models", Key="mine/b")[:2] == ("AccessDenied", 403)
    account.put(reader.name, allow(["s3:GetObject", "s3:ListBucket"]))
    assert reader.refused("s3", "get_object", Bucket="models", Key="mine/b")[:2] == ("NoSuchKey", 404)


def test_a_prefix_bounds_a_listing(account: Account) -> None:
    own = {"s3:prefix": ["mine/*", "mine/"]}
    reader = account.may(allow("s3:ListBucket", "arn:aws:s3:::models", StringLike=own))
    assert reader.do("s3", "list_objects_v2", Bucket="models", Prefix="mine/")["KeyCount"] == 1
    for prefix in ("", "theirs/", "mine"):
        assert reader.lacks("s3", "list_objects_v2", Bucket="models", Prefix=prefix)[0] == "s3:ListBucket"


@pytest.mark.parametrize(
    "condition",
    [
        {"Bool": {"aws:ViaAWSService": "false"}},
        {"Bool": {"aws:PrincipalIsAWSService": "false"}},
        {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
        {"NumericGreaterThan": {"aws:EpochTime": "1767225600"}},
        {"NumericLessThanEquals": {"s3:max-keys": "10"}},
    ],
)
def test_what_every_request_says_of_itself_may_be_asked_for(account: Account, condition: Any) -> None:
    listing = {"Bucket": "models", "MaxKeys": 10}
    assert account.may(allow("s3:ListBucket", **condition)).do("s3", "list_objects_v2", **listing)
    kept_out = account.may(allow(), deny("s3:ListBucket", **condition))
    assert "explicit deny" in kept_out.refused("s3", "list_objects_v2", **listing)[2]


@pytest.mark.parametrize(
    "more", [{"Policy": document(allow())}, {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/x"}]}]
)
def test_a_session_policy_that_would_not_hold_is_refused(account: Account, more: dict[str, Any]) -> None:
    sts = account.cloud.client("sts")
    with pytest.raises(ClientError, match="no session policies"):
        sts.assume_role(RoleArn=account.role(allow()), RoleSessionName="less", **more)


def test_secrets_are_found_by_name_and_by_arn(account: Account) -> None:
    made = account.cloud.client("secretsmanager").create_secret(Name="app/one", SecretString="x", Tags=TAGS)
    reader = account.may(
        allow(
            "secretsmanager:GetSecretValue",
            f"arn:aws:secretsmanager:{HERE}:secret:app/*",
            StringEquals={"aws:ResourceTag/owner": "me"},
        )
    )
    for reference in ("app/one", made["ARN"]):
        assert reader.do("secretsmanager", "get_secret_value", SecretId=reference)["SecretString"] == "x"
    account.cloud.client("secretsmanager").create_secret(Name="app/two", SecretString="y")
    lacking = reader.lacks("secretsmanager", "get_secret_value", SecretId="app/two")
    assert lacking[1].startswith(f"arn:aws:secretsmanager:{HERE}:secret:app/two-")


def test_making_roles_is_bounded_by_their_boundary(account: Account) -> None:
    arn = account.iam.create_policy(PolicyName="edge", PolicyDocument=document(allow()))["Policy"]["Arn"]
    someone = account.may(
        allow(
            ["iam:CreateRole", "iam:PutRolePolicy"],
            "arn:aws:iam::000000000000:role/made/*",
            StringEquals={"iam:PermissionsBoundary": arn},
        )
    )
    made = {"AssumeRolePolicyDocument": trusting(Service="ecs-tasks.amazonaws.com")}
    put = {"PolicyName": "p", "PolicyDocument": document(allow())}
    role = f"{HERE.split(':')[1]}:role/made/a"
    assert someone.lacks("iam", "create_role", RoleName="a", Path="/made/", **made) == (
        "iam:CreateRole",
        f"arn:aws:iam::{role}",
    )
    someone.do("iam", "create_role", RoleName="a", Path="/made/", PermissionsBoundary=arn, **made)
    someone.do("iam", "put_role_policy", RoleName="a", **put)
    account.role(RoleName="b", Path="/made/")
    assert someone.lacks("iam", "put_role_policy", RoleName="b", **put)[0] == "iam:PutRolePolicy"


def test_a_policy_that_cannot_be_evaluated_is_refused(account: Account) -> None:
    role = account.role().rsplit("/", 1)[-1]
    unknown = document(allow(StringEquals={"aws:MoonPhase": "full"}))
    with pytest.raises(ClientError, match="aws:MoonPhase"):
        account.iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=unknown)
    with pytest.raises(ClientError, match="Invalid Condition type"):
        account.iam.create_policy(
            PolicyName="odd", PolicyDocument=document(allow(StringIs={"aws:SourceAccount": "1"}))
        )


def test_users_have_policies_too(account: Account) -> None:
    identity = account.cloud.aws.credentials.user("someone")
    account.iam.create_user(UserName="someone")
    someone = As(account.cloud, identity)
    account.iam.put_user_policy(
        UserName="someone", PolicyName="p", PolicyDocument=document(allow("ecs:ListClusters"))
    )
    someone.do("ecs", "list_clusters")
    assert someone.lacks("logs", "describe_log_groups") == ("logs:DescribeLogGroups", "*")


def test_who_takes_on_a_role_must_be_trusted(account: Account) -> None:
    ci = account.may(allow("sts:AssumeRole"))
    named = account.role(trust=trusting(AWS=f"arn:aws:iam::000000000000:role/{ci.name}"))
    rooted = account.role()
    foreign = account.role(trust=trusting(AWS="arn:aws:iam::111111111111:root"))
    for role in (named, rooted):
        assert ci.do("sts", "assume_role", RoleArn=role, RoleSessionName="s1")["Credentials"]
    refused = ci.refused("sts", "assume_role", RoleArn=foreign, RoleSessionName="s1")
    assert refused[:2] == ("AccessDenied", 403)
    assert f"is not authorized to perform: sts:AssumeRole on resource: {foreign}" in refused[2]
    account.put(ci.name, allow("sqs:*"))
    assert ci.do("sts", "assume_role", RoleArn=named, RoleSessionName="s1")["Credentials"]
    assert ci.lacks("sts", "assume_role", RoleArn=rooted, RoleSessionName="s1") == ("sts:AssumeRole", rooted)


def test_no_one_needs_a_right_to_ask_who_they_are(account: Account) -> None:
    someone = account.may(deny())
    assert someone.do("sts", "get_caller_identity")["Arn"] == someone.identity.principal


def test_what_was_used_and_what_was_refused_is_recorded(account: Account) -> None:
    someone = account.may(allow("ecs:ListClusters"))
    someone.do("ecs", "list_clusters")
    someone.refused("ecs", "describe_clusters", clusters=["c"])
    told = account.cloud.local("iam")
    assert told["used"][someone.name] == ["ecs:ListClusters"]
    assert account.cloud.aws.iam.used[someone.name] == {"ecs:ListClusters"}
    assert {
        "role": someone.name,
        "action": "ecs:DescribeClusters",
        "resource": f"arn:aws:ecs:{HERE}:cluster/c",
        "why": "because no identity-based policy allows the ecs:DescribeClusters action",
    } in told["refused"]


def test_roles_that_are_there_from_the_start(start_cloud: Any) -> None:
    lists = {"Version": "2012-10-17", "Statement": [allow("ecs:ListClusters")]}
    running = start_cloud(policies={"modelpoc-operator": lists, "modelpoc-boundary": lists})
    operator = As(running, running.aws.operator)
    operator.do("ecs", "list_clusters")
    assert operator.lacks("logs", "describe_log_groups") == ("logs:DescribeLogGroups", "*")
    policies = running.client("iam").list_policies(Scope="Local")["Policies"]
    assert [policy["PolicyName"] for policy in policies] == ["modelpoc-boundary"]


def test_the_operator_may_do_all_when_nothing_is_said(cloud: Any) -> None:
    As(cloud, cloud.aws.operator).do("logs", "describe_log_groups")


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ecs", "list_clusters", "InvalidSignatureException"),
        ("apigatewayv2", "get_apis", "InvalidSignatureException"),
        ("elbv2", "describe_load_balancers", "SignatureDoesNotMatch"),
        ("s3", "list_buckets", "SignatureDoesNotMatch"),
    ],
)
def test_a_wrong_secret_is_refused(cloud: Any, service: str, operation: str, code: str) -> None:
    wrong = dataclasses.replace(cloud.aws.admin, secret_key="x" * 40)
    told = As(cloud, wrong).refused(service, operation)
    assert told[:2] == (code, 403)
    assert "The request signature we calculated does not match" in told[2]
