"""A scope to observe through: it knows its account and region and is never asked to call."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.inventory import Inventory


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    return boto3.Session("key", "secret", region_name="eu-west-1")


@pytest.fixture
def scope(session: boto3.Session) -> Iterator[AwsScope]:
    made = AwsScope("123456789012", "eu-west-1", inventory=Inventory(), session=session)
    yield made
    made.close()
