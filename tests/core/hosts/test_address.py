"""Addresses: every form that is told, and nothing that ssh could take for an option."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.hosts.address import Address, Connection, parse_address

FORMS = {
    "local": Address("local"),
    "old": Address("old", host="old"),
    "Old_1.example": Address("Old_1.example", host="Old_1.example"),
    "ops@old": Address("ops@old", host="old", user="ops"),
    "ops@corp@old": Address("ops@corp@old", host="old", user="ops@corp"),
    "CORP\\ops@old": Address("CORP\\ops@old", host="old", user="CORP\\ops"),
    "fe80::1%eth0": Address("fe80::1%eth0", host="fe80::1%eth0"),
    "ssh://old": Address("ssh://old", host="old"),
    "ssh://Old": Address("ssh://Old", host="Old"),
    "SSH://ops@Old:2222": Address("SSH://ops@Old:2222", host="Old", user="ops", port=2222),
    "ssh://old/": Address("ssh://old/", host="old"),
    "ssh://old:/x": Address("ssh://old:/x", host="old", socket="/x"),
    "ssh://old:22/run/podman/podman.sock": Address(
        "ssh://old:22/run/podman/podman.sock", host="old", port=22, socket="/run/podman/podman.sock"
    ),
    "ssh://ops%40corp@old/a%20b": Address(
        "ssh://ops%40corp@old/a%20b", host="old", user="ops@corp", socket="/a b"
    ),
    "ssh://root@[2001:db8::1]:2222/s": Address(
        "ssh://root@[2001:db8::1]:2222/s", host="2001:db8::1", user="root", port=2222, socket="/s"
    ),
    "ssh://[fe80::1%25eth0]": Address("ssh://[fe80::1%25eth0]", host="fe80::1%eth0"),
    "ssh://[fe80::1%eth0]": Address("ssh://[fe80::1%eth0]", host="fe80::1%eth0"),
    "unix:///run/podman/podman.sock": Address(
        "unix:///run/podman/podman.sock", socket="/run/podman/podman.sock"
    ),
    "unix:///a%20b": Address("unix:///a%20b", socket="/a b"),
}


@pytest.mark.parametrize("text", FORMS)
def test_forms(text: str) -> None:
    assert parse_address(text) == FORMS[text]


def test_only_this_machine_is_local() -> None:
    local = {text for text in FORMS if parse_address(text).is_local}
    assert local == {"local", "unix:///run/podman/podman.sock", "unix:///a%20b"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        " old",
        "old ",
        "old\n",
        "a b",
        "-oProxyCommand=touch /tmp/x",
        "-oProxyCommand=x",
        "ops@-oProxyCommand=x",
        "-x@old",
        "ops;x@old",
        "$(x)@old",
        "@",
        "ops@",
        "a/b",
        "[::1]",
        "ssh://",
        "ssh:///run/podman.sock",
        "ssh://-oProxyCommand=x",
        "ssh://-oProxyCommand=x/run",
        "ssh://-x@old",
        "ssh://%2Dx@old",
        "ssh://%2doProxyCommand=x@old",
        "ssh://ops@",
        "ssh://old:port",
        "ssh://old:-1",
        "ssh://old:0",
        "ssh://old:65536",
        "ssh://old:22:22",
        "ssh://::1",
        "ssh://[::1",
        "ssh://[::1]junk",
        "ssh://[not-an-address",
        "ssh://old?x=1",
        "ssh://old/#x",
        "ssh://a b",
        "ssh://old;x",
        "ssh://$(x)",
        "unix://run/podman.sock",
        "tcp://old:8080",
        "http://old",
        "://old",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_address(text)
    assert "A host is:" in raised.value.todo


@pytest.mark.parametrize(
    "text",
    [
        "ssh://ops:hunter2@old",
        "ssh://ops:hunter2@old:22/run",
        "ssh://:hunter2@old",
        "ssh://ops:hunter2@old:port",
        "ssh://ops:hun/ter2@old",
        "ssh://ops:hun@ter2@old",
        "ssh://ops:hunter2@-x",
        "tcp://ops:hunter2@old",
        "unix://ops:hunter2@/x",
    ],
)
def test_passwords_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_address(text)
    assert "ter2" not in str(raised.value)
    assert "hun" not in str(raised.value)


def test_a_connection_wins_over_an_alias() -> None:
    known = {"old": Connection("ssh://root@10.0.0.1:2222/run/podman/podman.sock", "/k/id")}
    assert parse_address("old", known) == Address(
        "old", "10.0.0.1", "root", 2222, "/run/podman/podman.sock", "/k/id"
    )
    assert parse_address("new", known) == Address("new", host="new")


def test_no_connection_can_take_the_place_of_this_machine_or_of_a_uri() -> None:
    known = {name: Connection("ssh://evil") for name in ("local", "ssh://old")}
    assert parse_address("local", known).is_local
    assert parse_address("ssh://old", known).host == "old"


def test_a_local_connection() -> None:
    known = {"here": Connection("unix:///run/user/1000/podman/podman.sock")}
    address = parse_address("here", known)
    assert address.is_local
    assert address.socket == "/run/user/1000/podman/podman.sock"
    assert address.label == "here"


@pytest.mark.parametrize(
    "uri", ["ssh://-oProxyCommand=x", "tcp://old:1", "ssh://a:hunter2@b", "garbage", "ssh://h:x"]
)
def test_a_connection_is_checked_like_an_address(uri: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_address("old", {"old": Connection(uri)})
    assert raised.value.host == "old"
    assert "hunter2" not in str(raised.value)


@given(st.text(max_size=40), st.sampled_from(["", "ssh://", "ssh://u@", "u@", "unix://"]))
def test_whatever_is_typed_ends_in_an_address_or_a_usage_error(text: str, prefix: str) -> None:
    try:
        address = parse_address(prefix + text)
    except UsageError:
        return
    assert address.label == prefix + text
    for part in (address.host, address.user):
        assert not part.startswith("-")
        assert not set(part) & set(" \t\n'\"`$;&|<>(){}*?/")
    assert address.port is None or 0 < address.port < 65536
    assert not address.socket or address.socket.startswith("/")
