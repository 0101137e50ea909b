"""What containers hold, read from what real hosts said."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from core.podman.model import Inside
from core.podman.real.inside import read_inside

MIB = 1024 * 1024
ONE, TWO = "1a" * 32, "2b" * 32


@pytest.fixture(scope="module")
def forky() -> Mapping[str, Inside]:
    """Containers that were made to hold something, under Podman 5.8.6, by their IDs' beginnings."""
    text = Path(__file__).with_name("inside").joinpath("forky.txt").read_text()
    return {ident[:12]: inside for ident, inside in read_inside(text).items()}


def test_a_program_that_holds_one_of_each(forky: Mapping[str, Inside]) -> None:
    """What must not be told of it is there too.

    A socket pair, memory without a file, a deleted file that has another name still, and a root
    that is shared, though not with the host.
    """
    assert forky["715504e79e87"] == Inside(
        listening=("[::1]:9000",),
        established=("[::1]:51742 [::1]:9000",),
        in_flight=("[::1]:9000 [::1]:51742",),
        locked=("/tmp/locked file", "/tmp/posix"),
        deleted={"/tmp/mapped": MIB},
        unix_outside=("/run/podman/podman.sock",),
        devices=("/dev/fuse",),
        anonymous=frozenset({"inotify"}),
        shared_mounts=("/sh",),
        program="python3",
    )


def test_a_deleted_file_that_two_processes_have_open_counts_once(
    forky: Mapping[str, Inside],
) -> None:
    assert forky["c76ba2b59ebb"] == Inside(deleted={"/tmp/big": 3 * MIB}, program="sh")


def test_a_connection_within_a_container_has_two_ends(forky: Mapping[str, Inside]) -> None:
    ends = ("127.0.0.1:60558 127.0.0.1:7000", "127.0.0.1:7000 127.0.0.1:60558")
    assert forky["4954963a8c50"] == Inside(listening=("[::]:7000",), established=ends, program="sh")


def test_containers_of_a_pod_have_their_own_ends(forky: Mapping[str, Inside]) -> None:
    """They share a network namespace, so each table of it tells of all of them."""
    server, client = forky["bd502dd09ca0"], forky["3d6514ba96dd"]
    assert client.established == ("127.0.0.1:41618 127.0.0.1:7001",)
    assert server.established == ("127.0.0.1:7001 127.0.0.1:41618",)
    assert client.listening == ()
    assert forky["d6a704e90c18"] == Inside(listening=("0.0.0.0:8088",), program="counter")
    assert forky["c7ea73854569"] == Inside(anonymous=frozenset({"signalfd"}), program="catatonit")


def test_hosts_without_running_containers() -> None:
    assert read_inside("") == {}
    assert read_inside("sudo: a password is required\n") == {}


def test_only_a_cgroup_is_known() -> None:
    """As for a login that may not look into others' processes."""
    assert read_inside(f"\n@@cgroup\n7/cgroup:0::/x/libpod-{ONE}.scope/container\n") == {
        ONE: Inside()
    }


def test_processes_in_nested_cgroups() -> None:
    """A container with its own systemd or Podman makes groups below its own."""
    told = (
        "\n@@cgroup\n"
        f"7/cgroup:0::/machine.slice/libpod-{ONE}.scope/container/init.scope\n"
        f"8/cgroup:0::/machine.slice/libpod-{ONE}.scope/container/x/libpod-{TWO}.scope\n"
        f"9/cgroup:0::/machine.slice/libpod-conmon-{TWO}.scope\n"
        "\n@@status\n"
        "8/status:Name:\tnested\n8/status:PPid:\t7\n8/status:NSpid:\t8\t5\t1\n"
        "7/status:Name:\tsystemd\n7/status:PPid:\t6\n7/status:NSpid:\t7\t1\n"
    )
    assert read_inside(told) == {ONE: Inside(program="systemd")}


def test_first_process_where_the_namespace_of_processes_is_the_hosts() -> None:
    """PIDs wrap: what `podman exec` started may have a lower one, and its parent is outside too."""
    told = (
        f"\n@@cgroup\n90/cgroup:0::/libpod-{ONE}\n12/cgroup:0::/libpod-{ONE}\n"
        "\n@@status\n"
        "90/status:Name:\tserver name\n90/status:PPid:\t4\n90/status:NSpid:\t90\n"
        "12/status:Name:\tworker\n12/status:PPid:\t90\n12/status:NSpid:\t12\n"
    )
    assert read_inside(told)[ONE].program == "server name"


