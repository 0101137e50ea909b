"""`podman system connection`'s files, as Podman writes them and as they should not be."""

import json
from pathlib import Path

import pytest

from core.hosts.address import Connection
from core.hosts.connections import podman_connections

CONF = """
[engine]
active_service = "old"
[engine.service_destinations]
[engine.service_destinations.old]
uri = "ssh://root@old:22/run/podman/podman.sock"
identity = "/root/.ssh/id"
[engine.service_destinations.here]
uri = "unix:///run/podman/podman.sock"
"""
NEWER = {
    "Connection": {
        "Default": "new",
        "Connections": {
            "new": {
                "URI": "ssh://new/run/podman/podman.sock",
                "Identity": "/k",
                "IsMachine": False,
            },
            "old": {"URI": "ssh://elsewhere"},
        },
    },
    "Farm": {},
}


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CONTAINERS_CONF", "PODMAN_CONNECTIONS_CONF"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "containers"
    made.mkdir()
    return made


def test_none() -> None:
    assert podman_connections() == {}


def test_containers_conf(folder: Path) -> None:
    (folder / "containers.conf").write_text(CONF)
    assert podman_connections() == {
        "old": Connection("ssh://root@old:22/run/podman/podman.sock", "/root/.ssh/id"),
        "here": Connection("unix:///run/podman/podman.sock"),
    }


def test_the_newer_file_wins(folder: Path) -> None:
    (folder / "containers.conf").write_text(CONF)
    (folder / "podman-connections.json").write_text(json.dumps(NEWER))
    assert podman_connections() == {
        "old": Connection("ssh://elsewhere"),
        "here": Connection("unix:///run/podman/podman.sock"),
        "new": Connection("ssh://new/run/podman/podman.sock", "/k"),
    }


def test_a_given_folder_and_podmans_own_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    (other / "containers").mkdir(parents=True)
    (other / "containers" / "containers.conf").write_text(CONF)
    assert set(podman_connections(other)) == {"old", "here"}
    moved = tmp_path / "elsewhere.json"
    moved.write_text(json.dumps(NEWER))
    monkeypatch.setenv("PODMAN_CONNECTIONS_CONF", str(moved))
    monkeypatch.setenv("CONTAINERS_CONF", str(tmp_path / "missing.conf"))
    assert set(podman_connections(other)) == {"old", "new"}


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\0\xff\xfe not utf-8",
        b"[engine",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"engine = 1",
        b'{"Connection": null}',
        b'{"Connection": {"Connections": ["a"]}}',
        b'{"Connection": {"Connections": {"a": null, "b": {}, "c": {"URI": 1}, "d": "x"}}}',
        b"[engine]\nservice_destinations = [1]",
        b'[engine.service_destinations]\na = "x"\n[engine.service_destinations.b]\nuri = 1',
        b"[" * 100_000,
        b"a=" + b"[" * 100_000,
    ],
)
def test_damaged_files_count_as_empty(folder: Path, damage: bytes) -> None:
    (folder / "containers.conf").write_bytes(damage)
    (folder / "podman-connections.json").write_bytes(damage)
    assert podman_connections() == {}


def test_one_damaged_file_does_not_hide_the_other(folder: Path) -> None:
    (folder / "containers.conf").write_text(CONF)
    (folder / "podman-connections.json").write_bytes(b"{")
    assert set(podman_connections()) == {"old", "here"}


def test_a_folder_in_a_files_place(folder: Path) -> None:
    (folder / "containers.conf").mkdir()
    (folder / "podman-connections.json").write_text(json.dumps(NEWER))
    assert set(podman_connections()) == {"old", "new"}


def test_one_damaged_entry_does_not_hide_the_others(folder: Path) -> None:
    (folder / "podman-connections.json").write_text(
        json.dumps({"Connection": {"Connections": {"a": {"URI": None}, "b": {"URI": "ssh://b"}}}})
    )
    assert podman_connections() == {"b": Connection("ssh://b")}
