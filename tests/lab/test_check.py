"""`podferry check` and the reasons of failures, on real hosts, through the installed command."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab.driver import COMMAND, IMAGE, Podferry, Told, count, holdings, run_counter, state
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec

NOT_ALL, NO_SUCH, BLOCKED, UNREACHABLE = 1, 2, 3, 4
GHOST = """
until [ -e /go ]; do sleep 0.1; done
exec 3<>/ghost; dd if=/dev/zero of=/ghost bs=1M count=2; rm /ghost; touch /done
while :; do sleep 1; done
"""
"""Holds a deleted file open that is over CRIU's limit of 1 MiB, from when it is told to."""


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


def verdicts(told: Told) -> dict[str, dict[str, str]]:
    """Name of each item to the word of each route."""
    return {
        item["name"]: {route: verdict["word"] for route, verdict in item["verdicts"].items()}
        for item in told.last["items"]
    }


def findings(told: Told, check: str) -> list[dict[str, Any]]:
    return [finding for finding in told.last["findings"] if finding["check"] == check]


def test_two_hosts_that_fit_have_all_items_ready(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080)
    pair.old.ssh(f"podman pod create --name shop && podman run -d --pod shop --name db {IMAGE}")
    told = podferry("check", "old", "new", "--json")
    assert told.code == 0, told
    assert told.last["event"] == "check"
    assert (told.last["source"]["host"], told.last["target"]["host"]) == ("old", "new")
    words = verdicts(told)
    assert words.keys() == {"web", "shop"}
    assert {words[name]["checkpoint"] for name in words} <= {"ready", "ready with flags"}
    assert {item["advised"] for item in told.last["items"]} == {"checkpoint"}
    assert state(pair.old, "web") == "running"
    assert count(pair.old, 8080) == 0

    text = podferry("check", "old", "new")
    assert text.code == 0, text
    assert text.text.startswith("old: ")
    assert "\nnew: " in text.text


def test_what_is_missing_on_the_target_blocks_by_name_and_tells_the_fix(
    podferry: Podferry, pair: Pair
) -> None:
    pair.old.ssh("mkdir -p /srv/only-here && echo 1 > /srv/only-here/f")
    run_counter(pair.old, "web", 8080, "-v", "/srv/only-here:/data")
    run_counter(pair.old, "free", 8081)
    told = podferry("check", "old", "new", "web", "--json")
    assert told.code == BLOCKED, told
    (missing,) = findings(told, "bind-missing")
    assert (missing["item"], missing["host"], missing["severity"]) == ("web", "new", "blocked")
    assert "/srv/only-here" in missing["subject"]
    assert all(command["argv"] for command in missing["fix"]["commands"])
    assert podferry("check", "old", "new", "free").code == 0
    assert podferry("check", "old", "new").code == 0, "nothing was named"
    in_words = podferry("check", "old", "new", "web")
    assert in_words.code == BLOCKED
    assert "/srv/only-here" in in_words.text


def test_names_and_hosts_that_are_not_there(podferry: Podferry, pair: Pair) -> None:
    assert podferry("check", "old", "new", "nobody").code == NO_SUCH
    assert podferry("check", "old", "no-such-host.invalid").code == NO_SUCH
    assert podferry("check", "old", "old").code == NO_SUCH
    assert podferry("check", "old", f"ssh://root@{pair.new.ip}:1").code == UNREACHABLE


def test_bookworm_is_blocked_live_and_kube_is_advised(
    podferry: Podferry, pair: Pair, special_host: Callable[[HostSpec], LabHost]
) -> None:
    book = special_host(HostSpec("checkbook", release="bookworm", size="4G"))
    run_counter(book, "web", 8080)
    told = podferry("check", "checkbook", "new", "web", "--json")
    assert told.code == 0, told
    (item,) = told.last["items"]
    assert item["advised"] == "kube"
    assert item["verdicts"]["kube"]["word"] == "ready"
    assert any("checkbook" in why for why in item["verdicts"]["checkpoint"]["blocks"])
    (why,) = findings(told, "criu-check")
    assert any("vDSO" in line for line in why["evidence"]), why
    assert told.last["source"]["criu"] == "3.17.1"

    live = podferry("check", "checkbook", "new", "web", "--route", "checkpoint")
    assert live.code == BLOCKED, live
    assert "blocked: CRIU's own check on checkbook" in live.text


def test_btrfs_is_found_where_it_is_and_nowhere_else(
    podferry: Podferry, pair: Pair, special_host: Callable[[HostSpec], LabHost]
) -> None:
    special_host(HostSpec("checkxfs", filesystem="xfs", size="1G"))
    found = findings(podferry("check", "old", "checkxfs", "--json"), "btrfs-copy-on-write")
    assert {finding["host"] for finding in found} == {"old"}


def test_a_canary_proves_that_two_hosts_can(podferry: Podferry, pair: Pair) -> None:
    before = [holdings(host) for host in pair]
    told = podferry("check", "old", "new", "--canary", "--json")
    assert told.code == 0, told
    canary = told.last["canary"]
    assert canary["ok"], canary
    assert canary["where"] == "old → new"
    assert canary["left"] == []
    assert findings(told, "canary")[0]["severity"] == "note"
    assert [holdings(host) for host in pair] == before
    assert podferry("check", "old", "new", "--json").last["canary"] is None


