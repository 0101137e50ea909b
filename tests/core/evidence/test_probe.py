"""Probes are read from files and labels; labels are text of strangers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import UsageError
from core.evidence.asking import judged
from core.evidence.probe import Probe, ProbeKind, from_labels, parse, propose
from core.evidence.probe_file import read_probes, to_toml


def labelled(text: str, name: str = "p") -> tuple[tuple[Probe, ...], tuple[str, ...]]:
    labels = {f"podferry.probe.{name}": text, "tier": "front"}
    return from_labels([{"Name": "web", "Config": {"Labels": labels}}])


@pytest.mark.parametrize(
    "text,kind,port,path",
    [
        ("http://:8080/health", ProbeKind.HTTP, 8080, "/health"),
        ("https://localhost:8443", ProbeKind.HTTPS, 8443, "/"),
        ("tcp://127.0.0.1:5432", ProbeKind.TCP, 5432, ""),
        ('http = ":80", status = 204', ProbeKind.HTTP, 80, "/"),
    ],
)
def test_labels(text: str, kind: ProbeKind, port: int, path: str) -> None:
    ((probe,), troubles) = labelled(text)
    assert not troubles
    assert (probe.kind, probe.port, probe.path) == (kind, port, path)
    assert (probe.name, probe.container) == ("p", "web")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whatever",
        'command = ["rm", "-rf", "/"]',
        'http = ":80", command = ["id"]',
        'http = "10.0.0.1:80"',
        'http = "169.254.169.254:80/latest/meta-data"',
        "http://example.org:80/",
        'http = ":0"',
        'http = ":99999"',
        'tcp = ":80/path"',
        'exec = "sh -c id"',
        "exec = []",
        'exec = ["a", 1]',
        'exec = ["a\\u0000b"]',
        'file = "relative"',
        'http = ":80", unknown = 1',
        'http = ":80", status = "200"',
        'http = ":80" }\nevil = { command = ["id"]',
        'http = ":80", match = 1',
        "x" * 5000,
        '{ command = ["id"] }',
        "[[[" * 1000,
    ],
)
def test_labels_that_are_none_are_told_and_left(text: str) -> None:
    probes, (trouble,) = labelled(text)
    assert not probes
    assert trouble.startswith("label podferry.probe.p of web: ")


def test_a_label_cannot_close_its_table_and_open_another() -> None:
    probes, troubles = labelled('http = ":80" }, x = { command = ["id"]')
    assert not probes
    assert troubles


def test_a_label_speaks_of_its_own_container_alone() -> None:
    ((probe,), _) = labelled('exec = ["id"], container = "db"')
    assert probe.container == "web"


def test_a_pattern_in_a_label_is_plain_text() -> None:
    ((probe,), _) = labelled('http = ":80", match = "(a+)+$", number = "n(: "')
    assert not judged(probe, "200", "a" * 50_000 + "!").ok
    assert judged(probe, "200", "(a+)+$ n(: 12").number == 12


@pytest.mark.parametrize(
    "table,said",
    [
        ({"http": ":80", "tcp": ":80"}, "exactly one"),
        ({}, "exactly one"),
        ({"http": ":80", "match": "("}, "no pattern"),
        ({"http": ":80", "number": "\\d+"}, "needs a group"),
        ({"http": ":80", "statsu": 1}, "unknown: statsu"),
        ({"http": ":80", "status": True}, "is a number"),
        ({"file": 1}, "absolute path"),
        ({"command": []}, "list of words"),
    ],
)
def test_what_is_wrong_is_said(table: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse("p", table)


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a/b", "[red]"])
def test_names(name: str) -> None:
    with pytest.raises(UsageError, match="no name of a probe"):
        parse(name, {"http": ":80"})


FILE = """
[web.front]
http = ":8080/peek"
number = 'counter: (\\d+)'

["Shop.Db".ready]
exec = ["pg_isready", "-q"]
container = "db"

[web.smoke]
command = ["./smoke", "a b"]
"""


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "probes.toml"
    path.write_text(FILE)
    front, smoke, ready = sorted(
        read_probes(path), key=lambda p: ("front", "smoke", "ready").index(p.name)
    )
    assert (front.item, front.port, front.number) == ("web", 8080, "counter: (\\d+)")
    assert (smoke.kind, smoke.argv) == (ProbeKind.COMMAND, ("./smoke", "a b"))
    assert (ready.item, ready.container) == ("Shop.Db", "db")


@pytest.mark.parametrize(
    "text,said",
    [
        ("[web", "no TOML"),
        ("web = 1", "web is no table"),
        ("[web]\nfront = 1", "web.front is no table"),
        ("[web.front]\nhttp = 80", 'web.front: http is a published port, such as ":8080/health"'),
    ],
)
def test_a_bad_file_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "probes.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as failure:
        read_probes(path)
    assert said in failure.value.what
    assert str(path) in failure.value.what


def test_a_file_that_is_named_must_be_there(tmp_path: Path, monkeypatch: Any) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        read_probes(tmp_path / "none.toml")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert read_probes() == ()


def test_what_is_proposed_can_be_read_again(tmp_path: Path) -> None:
    inspection = {
        "Name": 'we"b\\',
        "Config": {"Healthcheck": {"Test": ["CMD-SHELL", 'curl "x" || exit 1\n']}},
        "HostConfig": {
            "PortBindings": {
                "8088/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}],  # noqa: S104
                "53/udp": [{"HostIp": "", "HostPort": "53"}],
                "9/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9"}],
                "10/tcp": [{"HostIp": "::1", "HostPort": "10"}],
            }
        },
    }
    found = propose([inspection])
    assert [(p.kind, p.address, p.port) for p in found] == [
        (ProbeKind.TCP, "", 8080),
        (ProbeKind.TCP, "127.0.0.1", 9),
        (ProbeKind.TCP, "[::1]", 10),
        (ProbeKind.EXEC, "", 0),
    ]
    path = tmp_path / "probes.toml"
    named = [Probe(p.name, p.kind, "web [x]", p.container, p.address, p.port, argv=p.argv)
             for p in found]  # fmt: skip
    path.write_text(to_toml(named))
    assert list(read_probes(path)) == named


def test_a_settings_folder_that_is_none_holds_no_probes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    assert read_probes() == ()
