"""A cloud beside a cluster that others run."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import aiohttp
import pytest

from localcloud import lifecycle, status
from localcloud.cloud import CloudConfig, LocalAws
from localcloud.controlplane.run import ControlPlane
from localcloud.given import NoSuchCluster, cluster_of
from localcloud.lifecycle import Wanted
from localcloud.ship import cloud_of
from localcloud.state import CloudFiles

pytestmark = pytest.mark.local
HOST = "127.0.0.7"


def test_it_has_its_aws_there_and_leaves_the_cluster_as_it_was(tmp_path: Path) -> None:
    plane = ControlPlane.start(tmp_path / "plane", dies_with_us=True)
    files = CloudFiles.of(f"given-{secrets.token_hex(4)}")
    try:
        lifecycle.up(files, Wanted(operator=False, host=HOST, kubeconfig=plane.kubeconfig), lambda _: None)
        document = status.document(files)
        made = status.client(files, "apigatewayv2").create_api(Name="a", ProtocolType="HTTP")
        assert document["running"]
        assert document["kubeconfig"] == str(plane.kubeconfig)
        assert document["pids"].keys() == {"aws"}
        assert document["awsEndpointUrl"].startswith(f"http://{HOST}:")
        assert made["ApiEndpoint"].startswith(f"http://{HOST}:")
        assert cloud_of(plane.server) == files
        assert lifecycle.up(files, Wanted(operator=False), lambda _: None) == lifecycle.Outcome.RUNS
    finally:
        lifecycle.down(files)
        still_runs = plane.alive() and plane.kubeconfig.exists()
        plane.stop()
    assert still_runs
    assert not files.root.exists()


async def test_tasks_are_led_to_loopback_where_alone_sdks_fetch_credentials(tmp_path: Path) -> None:
    async with (
        LocalAws(CloudConfig(tmp_path, host=HOST)) as cloud,
        aiohttp.ClientSession(raise_for_status=True) as session,
    ):
        assert cloud.endpoint_url.startswith("http://127.0.0.1:")
        assert cloud.outer_url.startswith(f"http://{HOST}:")
        for url in (cloud.endpoint_url, cloud.outer_url):
            async with session.get(f"{url}/_local/health") as answer:
                assert (await answer.json())["status"] == "ok"


def test_a_kubeconfig_without_a_context_is_refused_and_nothing_stays(tmp_path: Path) -> None:
    empty = tmp_path / "kubeconfig"
    empty.write_text("apiVersion: v1\nkind: Config\n")
    files = CloudFiles.of(f"given-{secrets.token_hex(4)}")
    with pytest.raises(NoSuchCluster, match=f"{empty} names no cluster"):
        lifecycle.up(files, Wanted(operator=False, kubeconfig=empty), lambda _: None)
    assert not files.root.exists()


def test_nothing_was_given_to_a_cloud_that_does_not_run() -> None:
    assert cluster_of(CloudFiles.of(f"given-{os.getpid()}")) is None