def test_a_host_without_iptables_is_found_proven_and_fixed(
    podferry: Podferry, pair: Pair, special_host: Callable[[HostSpec], LabHost]
) -> None:
    bare = special_host(
        HostSpec("bare", release="trixie", without=frozenset({"iptables"}), size="4G")
    )
    script = "while :; do sleep 1; done"
    bare.ssh(["podman", "run", "-d", "--name", "tick", IMAGE, "sh", "-c", script])
    told = podferry("check", "bare", "new", "tick", "--canary", "--json")
    assert told.code == 0, told
    assert podferry("check", "bare", "new", "tick", "--route", "checkpoint").code == BLOCKED
    (lock,) = findings(told, "network-lock")
    assert (lock["host"], lock["severity"]) == ("bare", "blocked")
    canary = told.last["canary"]
    assert not canary["ok"]
    assert canary["step"] == "dump"
    assert "there is no iptables on this host" in canary["cause"]
    assert "apt-get install iptables" in canary["remedy"]
    assert 'execvp("iptables-restore"' in canary["detail"]
    assert canary["left"] == []
    assert verdicts(told)["tick"] == {"checkpoint": "blocked", "kube": "ready"}
    assert told.last["items"][0]["advised"] == "kube"

    in_words = podferry("check", "bare", "new", "tick", "--canary")
    assert "canary bare to new: failed at the step dump" in in_words.text
    assert "apt-get install iptables" in in_words.text
    assert state(bare, "tick") == "running"

    fixed = podferry("fix", "bare", "new", "network-lock", "--yes")
    assert fixed.code == 0, fixed
    again = podferry("check", "bare", "new", "tick", "--canary", "--route", "checkpoint", "--json")
    assert again.code == 0, again
    assert again.last["canary"]["ok"], again
    assert findings(again, "network-lock") == []


# Fixes.


def test_a_fix_shows_its_commands_asks_runs_and_looks_again(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    old.ssh("mkdir -p '/srv/my data' && echo 7 > '/srv/my data/f'")
    new.ssh("rm -rf '/srv/my data'")
    run_counter(old, "web", 8080, "-v", "/srv/my data:/data")
    assert podferry("check", "old", "new", "web").code == BLOCKED

    refused = podferry("fix", "old", "new", "bind-missing", stdin="n\n")
    assert refused.code == NOT_ALL, refused
    assert "    new: mv -T '/srv/my data.podferry-XXXXXXXX' '/srv/my data'" in refused.text
    assert new.ssh("ls /srv").stdout == ""

    fixed = podferry("fix", "old", "new", "bind-missing", "/srv/my data", stdin="y\n")
    assert fixed.code == 0, fixed
    assert "settled: " in fixed.text
    assert new.ssh("cat '/srv/my data/f'").stdout == "7\n"
    assert podferry("check", "old", "new", "web").code == 0

    nothing = podferry("fix", "old", "new", "bind-missing", "--json")
    assert nothing.code == NO_SUCH, nothing
    assert "there is no bind-missing to settle" in nothing.errors
    new.ssh("rm -rf '/srv/my data'")
    run_counter(new, "web", 8080)
    taken = podferry("fix", "old", "new", "name-taken")
    assert taken.code == NO_SUCH, taken
    assert "no commands settle name-taken" in taken.errors


def test_a_network_that_is_missing_is_made_for_all_that_need_it(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    old.ssh("podman network create --subnet 10.99.8.0/24 web_net")
    for number in range(3):
        run_counter(old, f"c{number}", 8080 + number, "--network", "web_net")
    (missing, *_) = findings(podferry("check", "old", "new", "--json"), "network-missing")
    told = podferry("fix", "old", "new", "network-missing", missing["subject"], "--json")
    assert told.code == 0, told
    (fixed,) = told.last["findings"]
    assert fixed["settled"]
    assert sorted(fixed["items"]) == ["c0", "c1", "c2"]
    assert "10.99.8.0/24" in new.ssh("podman network inspect web_net").stdout
    assert findings(podferry("check", "old", "new", "--json"), "network-missing") == []


# Reasons of failures.


def test_what_appears_after_the_plan_is_explained_with_its_log(
    podferry: Podferry, pair: Pair
) -> None:
    old = pair.old
    old.ssh(["podman", "run", "-d", "--name", "web", IMAGE, "sh", "-c", GHOST])
    process = subprocess.Popen(
        [str(COMMAND), "move", "old", "new", "web"],
        env=podferry.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
    )
    assert process.stdin
    assert process.stdout
    asked = ""
    while not asked.endswith("Go?"):
        letter = process.stdout.read(1)
        assert letter, asked
        asked += letter
    old.ssh("podman exec web sh -c 'touch /go; until [ -e /done ]; do sleep 0.1; done'")
    text, _ = process.communicate("y\n", timeout=120)
    lines = [line.strip() for line in text.splitlines()]
    why = "old: A process holds the deleted file /ghost open, of 2097152 bytes"
    assert any(line.startswith(why) for line in lines), text
    assert any("ghost-limit 1G" in line for line in lines), text
    assert any("Can't dump ghost file /ghost of 2097152 size" in line for line in lines), text
    (log,) = [line for line in lines if line.startswith("CRIU's log: old: ")]
    path = log.removeprefix("CRIU's log: old: ")
    assert "Can't dump ghost file" in old.ssh(["cat", path]).stdout
    (own,) = [line for line in lines if line.startswith("Podferry's log: ")]
    assert "Can't dump ghost file" in Path(own.removeprefix("Podferry's log: ")).read_text()
    assert state(old, "web") == "running"
