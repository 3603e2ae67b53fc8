"""API Gateway v2: HTTP APIs that really answer."""

from localcloud.aws.apigatewayv2.backend import ApiGatewayV2

__all__ = ["ApiGatewayV2"]
