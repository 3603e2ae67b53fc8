"""AWS Lambda that really runs functions: each execution environment is a process of this machine."""

from localcloud.aws.lambda_.backend import Lambda

__all__ = ["Lambda"]
