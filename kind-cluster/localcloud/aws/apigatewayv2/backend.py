"""The API Gateway backend, put together from its parts."""

from __future__ import annotations

from localcloud.aws.apigatewayv2.apis import ApiOperations
from localcloud.aws.apigatewayv2.authorizers import AuthorizerOperations
from localcloud.aws.apigatewayv2.domains import DomainOperations
from localcloud.aws.apigatewayv2.routes import RouteOperations
from localcloud.aws.apigatewayv2.stages import StageOperations
from localcloud.aws.apigatewayv2.tags import TagOperations
from localcloud.aws.apigatewayv2.vpc_links import VpcLinkOperations


class ApiGatewayV2(
    ApiOperations,
    RouteOperations,
    StageOperations,
    AuthorizerOperations,
    VpcLinkOperations,
    TagOperations,
    DomainOperations,
):
    """API Gateway v2 of one cloud: HTTP APIs, each on a port of its own."""
