from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.hosts.known import KnownHost, Origin, known_hosts
from core.hosts.ssh_config import ssh_aliases


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose ssh_config is read."""
    folder = tmp_path / ".ssh"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PODFERRY_SSH_CONFIG", str(folder / "config"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("CONTAINERS_CONF", "PODMAN_CONNECTIONS_CONF"):
        monkeypatch.delenv(name, raising=False)
    return folder


def aliases(home: Path, text: str) -> list[str]:
    (home / "config").write_text(text)
    return ssh_aliases()


@pytest.mark.parametrize(
    "text, names",
    [
        ('Host old new\n  User root\nhost=third\n\tHOST "fourth"\n', "old new third fourth"),
        ("Host *\nHost web-?\nHost !bad good *.example\n", "good"),
        ("# Host no\nHost yes # no\nHostName not\nMatch host nor\n", "yes"),
        ("Host one one\nHost one\n", "one"),
        ("Host 'unclosed\nHost after\n", "after"),
        ("Host -oProxyCommand=x $(id) a;b a\x1b[31m [/x] local u@h ssh://h ok\n", "ok"),
        ("", ""),
    ],
)
def test_names_that_are_no_patterns(home: Path, text: str, names: str) -> None:
    assert aliases(home, text) == names.split()


def test_what_is_included_is_read_relative_to_the_folder_and_by_patterns(home: Path) -> None:
    (home / "conf.d").mkdir()
    (home / "conf.d/b.conf").write_text("Host b\n")
    (home / "conf.d/a.conf").write_text("Host a\nInclude ~/.ssh/deep\n")
    (home / "deep").write_text("Host deep\n")
    names = aliases(home, "Include conf.d/*.conf missing\nHost last\n")
    assert names == ["a", "deep", "b", "last"]


def test_a_file_that_includes_itself_ends(home: Path) -> None:
    assert aliases(home, "Host a\nInclude config config\n") == ["a"]


def test_what_is_no_file_is_not_read(home: Path) -> None:
    os.mkfifo(home / "pipe")
    assert aliases(home, "Include pipe /dev/zero .\nHost a\n") == ["a"]


def test_bytes_that_are_no_text_do_no_harm(home: Path) -> None:
    (home / "config").write_bytes(b"\xff\xfe\0Host x\nHost a\n" + b"\0" * 100)
    assert ssh_aliases() == ["a"]


def test_a_connection_wins_over_an_alias_of_its_name(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "config" / "containers"
    folder.mkdir(parents=True)
    (folder / "podman-connections.json").write_text(
        '{"Connection": {"Connections": {"old": {"URI": "ssh://root@h"},'
        ' "bad": {"URI": "ssh://h?x"}, "\\u001b[31m": {"URI": "http://x"}}}}'
    )
    aliases(home, "Host old new\n")
    assert known_hosts() == [
        KnownHost("old", Origin.PODMAN, "ssh://root@h"),
        KnownHost("new", Origin.SSH),
    ]
