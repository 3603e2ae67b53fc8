"""The commands that talk to a cluster: exit codes, what goes to stdout and what to stderr."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.commands import PROGRAM, Checkout, Running
from tests.world import World, poc, wait_for

pytestmark = pytest.mark.e2e

_STAMP = re.compile(r"^\[ *[0-9]+\.[0-9] s\] ")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World.up("commands")
    try:
        yield world
    finally:
        world.down()


@pytest.fixture
def checkout(world: World, tmp_path: Path) -> Checkout:
    return Checkout.of(world, tmp_path)


@pytest.fixture(scope="module")
def cups(world: World, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout whose POC `cups` is Ready, for tests that only look."""
    checkout = Checkout.of(world, tmp_path_factory.mktemp("cups"))
    checkout.config("cups")
    checkout.good("apply", "cups")
    return checkout


# apply


def test_apply_tells_each_change_on_a_line_and_ends_with_where_it_answers(
    world: World, checkout: Checkout
) -> None:
    checkout.config("first")
    done = checkout.good("apply", "first")
    status = world.get("first")["status"]
    assert done.out.startswith("first is Ready after ")
    assert status["url"] in done.out
    assert status["docsUrl"] in done.out
    assert "modelpoc predict first" in done.out
    lines = done.err.splitlines()
    assert all(_STAMP.match(line) for line in lines), done.err
    told = [_STAMP.sub("", line) for line in lines]
    assert "default/first created" in told[:2], "after what building had to say"
    assert any(line.startswith("Creating: wait Service") for line in told)
    assert len(told) == len([a for a, b in zip(told, [*told[1:], ""], strict=True) if a != b])
    assert "\x1b" not in done.err + done.out

    again = checkout.good("apply", "first", "-o", "json").json()
    assert (again["result"], again["cameTo"], again["generation"]) == ("unchanged", "Ready", 1)
    assert again["predictUrl"] == status["predictUrl"]


def test_only_what_the_new_spec_came_to_counts_and_a_failure_ends_the_wait(
    world: World, checkout: Checkout
) -> None:
    checkout.config("second")
    checkout.good("apply", "second")
    checkout.config("second", ecs={"image": "local/nothing:1"})
    failed = checkout.run("apply", "second", "-o", "json")
    assert failed.code == 1
    assert (failed.json()["cameTo"], failed.json()["generation"]) == ("Stalled", 2)
    assert "error: second: RolloutFailed: " in failed.err
    assert "CannotPullContainerError" in failed.err

    checkout.good("apply", "second", "--no-wait")  # the very same: AWS is to try it once more
    assert "modelpoc.dev/reconcile-at" in world.get("second")["metadata"]["annotations"]

    checkout.config("second", ecs={"memory": 1024})
    mended = checkout.good("apply", "second", "-o", "json").json()
    assert (mended["cameTo"], mended["generation"], mended["result"]) == ("Ready", 3, "configured")


def test_all_are_applied_side_by_side_and_one_failure_keeps_nothing_from_the_others(
    world: World, checkout: Checkout
) -> None:
    checkout.config("good")
    checkout.config("stand-in", ecs={"image": "PLACEHOLDER"})
    checkout.config("stray", platformRef={"name": "nowhere"})
    done = checkout.run("apply", "--all", "-o", "json")
    assert done.code == 1
    found = {poc["name"]: poc for poc in done.json()}
    assert {name: poc["cameTo"] for name, poc in found.items()} == {
        "good": "Ready",
        "stand-in": "Placeholder",
        "stray": "Stalled",
    }
    assert "error: stray: PlatformNotFound" in done.err
    assert any(_STAMP.sub("", line).startswith("good: Ready: ") for line in done.err.splitlines())
    assert "note: the platform's stand-in image answers" in checkout.good("apply", "stand-in").out
    world.delete("stray")


def test_a_broken_config_applies_nothing_and_says_where(world: World, checkout: Checkout) -> None:
    checkout.config("fine")
    checkout.config("broken", ecs={"memori": 512})
    for words in (["--all"], ["fine", "broken"]):
        done = checkout.run("apply", *words)
        assert done.code == 1
        assert done.out == ""
        assert re.search(r"models_config/broken/config\.yaml:\d+", done.err)
    assert "not found" in world.kubectl("get", "modelpoc", "fine", check=False)
    assert checkout.run("apply", "absent").code == 1
    assert "name the POCs" in checkout.run("apply").err


def test_a_dry_run_changes_nothing(world: World, cups: Checkout, checkout: Checkout) -> None:
    before = world.get("cups")["metadata"]["resourceVersion"]
    checkout.config("cups", ecs={"memory": 2048})
    checkout.config("unmade")
    done = checkout.good("apply", "cups", "unmade", "--dry-run")
    assert done.out.splitlines() == ["cups configured (dry run)", "unmade created (dry run)"]
    assert world.get("cups")["metadata"]["resourceVersion"] == before
    assert "not found" in world.kubectl("get", "modelpoc", "unmade", check=False)


