"""Requests through an HTTP API: all the way to a target, and what it answers by itself."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.localcloud.edge_world import SCALE, Edge, Target, eventually
from tests.localcloud.iam_world import Account, allow

pytestmark = pytest.mark.local
REWRITE = [
    {
        "Type": "url-rewrite",
        "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/poc-deployment/x/?(.*)$", "Replace": "/$1"}]},
    }
]


class Api:
    """An HTTP API with an auto-deployed `$default` stage."""

    def __init__(self, edge: Edge) -> None:
        self.edge, self.gateway = edge, edge.gateway
        made = self.gateway.create_api(Name=edge.name("api"), ProtocolType="HTTP")
        self.id, self.url = made["ApiId"], made["ApiEndpoint"]
        self.gateway.create_stage(ApiId=self.id, StageName="$default", AutoDeploy=True)

    def integration(self, **given: Any) -> str:
        defaults = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY"}
        return str(self.gateway.create_integration(ApiId=self.id, **{**defaults, **given})["IntegrationId"])

    def public(self, target: Target, path: str = "", **more: Any) -> str:
        return self.integration(IntegrationUri=f"http://{target.address}:{target.port}{path}", **more)

    def route(self, key: str, integration: str, **more: Any) -> None:
        made = self.gateway.create_route(
            ApiId=self.id, RouteKey=key, Target=f"integrations/{integration}", **more
        )
        self.until_deployed(lambda table: table[key]["RouteId"] == made["RouteId"])

    def until_deployed(self, holds: Callable[[Any], bool]) -> None:
        stage = self.edge.cloud.aws.backend("apigatewayv2").apis[self.id].stages["$default"]

        def deployed() -> bool:
            routes = stage.view.deployed.routes if stage.view.deployed else {}
            try:
                return holds(routes)
            except KeyError:
                return False

        eventually(deployed)

    def ask(self, path: str, method: str = "GET", data: Any = None, **headers: str) -> tuple[int, bytes, Any]:
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers


@pytest.fixture
def api(edge: Edge) -> Api:
    return Api(edge)


@pytest.fixture(scope="module")
def target(edge: Edge) -> Target:
    return edge.target("t")


def test_the_whole_way_to_a_model(edge: Edge, api: Api) -> None:
    model, listener = edge.target("model"), edge.listener(edge.balancer())
    group = edge.group()
    edge.elb.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[
            {
                "Field": "path-pattern",
                "PathPatternConfig": {"Values": ["/poc-deployment/x", "/poc-deployment/x/*"]},
            }
        ],
        Actions=[{"Type": "forward", "TargetGroupArn": group}],
        Transforms=REWRITE,
    )
    edge.healthy(group, model)
    link = edge.gateway.create_vpc_link(Name="l", SubnetIds=edge.subnets)["VpcLinkId"]
    integration = api.integration(ConnectionType="VPC_LINK", ConnectionId=link, IntegrationUri=listener)
    api.route("ANY /poc-deployment/x", integration)
    api.route("ANY /poc-deployment/x/{proxy+}", integration)
    assert api.ask("/poc-deployment/x/predict")[:2] == (503, b'{"message":"Service Unavailable"}')
    eventually(lambda: edge.gateway.get_vpc_link(VpcLinkId=link)["VpcLinkStatus"] == "AVAILABLE")

    body = b'{"input": "\xc3\xa9"}'
    status, answer, headers = api.ask(
        "/poc-deployment/x/predict?q=a%2Fb", "POST", body, **{"Content-Type": "application/json"}
    )
    assert (status, answer, headers["X-Target"]) == (200, b"model", "model")
    assert headers["apigw-requestid"]
    (asked,) = model.asked
    assert (asked.method, asked.uri, asked.body) == ("POST", "/predict?q=a%2Fb", body)
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["Via"] == "HTTP/1.1 AmazonAPIGateway"
    assert "for=127.0.0.1" in asked.headers["Forwarded"]
    assert asked.headers["X-Amzn-Trace-Id"].startswith("Self=1-")
    assert api.ask("/poc-deployment/x")[:2] == (200, b"model")
    assert model.asked[1].uri == "/"
    assert api.ask("/poc-deployment/y/predict")[:2] == (404, b'{"message":"Not Found"}')


def test_a_stage_with_a_name_is_part_of_the_path(edge: Edge, api: Api) -> None:
    model, listener = edge.target("model"), edge.listener(edge.balancer())
    group = edge.group()
    edge.rule(listener, 1, "/*", group)
    edge.healthy(group, model)
    link = edge.gateway.create_vpc_link(Name="l", SubnetIds=edge.subnets)["VpcLinkId"]
    eventually(lambda: edge.gateway.get_vpc_link(VpcLinkId=link)["VpcLinkStatus"] == "AVAILABLE")
    private = {"ConnectionType": "VPC_LINK", "ConnectionId": link, "IntegrationUri": listener}
    api.route("ANY /a/{proxy+}", api.integration(**private))
    plain = {"overwrite:path": "$request.path"}
    api.route("ANY /b/{proxy+}", api.integration(**private, RequestParameters=plain))
    api.gateway.create_stage(ApiId=api.id, StageName="prod")
    api.gateway.create_deployment(ApiId=api.id, StageName="prod")
    for path in ("/prod/a/1", "/prod/b/1", "/a/1"):
        assert api.ask(path)[0] == 200
    assert [asked.uri for asked in model.asked] == ["/prod/a/1", "/b/1", "/a/1"]


def test_an_api_without_deployment_is_not_found(edge: Edge) -> None:
    made = edge.gateway.create_api(Name="a", ProtocolType="HTTP")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(made["ApiEndpoint"] + "/")
    assert caught.value.code == 404
    assert json.load(caught.value) == {"message": "Not Found"}


def test_a_deleted_route_and_a_disabled_endpoint_are_not_found(api: Api, target: Target) -> None:
    integration = api.public(target)
    api.route("ANY /a", integration)
    api.route("ANY /b", integration)
    assert api.ask("/a")[0] == 200
    route = next(r for r in api.gateway.get_routes(ApiId=api.id)["Items"] if r["RouteKey"] == "ANY /a")
    api.gateway.delete_route(ApiId=api.id, RouteId=route["RouteId"])
    eventually(lambda: api.ask("/a")[0] == 404)
    assert api.ask("/b")[0] == 200
    api.gateway.update_api(ApiId=api.id, DisableExecuteApiEndpoint=True)
    assert api.ask("/b")[:2] == (404, b'{"message":"Not Found"}')


def test_public_integrations(api: Api, target: Target) -> None:
    target.asked.clear()
    api.route("GET /pets/{id}", api.public(target, "/animals/{id}"))
    api.route("POST /fixed", api.public(target, "/elsewhere", IntegrationMethod="PUT"))
    api.route("$default", api.public(target))
    assert api.ask("/pets/a%20b?x=1")[0] == 200
    assert api.ask("/fixed", "POST", b"1")[0] == 200
    assert api.ask("/any/thing?y=2")[0] == 200
    assert [(a.method, a.uri) for a in target.asked] == [
        ("GET", "/animals/a%20b?x=1"),
        ("PUT", "/elsewhere"),
        ("GET", "/any/thing?y=2"),
    ]


CORS = {
    "AllowOrigins": ["https://a.com"],
    "AllowMethods": ["POST"],
    "AllowHeaders": ["content-type"],
    "MaxAge": 60,
}


def test_the_gateway_answers_preflight_requests(api: Api, target: Target) -> None:
    target.asked.clear()
    api.gateway.update_api(ApiId=api.id, CorsConfiguration=CORS)
    api.route("ANY /a", api.public(target))
    asks = {"Origin": "https://a.com", "Access-Control-Request-Method": "POST"}
    status, body, headers = api.ask("/a", "OPTIONS", **asks)
    assert (status, body) == (204, b"")
    assert headers["access-control-allow-origin"] == "https://a.com"
    assert headers["access-control-allow-methods"] == "POST"
    assert headers["access-control-allow-headers"] == "content-type"
    assert headers["access-control-max-age"] == "60"
    _, _, headers = api.ask("/a", "OPTIONS", **{**asks, "Origin": "https://b.com"})
    assert "access-control-allow-origin" not in headers
    assert target.asked == []
    assert api.ask("/a", Origin="https://a.com")[2]["access-control-allow-origin"] == "https://a.com"
    assert "access-control-allow-origin" not in api.ask("/a", Origin="https://b.com")[2]
    assert api.ask("/nowhere", Origin="https://a.com")[2]["access-control-allow-origin"] == "https://a.com"


def test_without_cors_configuration_options_goes_through(api: Api, target: Target) -> None:
    target.asked.clear()
    api.route("ANY /a", api.public(target))
    asks = {"Origin": "https://a.com", "Access-Control-Request-Method": "POST"}
    assert api.ask("/a", "OPTIONS", **asks)[0] == 200
    assert [asked.method for asked in target.asked] == ["OPTIONS"]


def test_a_throttled_route_answers_429(api: Api, target: Target) -> None:
    integration = api.public(target)
    api.route("ANY /slow", integration)
    api.route("ANY /fast", integration)
    settings = {"ANY /slow": {"ThrottlingRateLimit": 0.01, "ThrottlingBurstLimit": 2}}
    api.gateway.update_stage(ApiId=api.id, StageName="$default", RouteSettings=settings)
    assert [api.ask("/slow")[0] for _ in range(3)] == [200, 200, 429]
    status, body, _ = api.ask("/slow")
    assert (status, body) == (429, b'{"message":"Too Many Requests"}')
    assert [api.ask("/fast")[0] for _ in range(5)] == [200] * 5
    api.gateway.delete_route_settings(ApiId=api.id, StageName="$default", RouteKey="ANY /slow")
    assert api.ask("/slow")[0] == 200


def test_a_large_payload_is_refused(api: Api, target: Target) -> None:
    target.asked.clear()
    api.route("POST /a", api.public(target))
    limit = 10 * 1024 * 1024
    assert api.ask("/a", "POST", bytes(limit))[0] == 200
    assert len(target.asked[0].body) == limit
    status, body, _ = api.ask("/a", "POST", bytes(limit + 1))
    assert (status, body) == (413, b'{"message":"Request Entity Too Large"}')
    assert len(target.asked) == 1


def test_an_integration_that_is_slow_or_away_is_unavailable(edge: Edge, api: Api) -> None:
    slow = edge.target("slow", delay=60)
    api.route("ANY /slow", api.public(slow, TimeoutInMillis=300))
    api.route("ANY /away", api.integration(IntegrationUri="http://127.70.0.9:9"))
    begun = time.monotonic()
    for path in ("/slow", "/away"):
        assert api.ask(path)[:2] == (503, b'{"message":"Service Unavailable"}')
    assert time.monotonic() - begun < 30


def test_mapped_parameters_reach_the_integration(api: Api, target: Target) -> None:
    target.asked.clear()
    mapping = {
        "overwrite:path": "/v2/${request.path.id}",
        "append:header.x-kind": "$request.querystring.kind",
        "remove:querystring.kind": "''",
    }
    api.route("GET /pets/{id}", api.public(target, RequestParameters=mapping))
    assert api.ask("/pets/7?kind=dog&a=1")[0] == 200
    assert (target.asked[0].uri, target.asked[0].headers["x-kind"]) == ("/v2/7?a=1", "dog")


def test_a_function_that_is_not_there_is_an_internal_error(api: Api) -> None:
    uri = "arn:aws:lambda:eu-west-1:000000000000:function:none"
    api.route(
        "ANY /f", api.integration(IntegrationType="AWS_PROXY", IntegrationUri=uri, PayloadFormatVersion="2.0")
    )
    assert api.ask("/f")[:2] == (500, b'{"message":"Internal Server Error"}')


def signed(
    url: str, identity: Any, body: bytes = b"", region: str = "eu-west-1", service: str = "execute-api"
) -> dict[str, str]:
    request = AWSRequest(method="POST", url=url, data=body, headers={"Content-Type": "application/json"})
    credentials = Credentials(identity.access_key, identity.secret_key, identity.token)
    SigV4Auth(credentials, service, region).add_auth(request)
    return dict(request.headers.items())


def test_a_route_with_iam_wants_a_signature(edge: Edge, api: Api, target: Target) -> None:
    api.route("ANY /a/{proxy+}", api.public(target), AuthorizationType="AWS_IAM")
    url, body = api.url + "/a/b%20c?x=1&y=%2F", b'{"a": 1}'
    path = url.removeprefix(api.url)
    forbidden = (403, b'{"message":"Forbidden"}')
    assert api.ask(path, "POST", body)[:2] == forbidden
    for identity in (edge.cloud.aws.admin, edge.cloud.aws.operator):
        assert api.ask(path, "POST", body, **signed(url, identity, body))[0] == 200
        assert api.ask(path, "POST", b"other", **signed(url, identity, body))[:2] == forbidden
        assert api.ask(path, "POST", body, **signed(url, identity, body, region="us-east-1"))[:2] == forbidden
        assert api.ask(path, "POST", body, **signed(url, identity, body, service="s3"))[:2] == forbidden
    stranger = Credentials("AKIAAAAAAAAAAAAAAAAA", "secret")
    assert api.ask(path, "POST", body, **signed(url, stranger, body))[:2] == forbidden


def test_a_route_with_iam_wants_a_right_to_invoke_it(edge: Edge, api: Api, target: Target) -> None:
    api.route("ANY /a/{proxy+}", api.public(target), AuthorizationType="AWS_IAM")
    arn = f"arn:aws:execute-api:eu-west-1:000000000000:{api.id}/$default/POST/a/*"
    account = Account(edge.cloud)
    for action, status in (("execute-api:Invoke", 200), ("execute-api:ManageConnections", 403)):
        someone = account.may(allow(action, arn)).identity
        assert api.ask("/a/b", "POST", b"", **signed(f"{api.url}/a/b", someone))[0] == status
        assert api.ask("/a", "POST", b"", **signed(f"{api.url}/a", someone))[0] != 200


class Issuer:
    """Publishes a key and signs tokens with it, as an OpenID provider does."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.url = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._about)
        app.router.add_get("/keys", self._keys)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    def token(self, **claims: Any) -> str:
        body = {"iss": self.url, "aud": "me", "exp": time.time() + 60, **claims}
        text = ".".join(_encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "k"}, body))
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_encoded(signature)}"

    async def _about(self, _: web.Request) -> web.Response:
        return web.json_response({"jwks_uri": f"{self.url}/keys"})

    async def _keys(self, _: web.Request) -> web.Response:
        numbers = self._key.public_key().public_numbers()
        n, e = _encoded(numbers.n.to_bytes(256, "big")), _encoded(numbers.e.to_bytes(3, "big"))
        return web.json_response({"keys": [{"kid": "k", "kty": "RSA", "n": n, "e": e}]})


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.fixture
def issuer(edge: Edge) -> Iterator[Issuer]:
    issuer = Issuer()
    edge.cloud.run(issuer.start())
    yield issuer
    edge.cloud.run(issuer.stop())