def fds(*links: str) -> str:
    lines = (f"lrwx------ 1 0 0 64 Nov 24 14:14 {n} -> {t}" for n, t in enumerate(links))
    listing = "\n".join(lines)
    return f"\n@@cgroup\n7/cgroup:0::/libpod-{ONE}\n\n@@fds\n7/fd:\ntotal 0\n{listing}\n"


@pytest.mark.parametrize(
    "link",
    [
        "/memfd:pulse (deleted)",
        "/SYSV00000000 (deleted)",
        "/dev/zero (deleted)",
        "/[aio] (deleted)",
    ],
)
def test_memory_is_no_deleted_file(link: str) -> None:
    assert read_inside(fds(link) + "\n@@stat\n7/fd/0 81ff 0 4096\n")[ONE].deleted == {}


@pytest.mark.parametrize(
    "stat,deleted",
    [
        ("81a4 0 16", {"/tmp/a -> b": 8192}),
        ("81a4 1 16", {}),
        ("41ed 0 16", {}),
        ("", {}),
    ],
    ids=["gone", "has another name", "folder", "not to be looked at"],
)
def test_deleted_file_with_a_strange_name(stat: str, deleted: Mapping[str, int]) -> None:
    told = fds("/tmp/a -> b (deleted)") + f"\n@@stat\n7/fd/0 {stat}\n"
    assert read_inside(told)[ONE].deleted == deleted


def test_kinds_of_anonymous_inodes() -> None:
    told = fds("anon_inode:[eventpoll]", "anon_inode:inotify", "anon_inode:[io_uring]")
    told += "\n@@maps\n7/maps:7f00-7f10 rw-s 00000000 00:0f 1040   anon_inode:[perf_event]\n"
    assert read_inside(told)[ONE].anonymous == {"eventpoll", "inotify", "io_uring", "perf_event"}


def tcp(*rows: str) -> str:
    table = "".join(f"7/net/tcp: {n}: {row.replace(' ', ' ' * 1)}\n" for n, row in enumerate(rows))
    return f"\n@@netns\nl 1 0 0 0 Nov 24 14:14 7/ns/net -> net:[40]\n\n@@tcp\n{table}"


@pytest.mark.parametrize(
    "state,established,in_flight",
    [
        ("01", True, False),
        ("02", False, True),
        ("04", True, False),
        ("06", False, False),
        ("07", False, False),
        ("08", True, False),
    ],
)
def test_states_of_a_connection(state: str, established: bool, in_flight: bool) -> None:
    row = f"0100007F:1F98 0201A8C0:0050 {state} 0:0 0:0 0 0 0 55 1"
    inside = read_inside(fds("socket:[55]") + tcp(row))[ONE]
    shown = ("127.0.0.1:8088 192.168.1.2:80",)
    assert inside.established == (shown if established else ())
    assert inside.in_flight == (shown if in_flight else ())


def test_a_connection_that_waits_is_the_listeners() -> None:
    listens = "00000000:1F98 00000000:0000 0A 0:1 0:0 0 0 0 55 1"
    waits = "0100007F:1F98 0100007F:C000 01 0:0 0:0 0 0 0 0 1"
    elsewhere = "0100007F:1F99 0100007F:C001 01 0:0 0:0 0 0 0 0 1"
    inside = read_inside(fds("socket:[55]") + tcp(listens, waits, elsewhere))[ONE]
    assert inside.in_flight == ("127.0.0.1:8088 127.0.0.1:49152",)
    assert read_inside(fds("socket:[56]") + tcp(listens, waits))[ONE] == Inside()


def test_unix_sockets() -> None:
    told = fds("socket:[1]", "socket:[2]", "socket:[3]", "socket:[4]") + (
        "\n@@unix\n"
        "u_str ESTAB 0      0      * 1 * 2\n"
        "u_str ESTAB 0      0      * 2 * 1\n"
        "u_dgr ESTAB 0      0      /tmp/my end 3 * 90\n"
        "u_str ESTAB 0      0      * 4 * 0\n"
        "u_str ESTAB 0      0      /run/strange 70 * 71\n"
    )
    assert read_inside(told)[ONE].unix_outside == ("/tmp/my end",)