def test_whoever_holds_a_field_is_named_and_can_be_overruled(world: World, checkout: Checkout) -> None:
    checkout.config("shared")
    checkout.good("apply", "shared")
    body = json.dumps({"spec": {"ecs": {"memory": 1024}}})
    words = ("--type=merge", "-p", body, "--field-manager=a-colleague")
    world.kubectl("patch", "modelpoc", "shared", *words)
    done = checkout.run("apply", "shared")
    assert done.code == 1
    assert "a-colleague set spec.ecs.memory" in done.err
    checkout.good("apply", "shared", "--force-conflicts")
    assert world.get("shared")["spec"]["ecs"]["memory"] == 512


def test_refusals_say_what_to_do(world: World, checkout: Checkout) -> None:
    checkout.config("lost")
    nowhere = checkout.run("apply", "lost", "-n", "nowhere")
    assert nowhere.code == 1
    assert "kubectl create namespace nowhere" in nowhere.err

    world.kubectl("create", "serviceaccount", "reader")
    token = world.kubectl("create", "token", "reader").strip()
    config = checkout.root / "reader.yaml"
    config.write_text(world.plane.kubeconfig.read_text())
    kubectl = ("--kubeconfig", str(config), "config")
    world.kubectl(*kubectl, "set-credentials", "reader", f"--token={token}")
    world.kubectl(*kubectl, "set-context", "reader", "--user=reader", f"--cluster={_cluster_of(world)}")
    refused = checkout.run("apply", "lost", "--context", "reader", KUBECONFIG=str(config))
    assert refused.code == 1
    assert "is forbidden" in refused.err
    assert "Traceback" not in refused.err

    unreachable = checkout.run("apply", "lost", KUBECONFIG=str(checkout.root / "none"), HOME="/nonexistent")
    assert unreachable.code == 1
    assert "set KUBECONFIG" in unreachable.err


def _cluster_of(world: World) -> str:
    return world.kubectl("config", "view", "-o", "jsonpath={.clusters[0].name}")


def test_ctrl_c_leaves_the_object_to_the_operator(world: World, checkout: Checkout) -> None:
    checkout.config("left", ecs={"image": "local/nothing:2"})
    with checkout.begun("apply", "left") as running:
        assert running.heard("Creating: ")
        assert running.interrupted() == 130
    assert not any("Traceback" in line for line in running.err)
    assert world.get("left")["spec"]["ecs"]["image"] == "local/nothing:2"
    world.delete("left")


def test_too_short_a_time_says_how_it_stands(world: World, checkout: Checkout) -> None:
    checkout.config("slow", ecs={"image": "local/nothing:3"})
    assert checkout.good("apply", "slow", "--no-wait").out == "slow created\n"
    world.reason("slow", "Creating")
    done = checkout.run("apply", "slow", "--timeout", "2")
    assert done.code == 1
    assert "default/slow is not there after 2 s: Creating" in done.err
    assert checkout.good("destroy", "slow", "--delete", "--no-wait").out == (
        "slow deleted: it is being taken apart\n"
    )
    assert "slow is being deleted" in checkout.run("apply", "slow").err


# destroy


def test_destroy_takes_apart_and_apply_brings_back(world: World, checkout: Checkout) -> None:
    checkout.config("going")
    checkout.good("apply", "going")
    done = checkout.good("destroy", "going")
    assert done.out.startswith("going is Suspended after ")
    assert world.get("going")["spec"]["suspend"] is True
    services = world.client("ecs").list_services(cluster=_ecs_cluster(world))["serviceArns"]
    assert not any("/going-" in arn for arn in services)

    asked = checkout.run("predict", "going")
    assert asked.code == 1
    assert "note: going is Suspended: " in asked.err

    back = checkout.good("apply", "going", "-o", "json").json()
    assert (back["result"], back["cameTo"]) == ("resumed", "Ready")
    assert world.get("going")["spec"].get("suspend", False) is False

    checkout.config("going", suspend=False)
    checkout.good("apply", "going")
    checkout.good("destroy", "going")
    assert checkout.good("apply", "going", "-o", "json").json()["cameTo"] == "Ready"

    world.patch("going", {"suspend": None})
    checkout.config("going")
    checkout.good("apply", "going", "--force-conflicts")
    world.patch("going", {"suspend": True})
    held = checkout.run("apply", "going")
    assert held.code == 1
    assert "error: going: Suspended: " in held.err


def _ecs_cluster(world: World) -> str:
    return str(world.client("ecs").list_clusters()["clusterArns"][0])


