"""What a bucket makes public can be fetched by anyone: a page and its pictures, from a browser."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import pytest

pytestmark = pytest.mark.local

EU = {"LocationConstraint": "eu-west-1"}
PAGE = b"<!doctype html><title>Count</title>"
PICTURE = bytes(range(256))
ELSEWHERE = "https://page.example"


def fetch(cloud: Any, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, Mapping[str, str]]:
    request = urllib.request.Request(cloud.url + path, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def bucket(cloud: Any, name: str) -> Any:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=EU)
    return s3


def publish(s3: Any, name: str, prefix: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/{prefix}",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))


def test_a_page_and_its_pictures_are_served_where_the_policy_says_so(cloud: Any) -> None:
    s3 = bucket(cloud, "site")
    s3.put_object(
        Bucket="site", Key="counter/ui/index.html", Body=PAGE, ContentType="text/html; charset=utf-8"
    )
    s3.put_object(Bucket="site", Key="counter/ui/pictures/3 coins.png", Body=PICTURE, ContentType="image/png")
    s3.put_object(Bucket="site", Key="counter/model.tar.gz", Body=b"secret")
    assert fetch(cloud, "/site/counter/ui/index.html")[0] == 403
    publish(s3, "site", "counter/ui/*")
    status, body, headers = fetch(cloud, "/site/counter/ui/index.html")
    assert (status, body, headers["Content-Type"]) == (200, PAGE, "text/html; charset=utf-8")
    status, body, headers = fetch(cloud, "/site/counter/ui/pictures/3%20coins.png")
    assert (status, body, headers["Content-Type"]) == (200, PICTURE, "image/png")
    status, body, headers = fetch(cloud, "/site/counter/ui/index.html", "HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", str(len(PAGE)))
    calls = cloud.local("calls?service=s3&principal=anonymous")["calls"]
    outcomes = [(call["operation"], call["outcome"]) for call in calls]
    assert outcomes == [
        ("GetObject", "AccessDenied"),
        ("GetObject", "OK"),
        ("GetObject", "OK"),
        ("HeadObject", "OK"),
    ]


@pytest.mark.parametrize(
    "path",
    ["/closed/page.html", "/closed/none.html", "/closed", "/closed/?list-type=2", "/closed/open.html?acl"],
)
def test_nothing_else_is_for_everyone(cloud: Any, path: str) -> None:
    s3 = cloud.client("s3")
    if "closed" not in {b["Name"] for b in s3.list_buckets()["Buckets"]}:
        bucket(cloud, "closed")
        s3.put_object(Bucket="closed", Key="page.html", Body=PAGE)
        s3.put_object(Bucket="closed", Key="open.html", Body=PAGE, ACL="public-read")
    assert fetch(cloud, "/closed/open.html")[:2] == (200, PAGE)
    status, body, _ = fetch(cloud, path)
    assert status == 403
    assert b"<Code>AccessDenied</Code>" in body


def test_no_one_writes_without_a_signature(cloud: Any) -> None:
    bucket(cloud, "written")
    for method in ("PUT", "POST", "DELETE"):
        assert fetch(cloud, "/written/a", method)[0] == 403
    assert "Contents" not in cloud.client("s3").list_objects_v2(Bucket="written")


def test_what_is_for_no_bucket_wants_a_signature(cloud: Any) -> None:
    for path in ("/", "/nowhere/a", "/2015-03-31/functions"):
        status, body, _ = fetch(cloud, path)
        assert (status, json.loads(body)["__type"]) == (403, "MissingAuthenticationToken")


def test_browsers_of_other_origins_may_what_the_bucket_allows(cloud: Any) -> None:
    s3 = bucket(cloud, "shared")
    s3.put_object(Bucket="shared", Key="a.png", Body=PICTURE, ACL="public-read")
    origin = "Access-Control-Allow-Origin"
    assert origin not in fetch(cloud, "/shared/a.png", Origin=ELSEWHERE)[2]
    asks = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "GET"}
    assert fetch(cloud, "/shared/a.png", "OPTIONS", **asks)[0] == 403
    rules = [
        {"AllowedOrigins": ["https://*.mine.example"], "AllowedMethods": ["PUT"]},
        {
            "AllowedOrigins": [ELSEWHERE],
            "AllowedMethods": ["GET", "HEAD"],
            "AllowedHeaders": ["x-*"],
            "ExposeHeaders": ["ETag"],
            "MaxAgeSeconds": 60,
        },
    ]
    s3.put_bucket_cors(Bucket="shared", CORSConfiguration={"CORSRules": rules})
    status, body, headers = fetch(cloud, "/shared/a.png", Origin=ELSEWHERE)
    assert (status, body, headers[origin]) == (200, PICTURE, ELSEWHERE)
    assert headers["Access-Control-Expose-Headers"] == "ETag"
    assert origin not in fetch(cloud, "/shared/a.png", Origin="https://a.mine.example")[2]
    assert origin not in fetch(cloud, "/shared/a.png")[2]
    status, _, headers = fetch(
        cloud, "/shared/a.png", "OPTIONS", **asks, **{"Access-Control-Request-Headers": "X-A, x-b"}
    )
    assert (status, headers[origin], headers["Access-Control-Max-Age"]) == (200, ELSEWHERE, "60")
    assert headers["Access-Control-Allow-Headers"] == "x-a, x-b"
    for wrong in (
        {"Origin": "https://other.example"},
        {"Access-Control-Request-Method": "DELETE"},
        {"Access-Control-Request-Headers": "authorization"},
    ):
        assert fetch(cloud, "/shared/a.png", "OPTIONS", **{**asks, **wrong})[0] == 403


def test_any_origin_is_told_so(cloud: Any) -> None:
    s3 = bucket(cloud, "anyone")
    s3.put_object(Bucket="anyone", Key="a.png", Body=PICTURE, ACL="public-read")
    rules = [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]
    s3.put_bucket_cors(Bucket="anyone", CORSConfiguration={"CORSRules": rules})
    headers = fetch(cloud, "/anyone/a.png", Origin=ELSEWHERE)[2]
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers


def test_presigned_addresses_need_nothing_public(cloud: Any) -> None:
    s3 = bucket(cloud, "presigned")
    s3.put_object(Bucket="presigned", Key="a.png", Body=PICTURE)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "presigned", "Key": "a.png"})
    assert fetch(cloud, url.removeprefix(cloud.url))[:2] == (200, PICTURE)
