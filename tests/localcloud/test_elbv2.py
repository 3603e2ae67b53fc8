"""Load balancers, listeners, rules and target groups as clients see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.localcloud.edge_world import FORWARD_404, Edge, eventually, refused

pytestmark = pytest.mark.local
MISSING = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:"


@pytest.fixture(scope="module")
def balancer(edge: Edge) -> dict[str, Any]:
    return edge.balancer()


@pytest.fixture
def listener(edge: Edge, balancer: dict[str, Any]) -> Iterator[str]:
    arn = edge.listener(balancer, 8080)
    yield arn
    edge.elb.delete_listener(ListenerArn=arn)


def test_a_load_balancer_is_provisioned_first(edge: Edge) -> None:
    found = edge.balancer(wait=False)
    assert found["State"]["Code"] == "provisioning"
    eventually(lambda: edge.balancer_state(found["LoadBalancerArn"]) == "active")


def test_the_same_load_balancer_again_is_the_same(edge: Edge) -> None:
    ask = {"Name": edge.name("twice"), "Subnets": edge.subnets}
    first, second = (edge.elb.create_load_balancer(**ask)["LoadBalancers"][0] for _ in range(2))
    assert first["LoadBalancerArn"] == second["LoadBalancerArn"]
    refused(
        "DuplicateLoadBalancerName",
        "different settings",
        edge.elb.create_load_balancer,
        **ask,
        Scheme="internal",
    )


def test_load_balancers_that_aws_refuses(edge: Edge) -> None:
    create = edge.elb.create_load_balancer
    refused("ValidationError", "two different Availability Zones", create, Name="a", Subnets=edge.subnets[:1])
    refused("SubnetNotFound", "", create, Name="a", Subnets=["subnet-1", "subnet-2"])
    refused("InvalidSecurityGroup", "", create, Name="a", Subnets=edge.subnets, SecurityGroups=["sg-1"])
    refused("ValidationError", "32", create, Name="a" * 33, Subnets=edge.subnets)


def test_load_balancers_by_name_and_page(edge: Edge) -> None:
    names = sorted(edge.name("page") for _ in range(3))
    for name in names:
        edge.elb.create_load_balancer(Name=name, Subnets=edge.subnets)
    found = edge.elb.describe_load_balancers(Names=names)["LoadBalancers"]
    assert sorted(one["LoadBalancerName"] for one in found) == names
    pages = list(edge.elb.get_paginator("describe_load_balancers").paginate(PageSize=2))
    assert len(pages) > 1
    assert all(len(page["LoadBalancers"]) <= 2 for page in pages)
    listed = [one["LoadBalancerName"] for page in pages for one in page["LoadBalancers"]]
    assert set(names) <= set(listed)
    assert len(listed) == len(set(listed))
    refused("LoadBalancerNotFound", "One or more", edge.elb.describe_load_balancers, Names=["nope"])
    refused("ValidationError", "marker", edge.elb.describe_load_balancers, Marker="?")


def test_a_protected_load_balancer_stays(edge: Edge) -> None:
    arn = edge.balancer(wait=False)["LoadBalancerArn"]
    protection = {"Key": "deletion_protection.enabled", "Value": "true"}
    edge.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[protection])
    refused("OperationNotPermitted", "protection", edge.elb.delete_load_balancer, LoadBalancerArn=arn)
    protection["Value"] = "false"
    edge.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[protection])
    edge.elb.delete_load_balancer(LoadBalancerArn=arn)
    edge.elb.delete_load_balancer(LoadBalancerArn=arn)
    refused("LoadBalancerNotFound", "", edge.elb.describe_load_balancers, LoadBalancerArns=[arn])


def test_deleting_a_load_balancer_frees_its_target_groups(edge: Edge) -> None:
    balancer, group = edge.balancer(wait=False), edge.group()
    listener = edge.listener(balancer)
    edge.rule(listener, 1, "/a", group)
    refused(
        "ResourceInUse", "in use by a listener or a rule", edge.elb.delete_target_group, TargetGroupArn=group
    )
    edge.elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    assert edge.backend.listener_endpoint(listener) is None
    refused("ListenerNotFound", "", edge.elb.describe_listeners, ListenerArns=[listener])

    def delete() -> bool:
        try:
            edge.elb.delete_target_group(TargetGroupArn=group)
        except edge.elb.exceptions.ResourceInUseException:
            return False
        return True

    eventually(delete)


def test_listeners_that_aws_refuses(edge: Edge, balancer: dict[str, Any], listener: str) -> None:
    arn = balancer["LoadBalancerArn"]
    ask = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 8080, "DefaultActions": FORWARD_404}
    refused("DuplicateListener", "already exists on this port", edge.elb.create_listener, **ask)
    missing = f"{MISSING}loadbalancer/app/a/0123456789abcdef"
    refused("LoadBalancerNotFound", "", edge.elb.create_listener, **{**ask, "LoadBalancerArn": missing})
    refused(
        "ValidationError",
        "not a valid load balancer ARN",
        edge.elb.create_listener,
        **{**ask, "LoadBalancerArn": "x"},
    )
    forward = [{"Type": "forward", "TargetGroupArn": f"{MISSING}targetgroup/a/0123456789abcdef"}]
    refused(
        "TargetGroupNotFound", "", edge.elb.create_listener, **{**ask, "Port": 81, "DefaultActions": forward}
    )
    refused(
        "ValidationError",
        "port must be",
        edge.elb.create_listener,
        **{k: v for k, v in ask.items() if k != "Port"},
    )
    refused("ValidationError", "either", edge.elb.describe_listeners)


def test_a_listener_changes_port_and_default(edge: Edge, balancer: dict[str, Any]) -> None:
    listener = edge.listener(balancer, 8081)
    teapot = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "418"}}]
    changed = edge.elb.modify_listener(ListenerArn=listener, Port=8082, DefaultActions=teapot)["Listeners"][0]
    assert changed["Port"] == 8082
    assert edge.backend.listener_endpoint(listener)[0] == balancer["DNSName"]
    (default,) = edge.elb.describe_rules(ListenerArn=listener)["Rules"]
    assert default["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "418"
    assert (default["Priority"], default["IsDefault"]) == ("default", True)
    edge.elb.delete_listener(ListenerArn=listener)


def test_rules_come_in_order_with_the_default_last(edge: Edge, listener: str) -> None:
    for priority in (30, 10, 20):
        edge.rule(listener, priority, f"/{priority}")
    pages = list(edge.elb.get_paginator("describe_rules").paginate(ListenerArn=listener, PageSize=3))
    assert [len(page["Rules"]) for page in pages] == [3, 1]
    assert [rule["Priority"] for page in pages for rule in page["Rules"]] == ["10", "20", "30", "default"]
    arns = [rule["RuleArn"] for rule in pages[0]["Rules"]]
    assert len(edge.elb.describe_rules(RuleArns=arns)["Rules"]) == 3
    gone = arns[0][:-16] + "0" * 16
    refused("RuleNotFound", "One or more rules not found", edge.elb.describe_rules, RuleArns=[gone])
    refused("ValidationError", "either", edge.elb.describe_rules, RuleArns=arns, ListenerArn=listener)


def test_rules_that_aws_refuses(edge: Edge, listener: str) -> None:
    edge.rule(listener, 7, "/a")
    good: dict[str, Any] = {
        "ListenerArn": listener,
        "Priority": 8,
        "Conditions": [{"Field": "path-pattern", "Values": ["/b"]}],
        "Actions": FORWARD_404,
    }
    create = edge.elb.create_rule
    refused("PriorityInUse", "Priority '7' is currently in use", create, **{**good, "Priority": 7})
    refused("ValidationError", "", create, **{**good, "Priority": 50001})
    refused("ValidationError", "", create, **{**good, "Priority": 0})
    many = [{"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{n}" for n in range(6)]}}]
    refused("ValidationError", "'5' condition values", create, **{**good, "Conditions": many})
    rewrite = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "(?=a)", "Replace": "b"}]}}
    refused("ValidationError", "lookaheads", create, **{**good, "Transforms": [rewrite]})
    refused("ListenerNotFound", "", create, **{**good, "ListenerArn": listener[:-16] + "0" * 16})
    assert len(edge.elb.describe_rules(ListenerArn=listener)["Rules"]) == 2


def test_a_rule_is_modified_in_part(edge: Edge, listener: str) -> None:
    rewrite = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a", "Replace": "/b"}]}}
    arn = edge.rule(listener, 1, "/a", Transforms=[rewrite])
    modify = edge.elb.modify_rule
    other = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/c"]}}]
    rule = modify(RuleArn=arn, Conditions=other)["Rules"][0]
    assert rule["Transforms"] == [rewrite]
    assert rule["Conditions"][0]["Values"] == ["/c"]
    rule = modify(RuleArn=arn, Actions=FORWARD_404, Conditions=[], Transforms=[])["Rules"][0]
    assert rule["Transforms"] == [rewrite]
    assert rule["Conditions"][0]["Values"] == ["/c"]
    assert modify(RuleArn=arn, ResetTransforms=True)["Rules"][0].get("Transforms", []) == []
    refused("ValidationError", "both", modify, RuleArn=arn, ResetTransforms=True, Transforms=[rewrite])
    refused("ValidationError", "must be specified", modify, RuleArn=arn)


def test_the_default_rule_cannot_be_changed_or_deleted(edge: Edge, listener: str) -> None:
    arn = edge.elb.describe_rules(ListenerArn=listener)["Rules"][0]["RuleArn"]
    rewrite = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a", "Replace": "/b"}]}}
    refused("OperationNotPermitted", "Default rule", edge.elb.modify_rule, RuleArn=arn, Transforms=[rewrite])
    refused("OperationNotPermitted", "Default rule", edge.elb.delete_rule, RuleArn=arn)
    pair = [{"RuleArn": arn, "Priority": 5}]
    refused("OperationNotPermitted", "Default rule", edge.elb.set_rule_priorities, RulePriorities=pair)


def test_priorities_change_all_or_none(edge: Edge, listener: str) -> None:
    first, second, third = (edge.rule(listener, priority, "/a") for priority in (1, 2, 3))

    def priorities() -> dict[str, str]:
        rules = edge.elb.describe_rules(ListenerArn=listener)["Rules"]
        return {rule["RuleArn"]: rule["Priority"] for rule in rules if not rule["IsDefault"]}

    move = edge.elb.set_rule_priorities
    swap = [{"RuleArn": first, "Priority": 2}, {"RuleArn": second, "Priority": 1}]
    move(RulePriorities=swap)
    assert priorities() == {first: "2", second: "1", third: "3"}
    half = [{"RuleArn": first, "Priority": 9}, {"RuleArn": second, "Priority": 3}]
    refused("PriorityInUse", "'3'", move, RulePriorities=half)
    same = [{"RuleArn": first, "Priority": 9}, {"RuleArn": second, "Priority": 9}]
    refused("ValidationError", "multiple times", move, RulePriorities=same)
    assert priorities() == {first: "2", second: "1", third: "3"}


def test_a_deleted_rule_is_gone(edge: Edge, listener: str) -> None:
    arn = edge.rule(listener, 1, "/a")
    edge.elb.delete_rule(RuleArn=arn)
    refused("RuleNotFound", "", edge.elb.delete_rule, RuleArn=arn)
    edge.rule(listener, 1, "/a")


def test_a_load_balancer_has_a_hundred_rules_and_target_groups(edge: Edge) -> None:
    balancer = edge.balancer(wait=False)
    listener = edge.listener(balancer)
    for number in range(100):
        edge.rule(listener, number + 1, f"/{number}", edge.group() if number < 99 else None)
    condition = [{"Field": "path-pattern", "Values": ["/more"]}]
    ask = {"ListenerArn": listener, "Priority": 999, "Conditions": condition}
    refused("TooManyRules", "", edge.elb.create_rule, **ask, Actions=FORWARD_404)
    last = edge.elb.describe_rules(ListenerArn=listener)["Rules"][-2]
    edge.elb.modify_rule(
        RuleArn=last["RuleArn"], Actions=[{"Type": "forward", "TargetGroupArn": edge.group()}]
    )
    more = [{"Type": "forward", "TargetGroupArn": edge.group()}]
    modify = edge.elb.modify_listener
    refused(
        "TooManyUniqueTargetGroupsPerLoadBalancer", "[100]", modify, ListenerArn=listener, DefaultActions=more
    )
    edge.elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])


def test_a_target_group_belongs_to_one_load_balancer(edge: Edge, listener: str) -> None:
    group = edge.group()
    edge.rule(listener, 1, "/a", group)
    other = edge.listener(edge.balancer(wait=False))
    ask = {"ListenerArn": other, "Priority": 1, "Conditions": [{"Field": "path-pattern", "Values": ["/a"]}]}
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    refused(
        "TargetGroupAssociationLimit",
        "more than one load balancer",
        edge.elb.create_rule,
        **ask,
        Actions=forward,
    )
    edge.rule(listener, 2, "/b", group)


def test_target_groups_are_idempotent_by_settings(edge: Edge) -> None:
    name = edge.name("same")
    first = edge.group(Name=name, Tags=[{"Key": "a", "Value": "1"}])
    assert edge.group(Name=name, Tags=[{"Key": "a", "Value": "2"}]) == first
    tags = edge.elb.describe_tags(ResourceArns=[first])["TagDescriptions"][0]["Tags"]
    assert tags == [{"Key": "a", "Value": "1"}]
    settings = {"Name": name, "Port": 81, "Protocol": "HTTP", "VpcId": edge.vpc, "TargetType": "ip"}
    refused("DuplicateTargetGroupName", "different settings", edge.elb.create_target_group, **settings)


def test_target_groups_that_aws_refuses(edge: Edge) -> None:
    good = {"Name": "tg-refused", "Port": 80, "Protocol": "HTTP", "VpcId": edge.vpc, "TargetType": "ip"}
    create = edge.elb.create_target_group
    refused("ValidationError", "'32' characters", create, **{**good, "Name": "a" * 33})
    refused("ValidationError", "begin or end", create, **{**good, "Name": "a-"})
    refused("ValidationError", "The VPC ID 'vpc-1' is not found", create, **{**good, "VpcId": "vpc-1"})
    refused("ValidationError", "", create, **good, HealthCheckIntervalSeconds=4)
    describe = edge.elb.describe_target_groups
    refused("TargetGroupNotFound", "One or more target groups not found", describe, Names=["tg-refused"])


def test_target_groups_of_a_load_balancer(edge: Edge, balancer: dict[str, Any], listener: str) -> None:
    used, unused = edge.group(), edge.group()
    edge.rule(listener, 1, "/a", used)
    found = edge.elb.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"]
    assert [group["TargetGroupArn"] for group in found] == [used]
    assert found[0]["LoadBalancerArns"] == [balancer["LoadBalancerArn"]]
    assert (edge.backend.has_load_balancer(used), edge.backend.has_load_balancer(unused)) == (True, False)
    assert edge.backend.target_group_exists(unused)
    edge.elb.delete_target_group(TargetGroupArn=unused)
    assert not edge.backend.target_group_exists(unused)


def test_health_check_settings_and_attributes_change(edge: Edge) -> None:
    group = edge.group()
    changed = edge.elb.modify_target_group(
        TargetGroupArn=group, HealthCheckPath="/ready", UnhealthyThresholdCount=4
    )
    assert changed["TargetGroups"][0]["HealthCheckPath"] == "/ready"
    assert changed["TargetGroups"][0]["HealthCheckIntervalSeconds"] == 10
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
    edge.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[delay])
    attributes = edge.elb.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
    assert delay in attributes
    assert {"Key": "stickiness.enabled", "Value": "false"} in attributes


def test_tags_of_everything(edge: Edge, balancer: dict[str, Any], listener: str) -> None:
    arns = [balancer["LoadBalancerArn"], listener, edge.rule(listener, 1, "/a"), edge.group()]
    edge.elb.add_tags(ResourceArns=arns, Tags=[{"Key": "owner", "Value": "me"}, {"Key": "b", "Value": ""}])
    edge.elb.remove_tags(ResourceArns=arns, TagKeys=["b", "never"])
    found = edge.elb.describe_tags(ResourceArns=arns)["TagDescriptions"]
    assert [one["ResourceArn"] for one in found] == arns
    assert all(one["Tags"] == [{"Key": "owner", "Value": "me"}] for one in found)
    refused("ValidationError", "20", edge.elb.describe_tags, ResourceArns=arns[:1] * 21)
    gone = arns[3][:-16] + "0" * 16
    refused("TargetGroupNotFound", "", edge.elb.describe_tags, ResourceArns=[gone])
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    refused("TooManyTags", "", edge.elb.add_tags, ResourceArns=arns[:1], Tags=many)
