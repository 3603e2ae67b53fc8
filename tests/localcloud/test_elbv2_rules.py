"""Rules as pure logic: what matches, what is rewritten, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.aws.backend import AwsError
from localcloud.aws.elbv2.check_actions import checked_actions
from localcloud.aws.elbv2.check_conditions import checked_conditions
from localcloud.aws.elbv2.check_regex import check_regex
from localcloud.aws.elbv2.check_transforms import checked_transforms
from localcloud.datapath.matching import Seen, compile_conditions
from localcloud.datapath.rewriting import RewriteFailed, compile_transforms, rewrite_host, rewrite_uri
from localcloud.datapath.table import RoutingTable, compile_rule, redirect_location

pytestmark = pytest.mark.unit


def path(*patterns: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(patterns)}}


def host(*patterns: str) -> dict[str, Any]:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(patterns)}}


def query(*pairs: dict[str, str]) -> dict[str, Any]:
    return {"Field": "query-string", "QueryStringConfig": {"Values": list(pairs)}}


def header(name: str, *values: str) -> dict[str, Any]:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": list(values)}}


def method(*names: str) -> dict[str, Any]:
    return {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": list(names)}}


def source(*blocks: str) -> dict[str, Any]:
    return {"Field": "source-ip", "SourceIpConfig": {"Values": list(blocks)}}


def rewrite(regex: str, replace: str, kind: str = "url-rewrite") -> dict[str, Any]:
    config = "UrlRewriteConfig" if kind == "url-rewrite" else "HostHeaderRewriteConfig"
    return {"Type": kind, config: {"Rewrites": [{"Regex": regex, "Replace": replace}]}}


def seen(target: str, **more: Any) -> Seen:
    before, _, after = target.partition("?")
    return Seen(more.pop("method", "GET"), before, after, **more)


@pytest.mark.parametrize(
    ("condition", "request_", "matches"),
    [
        (path("/poc/x"), seen("/poc/x"), True),
        (path("/poc/x"), seen("/poc/x/"), False),
        (path("/poc/x"), seen("/POC/x"), False),
        (path("/poc/x/*"), seen("/poc/x/predict"), True),
        (path("/poc/x/*"), seen("/poc/x/"), True),
        (path("/poc/x/*"), seen("/poc/x"), False),
        (path("/poc/x/*"), seen("/poc/xy/predict"), False),
        (path("/poc/x*"), seen("/poc/xy/predict"), True),
        (path("/a?c"), seen("/abc"), True),
        (path("/a?c"), seen("/ac"), False),
        (path("/a?c"), seen("/a/c"), True),
        (path("/a", "/b"), seen("/b"), True),
        (path("/a"), seen("/a?x=/b"), True),
        (path("/a.b"), seen("/axb"), False),
        (path("*.png"), seen("/x/y.png"), True),
        ({"Field": "path-pattern", "Values": ["/short"]}, seen("/short"), True),
        ({"Field": "path-pattern", "RegexValues": ["^/v[0-9]+/"]}, seen("/v12/x"), True),
        ({"Field": "path-pattern", "RegexValues": ["^/v[0-9]+/"]}, seen("/x/v12/"), False),
        (host("*.example.com"), seen("/", headers=(("Host", "API.Example.com"),)), True),
        (host("*.example.com"), seen("/", headers=(("host", "a.example.com:8080"),)), True),
        (host("*.example.com"), seen("/", headers=(("Host", "example.com"),)), False),
        (host("a.example.com"), seen("/"), False),
        (header("X-Kind", "beta*"), seen("/", headers=(("x-kind", "BETA-2"),)), True),
        (header("X-Kind", "beta"), seen("/", headers=(("X-Kind", "a"), ("X-Kind", "beta"))), True),
        (header("X-Kind", "beta"), seen("/"), False),
        (method("GET", "HEAD"), seen("/", method="HEAD"), True),
        (method("GET"), seen("/", method="POST"), False),
        (source("10.0.0.0/8", "127.0.0.0/8"), seen("/", source_ip="127.3.2.1"), True),
        (source("10.0.0.0/8"), seen("/", source_ip="127.0.0.1"), False),
        (query({"Key": "version", "Value": "v1"}), seen("/?a=b&Version=V1"), True),
        (query({"Key": "version", "Value": "v1"}), seen("/?version=v2"), False),
        (query({"Value": "*best*"}), seen("/?q=the%20best%20one"), True),
        (query({"Value": r"what\?"}), seen("/?q=what%3F"), True),
        (query({"Value": r"what\?"}), seen("/?q=whatx"), False),
    ],
)
def test_condition_matches(condition: dict[str, Any], request_: Seen, matches: bool) -> None:
    assert compile_conditions([condition])(request_) is matches


def test_all_conditions_of_a_rule_must_hold() -> None:
    test = compile_conditions([path("/a/*"), method("POST")])
    assert test(seen("/a/b", method="POST"))
    assert not test(seen("/a/b"))
    assert not test(seen("/b", method="POST"))


def test_rules_are_asked_in_order_and_the_default_last() -> None:
    def rule(status: str, *conditions: dict[str, Any]) -> Any:
        action = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": status}}
        return compile_rule(conditions, [action], [])

    table = RoutingTable((rule("201", path("/a/b")), rule("202", path("/a/*"))), rule("404"))
    status = [
        table.select(seen(where)).action["FixedResponseConfig"]["StatusCode"]
        for where in ("/a/b", "/a/c", "/")
    ]
    assert status == ["201", "202", "404"]


@pytest.mark.parametrize(
    ("regex", "replace", "uri", "expected"),
    [
        ("^/poc/x/?(.*)$", "/$1", "/poc/x/predict", "/predict"),
        ("^/poc/x/?(.*)$", "/$1", "/poc/x", "/"),
        ("^/poc/x/?(.*)$", "/$1", "/poc/x/", "/"),
        ("^/poc/x/?(.*)$", "/$1", "/poc/x?a=1", "/?a=1"),
        ("^/poc/x(/.*)$", "$1", "/poc/x/a/b?q=1&r=2", "/a/b?q=1&r=2"),
        ("^/poc/x(/.*)$", "$1", "/other", "/other"),
        ("^/dp/([A-Za-z0-9]+)/?$", "/product.php?id=$1", "/dp/B09G3HRMW", "/product.php?id=B09G3HRMW"),
        ("^([^?]*)", "/all", "/a/b?keep=1", "/all?keep=1"),
        (r"^/s/(.*)$", "/$1", "/s/2024-01-15T10%3A30/1", "/2024-01-15T10:30/1"),
        (r"^/s/(.*)$", "/$1", "/s/a%2Fb%20c", "/a%2Fb%20c"),
        (r"^/s/(.*)$", "/$1", "/other%3A", "/other%3A"),
        ("^/(a)(b)?", "/$2$1", "/a", "/a"),
        ("x", "y", "/xx", "/yx"),
        ("^/a$", "/cost$", "/a", "/cost$"),
    ],
)
def test_url_rewrite(regex: str, replace: str, uri: str, expected: str) -> None:
    transforms = compile_transforms([rewrite(regex, replace)])
    assert rewrite_uri(transforms.url, uri) == expected


@pytest.mark.parametrize(
    ("regex", "replace"), [("^/a", "b"), ("^/(a)", "/$2"), ("^/a", "/ b"), ("/a", "x#y")]
)
def test_a_rewrite_that_makes_no_url_fails(regex: str, replace: str) -> None:
    with pytest.raises(RewriteFailed):
        rewrite_uri(compile_transforms([rewrite(regex, replace)]).url, "/a")


def test_host_rewrite() -> None:
    transforms = compile_transforms(
        [rewrite("^mywebsite-(.+).com$", "internal.dev.$1.myweb.com", "host-header-rewrite")]
    )
    assert rewrite_host(transforms.host, "mywebsite-example.com") == "internal.dev.example.myweb.com"
    assert rewrite_host(transforms.host, "other.org") == "other.org"


@pytest.mark.parametrize(
    "regex",
    [
        "(?=a)",
        "(?!a)",
        "(?<=a)b",
        "(?<!a)b",
        r"(a)\1",
        r"(?P<n>a)(?P=n)",
        "(?>a)",
        "a++",
        "a*+",
        "a{2}+",
        "(?R)",
        "(?1)",
        r"\p{L}",
        r"(a)\g1",
        "(a",
        "[a",
        "*a",
        "a" * 1025,
    ],
)
def test_regex_that_aws_does_not_support(regex: str) -> None:
    with pytest.raises(AwsError) as caught:
        check_regex(regex, 1024)
    assert caught.value.code == "ValidationError"


@pytest.mark.parametrize("regex", [r"^/a\+\+b$", "[(?=]x", r"\\1", "a+?b", "(?:a|b)+", "(?i)a", "a" * 1024])
def test_regex_that_aws_supports(regex: str) -> None:
    check_regex(regex, 1024)


@pytest.mark.parametrize(
    ("conditions", "part"),
    [
        ([], "A condition must be specified"),
        ([{"Values": ["/a"]}], "A condition field must be specified"),
        ([{"Field": "colour", "Values": ["a"]}], "must be one of"),
        ([path()], "A condition value must be specified"),
        ([path("")], "A condition value must be specified"),
        ([path("/" + "a" * 128)], "too long; the limit is '128'"),
        ([path("/a b")], "contains a character that is not valid"),
        ([path("^/a[x]")], "contains a character that is not valid"),
        ([path("/1", "/2", "/3", "/4", "/5", "/6")], "A rule can only have '5' condition values"),
        ([path("/1", "/2", "/3"), header("X", "1", "2", "3")], "A rule can only have '5' condition values"),
        ([path("/*/*/*", "/*/*/*")], "'5' condition wildcards"),
        ([path("/a"), path("/b")], "only have one 'path-pattern'"),
        ([{"Field": "path-pattern", "Values": ["/a", "/b"]}], "contains too many values; the limit is '1'"),
        ([{**path("/a"), "Values": ["/a"]}], "You cannot provide both Values and 'PathPatternConfig'"),
        ([{**path("/a"), "HostHeaderConfig": {"Values": ["a.b"]}}], "not compatible with 'path-pattern'"),
        ([{"Field": "path-pattern", "RegexValues": ["(?=a)"]}], "not supported"),
        ([host("localhost")], "at least one '.'"),
        ([host("a_b.com")], "contains a character that is not valid"),
        ([header("Host", "a")], "'HttpHeaderName'"),
        ([header("X" * 41, "a")], "the limit is '40'"),
        ([{"Field": "http-header", "Values": ["a"]}], "The 'Values' field is not compatible"),
        ([{"Field": "http-header"}], "A 'HttpHeaderConfig' must be specified"),
        ([method("get")], "allowed characters are A-Z"),
        ([method("A" * 41)], "the limit is '40'"),
        ([source("10.0.0.1")], "not a valid CIDR"),
        ([source("10.0.0.1/8")], "not a valid CIDR"),
        ([source()], "A 'source-ip' value must be specified"),
        ([query({"Key": "a"})], "A 'Value' must be specified"),
        ([query({"Key": "k" * 129, "Value": "a"})], "The 'Key' value is too long"),
    ],
)
def test_conditions_that_aws_refuses(conditions: list[dict[str, Any]], part: str) -> None:
    with pytest.raises(AwsError) as caught:
        checked_conditions(conditions)
    assert caught.value.code == "ValidationError"
    assert part in caught.value.message


def test_conditions_are_kept_in_both_forms() -> None:
    both = {"Field": "path-pattern", "Values": ["/a*"], "PathPatternConfig": {"Values": ["/a*"]}}
    assert checked_conditions([path("/a*")]) == [both]
    assert checked_conditions([{"Field": "path-pattern", "Values": ["/a*"]}]) == [both]


def test_wildcards_of_path_and_host_count_together() -> None:
    checked_conditions([path("/*/?/*"), host("*.a.com", "*.b.com")])
    with pytest.raises(AwsError):
        checked_conditions([path("/*/?/*"), host("*.a.com", "*.b.*.com")])


@pytest.mark.parametrize(
    ("transforms", "part"),
    [
        ([rewrite("a", "b"), rewrite("c", "d")], "only have one transform of type 'url-rewrite'"),
        ([{"Type": "url-rewrite"}], "exactly one rewrite"),
        ([{"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": []}}], "exactly one rewrite"),
        (
            [{**rewrite("a", "b"), "HostHeaderRewriteConfig": {"Rewrites": []}, "Type": "colour"}],
            "must be one of",
        ),
        (
            [
                {
                    **rewrite("a", "b"),
                    "HostHeaderRewriteConfig": {"Rewrites": [{"Regex": "a", "Replace": "b"}]},
                }
            ],
            "cannot be specified",
        ),
        ([rewrite("(?=a)", "b")], "lookaheads"),
        ([rewrite("a", "b" * 1025)], "1024"),
        ([rewrite("a", "")], "1024"),
    ],
)
def test_transforms_that_aws_refuses(transforms: list[dict[str, Any]], part: str) -> None:
    with pytest.raises(AwsError) as caught:
        checked_transforms(transforms)
    assert caught.value.code == "ValidationError"
    assert part in caught.value.message


def test_one_transform_of_each_type_is_taken() -> None:
    both = [rewrite("a", "b"), rewrite("a", "b", "host-header-rewrite")]
    assert checked_transforms(both) == both


GROUP = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/a/0123456789abcdef"


@pytest.mark.parametrize(
    ("actions", "code"),
    [
        ([], "ValidationError"),
        ([{"Type": "forward"}], "ValidationError"),
        ([{"Type": "forward", "TargetGroupArn": GROUP}] * 2, "TooManyActions"),
        ([{"Type": "authenticate-oidc"}], "InvalidLoadBalancerAction"),
        ([{"Type": "fixed-response"}], "InvalidLoadBalancerAction"),
        (
            [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "302"}}],
            "InvalidLoadBalancerAction",
        ),
        (
            [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "ContentType": "x/y"}}],
            "InvalidLoadBalancerAction",
        ),
        ([{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}], "InvalidLoadBalancerAction"),
        (
            [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Path": "#{path}"}}],
            "InvalidLoadBalancerAction",
        ),
        (
            [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": GROUP}] * 6}}],
            "TooManyTargetGroups",
        ),
        (
            [
                {
                    "Type": "forward",
                    "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": GROUP, "Weight": 1000}]},
                }
            ],
            "ValidationError",
        ),
    ],
)
def test_actions_that_aws_refuses(actions: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(AwsError) as caught:
        checked_actions(actions)
    assert caught.value.code == code


def test_a_forward_is_kept_in_both_forms() -> None:
    (kept,) = checked_actions([{"Type": "forward", "TargetGroupArn": GROUP}])
    assert kept["TargetGroupArn"] == GROUP
    assert kept["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": GROUP, "Weight": 1}]


@pytest.mark.parametrize(
    ("config", "location"),
    [
        ({"Protocol": "HTTPS", "Port": "443"}, "https://a.com:443/x/y?q=1"),
        ({"Host": "b.com", "Path": "/new/#{path}", "Query": ""}, "http://b.com:80/new/x/y?q=1"),
        ({"Path": "/", "Query": "from=#{path}"}, "http://a.com:80/?from=x/y"),
    ],
)
def test_redirects(config: dict[str, str], location: str) -> None:
    request = seen("/x/y?q=1", headers=(("Host", "a.com:8080"),))
    assert redirect_location(config, request, 80) == location
