"""Elastic Load Balancing v2: Application Load Balancers that really balance."""

from localcloud.aws.elbv2.backend import Elbv2

__all__ = ["Elbv2"]
