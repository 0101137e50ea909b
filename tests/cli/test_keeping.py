"""Checkpoints, exports and sleep from the command line, on simulated hosts."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.simulated import SimulatedEngine, SimulatedHost
from core.simulated.lifecycle import boot, crash, stop
from core.simulated.making import make_container, make_host, make_image, make_pod, make_volume
from core.simulated.probing import hit
from core.simulated.things import Mount, Spec
from tui.cli import main
from tui.commands import session
from tui.commands.session import EXIT_BLOCKED, EXIT_NOT_ALL, EXIT_OK, EXIT_USAGE

TAG = "localhost/counter:latest"


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, SimulatedHost]:
    """A source with a counter `web` and a pod `shop` of two, and an empty target."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = {name: make_host(name) for name in ("old", "new")}
    old = made["old"]
    image = make_image(old, TAG)
    made["new"].images.update(old.images)
    make_volume(old, "data", {"f": b"rows"})
    spec = Spec(TAG, image.id, mounts=(Mount("/data", "data"),), restart_policy="always")
    make_container(old, "web", spec)
    pod = make_pod(old, "shop")
    for name in ("shop-a", "shop-b"):
        make_container(old, name, Spec(TAG, image.id), pod=pod)

    def reach(*labels: str) -> list[SimulatedEngine]:
        return [SimulatedEngine(made[label]) for label in labels]

    monkeypatch.setattr(session, "reach_hosts", reach)
    return made


def podferry(*args: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, list(args), input=stdin, catch_exceptions=False)


def last(done: Result) -> dict[str, object]:
    told = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(told, dict)
    return told


# Checkpoint and restore


def test_a_checkpoint_goes_to_the_library_and_lives_again(
    hosts: dict[str, SimulatedHost], tmp_path: Path
) -> None:
    assert [hit(hosts["old"], "web") for _ in range(2)] == [0, 1]
    done = podferry("checkpoint", "old", "web", "--leave-running")
    assert done.exit_code == EXIT_OK, done.output
    (archive,) = (tmp_path / "state/podferry/archives").glob("web-*.tar")
    assert f"web: {archive}" in done.output
    assert "It runs on, after" in done.output
    assert hit(hosts["old"], "web") == 2

    refused = podferry("restore", "old", str(archive), "--yes")
    assert refused.exit_code == EXIT_BLOCKED
    assert "the name web is taken there" in refused.output
    ended = podferry("restore", "new", str(archive), stdin="")
    assert ended.exit_code == EXIT_NOT_ALL
    assert "a defect" not in ended.output
    told = podferry("restore", "new", str(archive), stdin="n\n")
    assert told.exit_code == EXIT_NOT_ALL
    assert "went on running on old after this checkpoint" in told.output
    assert not hosts["new"].containers
    assert podferry("restore", "new", str(archive), stdin="y\n").exit_code == EXIT_OK
    assert hit(hosts["new"], "web") == 2
    assert hosts["new"].volume("data").files == {"f": b"rows"}


def test_each_container_of_a_pod_gets_a_file(
    hosts: dict[str, SimulatedHost], tmp_path: Path
) -> None:
    refused = podferry("checkpoint", "old", "shop", "-o", str(tmp_path / "one.tar"))
    assert refused.exit_code != EXIT_OK
    assert "no folder" in refused.output
    done = podferry("checkpoint", "old", "shop", "-o", str(tmp_path), "--json")
    assert done.exit_code == EXIT_OK, done.output
    told = [json.loads(line) for line in done.stdout.splitlines()]
    kept = [line for line in told if line["event"] == "checkpoint"]
    assert [line["container"] for line in kept] == ["shop-a", "shop-b"]
    assert all(Path(line["archive"]).is_file() for line in kept)
    assert {line["down_s"] for line in kept} == {None}


def test_what_is_not_there_or_does_not_run(hosts: dict[str, SimulatedHost], tmp_path: Path) -> None:
    for name in ("wep", "$(touch /tmp/x)", "../web", "-x"):
        assert podferry("checkpoint", "old", "--", name).exit_code == EXIT_USAGE
    podferry("checkpoint", "old", "web")
    again = podferry("checkpoint", "old", "web")
    assert again.exit_code == EXIT_BLOCKED
    assert "only what runs can be checkpointed" in again.output
    strange = tmp_path / "strange.tar"
    strange.write_bytes(b"\x1b[2Jno archive")
    done = podferry("restore", "new", str(strange), "--yes")
    assert done.exit_code == EXIT_NOT_ALL
    assert "\x1b" not in done.output