def test_a_route_with_jwt_wants_a_token(api: Api, target: Target, issuer: Issuer) -> None:
    authorizer = api.gateway.create_authorizer(
        ApiId=api.id,
        Name="jwt",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": issuer.url, "Audience": ["me"]},
    )["AuthorizerId"]
    jwt = {"AuthorizationType": "JWT", "AuthorizerId": authorizer}
    integration = api.public(target)
    api.route("ANY /a", integration, **jwt)
    api.route("ANY /b", integration, **jwt, AuthorizationScopes=["write"])
    unauthorized = (401, b'{"message":"Unauthorized"}')
    assert api.ask("/a")[:2] == unauthorized
    assert api.ask("/a", Authorization="Bearer nonsense")[:2] == unauthorized
    assert api.ask("/a", Authorization=f"Bearer {issuer.token(aud='else')}")[:2] == unauthorized
    assert api.ask("/a", Authorization=f"Bearer {issuer.token(exp=1)}")[:2] == unauthorized
    assert api.ask("/a", Authorization=f"Bearer {issuer.token()}")[0] == 200
    assert api.ask("/b", Authorization=f"Bearer {issuer.token(scope='read')}")[0] == 403
    assert api.ask("/b", Authorization=f"Bearer {issuer.token(scope='read write')}")[0] == 200


def test_two_clouds_stand_side_by_side(
    edge: Edge, api: Api, target: Target, start_cloud: Callable[..., Any]
) -> None:
    other = Edge(start_cloud(time_scale=SCALE))
    there = Api(other)
    first = edge.listener(edge.balancer(wait=False))
    second = other.listener(other.balancer(wait=False))
    assert edge.url(first) != other.url(second)
    assert there.url != api.url
    assert there.ask("/")[0] == 404
    other.close()