def test_deleting_for_good_is_asked_on_a_terminal(world: World, checkout: Checkout) -> None:
    checkout.config("doomed")
    checkout.good("apply", "doomed", "--no-wait")
    code, shown = checkout.on_terminal("destroy", "doomed", "--delete", typed="n\n")
    assert code == 1
    assert "Delete default/doomed?" in shown
    assert "nothing was deleted" in shown
    assert "deletionTimestamp" not in world.get("doomed")["metadata"]

    code, shown = checkout.on_terminal("destroy", "doomed", "--delete", typed="y\n")
    assert code == 0, shown
    assert "doomed is gone after" in shown
    assert "not found" in world.kubectl("get", "modelpoc", "doomed", check=False)
    assert "there is no POC doomed" in checkout.run("destroy", "doomed", "--delete").err


# predict


def test_predict_sends_the_example_and_leaves_the_answer_as_it_came(world: World, cups: Checkout) -> None:
    plain = cups.good("predict", "cups")
    assert json.loads(plain.out)["output"] == "hello"
    assert plain.out == world.predict("cups", "hello").body
    assert plain.err == ""
    assert cups.good("predict", "cups", '{"input": [1, 2]}').json()["output"] == [1, 2]
    assert cups.good("predict", "cups", "-", stdin='{"input": "piped"}').json()["output"] == "piped"
    (cups.root / "in.json").write_text('{"input": "from a file"}')
    assert cups.good("predict", "cups", "@in.json").json()["output"] == "from a file"

    said = cups.good("predict", "cups", "-o", "json").json()
    assert (said["status"], said["body"]["output"]) == (200, "hello")
    assert 0 < said["seconds"] < 30

    code, shown = cups.on_terminal("predict", "cups")
    assert code == 0
    assert '{\r\n  "output": "hello"' in shown


def test_an_answer_that_is_none_goes_to_stderr(world: World, cups: Checkout) -> None:
    bad = cups.run("predict", "cups", '{"wrong": 1}')
    assert bad.code == 1
    assert bad.out == ""
    head, body = bad.err.split("\n", 1)
    assert re.fullmatch(r"error: answered 4\d\d", head)
    assert json.loads(body)
    told = cups.run("predict", "cups", '{"wrong": 1}', "-o", "json")
    assert (told.code, told.json()["status"]) == (1, int(head[-3:]))
    assert "did you mean cups?" in cups.run("predict", "cup").err


def test_predict_signs_and_carries_tokens_where_the_route_asks_for_it(
    world: World, cups: Checkout, checkout: Checkout
) -> None:
    checkout.config("by-iam", route={"auth": {"type": "IAM"}})
    checkout.good("apply", "by-iam")
    assert checkout.good("predict", "by-iam", '{"input": 5}').json()["output"] == 5
    keys = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": str(checkout.root)}
    unsigned = checkout.run("predict", "by-iam", **keys)
    assert unsigned.code == 1
    assert "no AWS credentials" in unsigned.err

    world.patch("by-iam", {"route": {"auth": {"type": "JWT", "authorizer": "login"}}})
    assert "give --token" in checkout.run("predict", "by-iam", '{"input": 5}').err
    carried = checkout.run("predict", "by-iam", '{"input": 5}', MODELPOC_TOKEN="abc")
    assert "error: answered 4" in carried.err


# status


def test_status_is_a_table_a_tree_and_json(world: World, cups: Checkout) -> None:
    head, *rows = cups.good("status").out.splitlines()
    assert head.split() == ["NAME", "RUNTIME", "READY", "STATUS", "URL", "AGE"]
    row = next(row for row in rows if row.startswith("cups "))
    assert row.split()[:4] == ["cups", "ecs", "True", "Ready"]
    tree = cups.good("status", "cups").out
    for resource in world.get("cups")["status"]["resources"]:
        assert resource["name"] in tree
    assert world.get("cups")["status"]["revision"] in tree
    one = cups.good("status", "cups", "-o", "json").json()
    assert one["status"]["url"] == world.get("cups")["status"]["url"]
    assert "managedFields" not in one["metadata"]
    assert "cups" in {poc["metadata"]["name"] for poc in cups.good("status", "-A", "-o", "json").json()}
    assert "there is no POC in namespace kube-system" in cups.good("status", "-n", "kube-system").out


def test_status_goes_on_telling_until_ctrl_c(world: World, checkout: Checkout) -> None:
    checkout.config("watched")
    checkout.good("apply", "watched")
    with checkout.begun("status", "watched", "--watch") as running:
        assert running.heard("Ready: ")
        checkout.good("destroy", "watched", "--no-wait")
        assert running.heard("Suspended: ")
        assert running.interrupted() == 130
    assert not running.err


# logs