@pytest.mark.parametrize(
    "options,words",
    [
        (("--name", "bad name"), "'bad name' is no name"),
        (("--name", "-x"), "'-x' is no name"),
        (("--publish", "http"), "'http' is no port"),
        (("--publish", "8181:80888"), "'8181:80888' is no port"),
        (("--tcp-close", "--tcp-established"), "closes them"),
    ],
)
def test_wishes_without_sense_are_wrong_usage(
    hosts: dict[str, SimulatedHost], tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    """Podman restored under a name by which it would make nothing, and failed late on others."""
    archive = tmp_path / "web.tar"
    podferry("checkpoint", "old", "web", "-o", str(archive))
    done = podferry("restore", "new", str(archive), "--yes", *options)
    assert done.exit_code == EXIT_USAGE, done.output
    assert words in done.output
    assert not hosts["new"].containers


def test_an_empty_pod_has_nothing_to_keep(hosts: dict[str, SimulatedHost]) -> None:
    """It said nothing, and that all was done."""
    make_pod(hosts["old"], "bare")
    done = podferry("checkpoint", "old", "bare")
    assert done.exit_code == EXIT_USAGE
    assert "bare: the pod has no containers" in done.output


# Export


def test_an_export_says_what_yaml_cannot_carry(
    hosts: dict[str, SimulatedHost], tmp_path: Path
) -> None:
    done = podferry("export", "old", "web", "shop", "-o", str(tmp_path))
    assert done.exit_code == EXIT_OK, done.output
    assert "not carried over: memory and processes" in done.output
    for name in ("web", "shop"):
        path = tmp_path / f"{name}.yaml"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_text().startswith("# podman kube play ")
    again = podferry("export", "old", "web", "-o", str(tmp_path))
    assert again.exit_code == EXIT_USAGE
    assert "is there already" in again.output
    astray = podferry("export", "old", "web", "-o", str(tmp_path / "nowhere"))
    assert astray.exit_code == EXIT_USAGE
    assert f"there is no folder {tmp_path}/nowhere" in astray.output


# Sleep


def test_all_sleep_over_a_crash_and_wake(hosts: dict[str, SimulatedHost]) -> None:
    old = hosts["old"]
    assert [hit(old, "web") for _ in range(2)] == [0, 1]
    assert podferry("hibernate", "old").exit_code == EXIT_USAGE
    assert podferry("hibernate", "old", "web", "--all").exit_code == EXIT_USAGE
    assert podferry("hibernate", "old", "--all", stdin="n\n").exit_code == EXIT_NOT_ALL
    assert old.container("web").running

    done = podferry("hibernate", "old", "--all", "--yes")
    assert done.exit_code == EXIT_OK, done.output
    assert "web: asleep" in done.output
    crash(old)
    boot(old)
    assert not old.container("web").running

    woken = podferry("wake", "old", "--json")
    assert woken.exit_code == EXIT_OK
    outcomes = {c["container"]: c["outcome"] for c in last(woken)["containers"]}  # type: ignore[attr-defined]
    assert outcomes == {"web": "awake", "shop-a": "awake", "shop-b": "awake"}
    assert hit(old, "web") == 2
    assert old.container("web").spec.restart_policy == "always"
    assert "nothing sleeps on old" in podferry("wake", "old").output


def test_what_does_not_run_is_not_left_out_without_a_word(hosts: dict[str, SimulatedHost]) -> None:
    stop(hosts["old"], hosts["old"].container("web"))
    done = podferry("hibernate", "old", "shop", "web", "--yes")
    assert done.exit_code == EXIT_BLOCKED
    assert "web: it is exited, and only what runs can sleep" in done.output
    assert hosts["old"].container("shop-a").running


def test_one_that_lived_since_is_started_cold_only_if_asked(
    hosts: dict[str, SimulatedHost],
) -> None:
    old = hosts["old"]
    assert hit(old, "web") == 0
    assert podferry("hibernate", "old", "web", "--yes").exit_code == EXIT_OK

    async def live() -> None:
        from core.podman.model import Kind

        engine = SimulatedEngine(old)
        await engine.connect()
        await engine.start(Kind.CONTAINER, "web")
        await engine.stop(Kind.CONTAINER, "web")
        await engine.close()

    asyncio.run(live())
    done = podferry("wake", "old")
    assert done.exit_code == EXIT_NOT_ALL
    assert "web: failed: it has run since" in done.output
    assert podferry("wake", "old", "--cold").exit_code == EXIT_OK
    assert hit(old, "web") == 0


def test_the_unit_is_shown_before_it_is_installed(hosts: dict[str, SimulatedHost]) -> None:
    shown = podferry("hibernate", "--unit")
    assert shown.exit_code == EXIT_OK
    assert "ExecStop=/usr/local/libexec/podferry-hibernate sleep" in shown.output
    asked = podferry("hibernate", "--install", "old", stdin="n\n")
    assert asked.exit_code == EXIT_NOT_ALL
    assert "systemctl enable --now podferry-hibernate.service" in asked.output
