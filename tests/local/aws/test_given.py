"""What users name: secrets, parameters and artifacts are looked at, never written and never opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modelpoc.aws.artifact import NONE, ArtifactKind
from modelpoc.aws.existing_secret import ExistingSecretKind
from modelpoc.aws.parameter import ParameterKind

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local


async def test_a_secret_tells_its_version_and_a_new_value_another(bench: Bench) -> None:
    manager = bench.client("secretsmanager")
    arn = manager.create_secret(Name=bench.name("db"), SecretString="one")["ARN"]
    first = await bench.seen(ExistingSecretKind(), arn)
    manager.put_secret_value(SecretId=arn, SecretString="two")
    second = await bench.seen(ExistingSecretKind(), arn)
    assert first
    assert second
    assert first.attrs["arn"] == second.attrs["arn"] == arn
    assert first.attrs["version"] != second.attrs["version"]
    assert first.owner is None
    assert bench.calls() == {"DescribeSecret": 2}


async def test_a_secret_that_waits_for_deletion_is_not_there(bench: Bench) -> None:
    manager = bench.client("secretsmanager")
    arn = manager.create_secret(Name=bench.name("db"), SecretString="one")["ARN"]
    manager.delete_secret(SecretId=arn)
    assert await bench.seen(ExistingSecretKind(), arn) is None
    assert await bench.seen(ExistingSecretKind(), arn[:-6] + "Nowhere") is None


def parameter(bench: Bench, name: str, value: str = "one") -> str:
    bench.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
    return bench.scope.arn("ssm", f"parameter/{name.lstrip('/')}")


async def test_a_parameter_tells_its_version(bench: Bench) -> None:
    name = f"/{bench.name('team')}/key"
    arn = parameter(bench, name)
    first = await bench.seen(ParameterKind(), arn)
    parameter(bench, name, "two")
    second = await bench.seen(ParameterKind(), arn)
    assert first
    assert second
    assert (first.attrs["version"], second.attrs["version"]) == ("1", "2")


async def test_many_parameters_are_read_at_once_and_missing_ones_left_out(bench: Bench) -> None:
    arns = [parameter(bench, f"/{bench.name('team')}/key-{n}") for n in range(12)]
    plain = parameter(bench, bench.name("plain"))
    missing = bench.scope.arn("ssm", "parameter/no/where")
    bench.calls()
    found = await ParameterKind().read(bench.scope, [*arns, plain, missing], False)
    assert found.keys() == {*arns, plain}
    assert bench.calls()["DescribeParameters"] <= 2  # pages, not parameters


async def test_an_artifact_tells_when_any_object_changed(bench: Bench) -> None:
    s3, bucket = bench.client("s3"), bench.name("bucket")
    place = {"LocationConstraint": bench.scope.region}
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    versions = []
    for key, body in [("echo/model.bin", b"1"), ("echo/vocab.txt", b"2"), ("echo/model.bin", b"3")]:
        versions.append(await version(bench, f"{bucket}/echo/"))
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    versions.append(await version(bench, f"{bucket}/echo/"))
    s3.put_object(Bucket=bucket, Key="echo-two/model.bin", Body=b"4")
    assert await version(bench, f"{bucket}/echo/") == versions[-1]
    assert versions[0] == NONE
    assert len(set(versions)) == 4


async def version(bench: Bench, name: str) -> str:
    have = await bench.seen(ArtifactKind(), name)
    assert have
    return str(have.attrs["version"])


async def test_an_artifact_of_many_objects_is_read_whole(bench: Bench) -> None:
    s3, bucket = bench.client("s3"), bench.name("bucket")
    place = {"LocationConstraint": bench.scope.region}
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    for n in range(3):
        s3.put_object(Bucket=bucket, Key=f"echo/{n}", Body=b"x")
    have = await bench.seen(ArtifactKind(), f"{bucket}/echo/")
    assert have
    assert have.attrs["objects"] == 3


async def test_no_bucket_is_no_artifact(bench: Bench) -> None:
    assert await bench.seen(ArtifactKind(), f"{bench.name('nowhere')}/echo/") is None


async def test_one_object_is_an_artifact_when_it_is_there(bench: Bench) -> None:
    s3, bucket = bench.client("s3"), bench.name("bucket")
    place = {"LocationConstraint": bench.scope.region}
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    name = f"{bucket}/counter/model.tar.gz"
    s3.put_object(Bucket=bucket, Key="counter/model.tar.gz.old", Body=b"0")
    assert await bench.seen(ArtifactKind(), name) is None
    s3.put_object(Bucket=bucket, Key="counter/model.tar.gz", Body=b"1")
    first = await version(bench, name)
    s3.put_object(Bucket=bucket, Key="counter/model.tar.gz.old", Body=b"00")
    assert await version(bench, name) == first
    s3.put_object(Bucket=bucket, Key="counter/model.tar.gz", Body=b"2")
    assert await version(bench, name) != first
    bench.calls()
    await version(bench, name)
    assert bench.calls() == {"ListObjectsV2": 1}
    assert await bench.seen(ArtifactKind(), f"{bench.name('nowhere')}/model.tar.gz") is None