def test_logs_are_read_filtered_and_given_to_scripts(world: World, cups: Checkout) -> None:
    assert wait_for(lambda: "listens on" in cups.good("logs", "cups").out, 60)
    line = cups.good("logs", "cups", "--tail", "1").out
    assert re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z model/[0-9a-f]{8} ", line)
    event = json.loads(cups.good("logs", "cups", "--tail", "1", "-o", "json").out)
    assert event["group"] == "/modelpoc/default/default/cups"
    task = event["stream"].rpartition("/")[2]
    assert task[:8] in cups.good("logs", "cups", "--task", task).out
    none = cups.good("logs", "cups", "--stream", "no-such-task")
    assert (none.out, "nothing was written" in none.err) == ("", True)
    piped = cups.process(f"{PROGRAM} logs cups | head -n 1")
    assert (piped.code, piped.out.count("\n"), piped.err) == (0, 1, "")


def test_following_gives_every_line_once_also_before_there_is_a_group(
    world: World, checkout: Checkout
) -> None:
    world.apply(poc("unbuilt", platformRef={"name": "default"}, suspend=True))
    logs, group = world.client("logs"), "/modelpoc/default/default/unbuilt"
    world.reason("unbuilt", "Suspended")
    logs.delete_log_group(logGroupName=group)
    with (
        checkout.begun("logs", "unbuilt", "-f") as running,
        checkout.begun("logs", "unbuilt", "-f", "--tail", "0") as only_new,
    ):
        assert wait_for(lambda: _there(world, group), 60), "the operator makes it again"
        logs.create_log_stream(logGroupName=group, logStreamName="by-hand")

        def write(*lines: tuple[int, str]) -> None:
            events = [{"timestamp": at, "message": text} for at, text in sorted(lines)]
            logs.put_log_events(logGroupName=group, logStreamName="by-hand", logEvents=events)

        def both_follow() -> bool:
            write((int(time.time() * 1000), "begin"))
            return all(one.heard("begin", 1) for one in (running, only_new))

        assert wait_for(both_follow, 60)
        now = int(time.time() * 1000)
        for batch in ([(now, "a"), (now, "b")], [(now, "c")], [(now - 5000, "late"), (now + 1, "d")]):
            write(*batch)
            assert running.heard(f"by-hand {batch[-1][1]}\n", 60)
            assert only_new.heard(f"by-hand {batch[-1][1]}\n", 60)
        time.sleep(1.5)  # long enough for what was given to be given again
        assert running.interrupted() == only_new.interrupted() == 130
    for heard in (running, only_new):
        assert sorted({*words(heard)}) == ["a", "b", "begin", "c", "d", "late"]
        assert len([word for word in words(heard) if word != "begin"]) == 5, "each once"
        assert not heard.err


def words(heard: Running) -> list[str]:
    """The last of each line."""
    return [line.split()[-1] for line in heard.out]


def _there(world: World, group: str) -> bool:
    found = world.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    return any(g["logGroupName"] == group for g in found)


def test_logs_of_another_account_are_not_looked_for(world: World, checkout: Checkout) -> None:
    spec = world.get_platform()["spec"]
    foreign = {
        "apiVersion": "modelpoc.dev/v1alpha1",
        "kind": "ModelPlatform",
        "metadata": {"name": "foreign"},
    }
    world.apply({**foreign, "spec": {**spec, "accountId": "111111111111"}})
    world.apply(poc("abroad", platformRef={"name": "foreign"}))
    done = checkout.run("logs", "abroad")
    assert done.code == 1
    assert "belong to account 000000000000, the platform to 111111111111" in done.err
    assert "AWS_PROFILE" in done.err
    world.kubectl("delete", "modelpoc", "abroad", "--wait=false")


# kubectl


def test_kubectl_runs_and_completes_the_same_program(world: World, cups: Checkout) -> None:
    def kubectl(*words: str) -> str:
        return cups.process([str(world.plane.binaries.kubectl), *words]).out

    assert "cups" in kubectl("modelpoc", "status")
    assert kubectl("__complete", "modelpoc", "status", "cup").splitlines() == ["cups", ":4"]
    assert kubectl("__complete", "modelpoc", "apply", "").splitlines() == ["cups", ":4"]


def test_a_shell_completes_names(cups: Checkout) -> None:
    script = """eval "$(_MODELPOC_COMPLETE=source_bash modelpoc)"
    COMP_WORDS=(modelpoc predict cu) COMP_CWORD=2
    _modelpoc_completion modelpoc
    echo "${COMPREPLY[@]}" """
    assert cups.process(["bash", "-c", script]).out == "cups\n"


def test_without_an_operator_apply_says_that_nobody_looks(world: World, checkout: Checkout) -> None:
    checkout.config("unseen")
    world.stop_operator()
    try:
        done = checkout.run("apply", "unseen", "--timeout", "3s")
    finally:
        world.start_operator()
    assert done.code == 1
    assert "no operator has looked at it for 3 s: does one run?" in done.err
