"""Command lines: hostile names stay one argument, and nothing of a thing is left out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.podman import commands
from core.podman.model import Kind
from core.podman.options import CheckpointOptions, PlayOptions, RestoreOptions

NEW = (5, 8, 6)
HOSTILE = "a b;$(touch x)`x`'\"\n--force=-x"
VALUES = st.text(max_size=20)


def pairs(argv: tuple[str, ...], flag: str) -> list[str]:
    return [argv[i + 1] for i, word in enumerate(argv[:-1]) if word == flag]


def test_checkpoint() -> None:
    plain = commands.checkpoint(CheckpointOptions())
    assert plain[:3] == ("podman", "container", "checkpoint")
    assert pairs(plain, "--compress") == ["none"]
    assert "--ignore-volumes" in plain
    assert not {"--tcp-established", "--file-locks", "--keep", "--leave-running"} & set(plain)
    both = commands.checkpoint(CheckpointOptions(tcp_established=True, file_locks=True))
    assert set(both) - set(plain) == {"--tcp-established", "--file-locks"}


@pytest.mark.parametrize(
    "options,added,missing",
    [
        (RestoreOptions(), set(), set()),
        (RestoreOptions(ignore_static_ip=False), set(), {"--ignore-static-ip"}),
        (RestoreOptions(ignore_static_mac=False), set(), {"--ignore-static-mac"}),
        (RestoreOptions(tcp_established=True), {"--tcp-established"}, set()),
        (RestoreOptions(tcp_close=True), {"--tcp-close"}, set()),
        (RestoreOptions(file_locks=True), {"--file-locks"}, set()),
        (RestoreOptions(pod=HOSTILE), {"--pod", HOSTILE}, set()),
    ],
)
def test_restore(options: RestoreOptions, added: set[str], missing: set[str]) -> None:
    plain = set(commands.restore(RestoreOptions()))
    argv = set(commands.restore(options))
    assert (argv - plain, plain - argv) == (added, missing)
    assert "--name" not in argv


@pytest.mark.parametrize("kind", list(Kind))
def test_acting_on_a_hostile_name(kind: Kind) -> None:
    assert commands.act("stop", kind, HOSTILE) == ("podman", kind.value, "stop", "--", HOSTILE)
    remove = commands.remove(kind, HOSTILE)
    assert remove[:3] == ("podman", kind.value, "rm")
    assert remove[-1] == HOSTILE
    assert "--volumes" not in remove
    assert "-v" not in remove


def test_hostile_words_stay_one_argument_each() -> None:
    assert commands.restore_in_place(HOSTILE)[-1] == HOSTILE
    assert commands.rename(HOSTILE, "b")[-2:] == (HOSTILE, "b")
    assert commands.set_restart_policy(HOSTILE, "on-failure:3")[-3:] == (
        "--restart=on-failure:3",
        "--",
        HOSTILE,
    )
    assert commands.tag_image("id", HOSTILE)[-2:] == ("id", HOSTILE)
    assert commands.save_image("id")[-1] == "id"
    assert commands.export_volume(HOSTILE)[-3:] == ("-C", HOSTILE, ".")
    assert commands.import_volume(HOSTILE)[-2:] == ("-C", HOSTILE)


def test_tar_keeps_everything_both_ways() -> None:
    for argv in (commands.export_volume("/v"), commands.import_volume("/v")):
        assert {"--numeric-owner", "--xattrs", "--xattrs-include=*", "--acls"} <= set(argv)


def test_play() -> None:
    assert commands.play_kube(PlayOptions()) == ("podman", "kube", "play", "-")
    argv = commands.play_kube(PlayOptions(("a:ip=1", HOSTILE), no_pod_prefix=True, start=False))
    assert pairs(argv, "--network") == ["a:ip=1", HOSTILE]
    assert argv[-3:] == ("--no-pod-prefix", "--start=false", "-")


# Networks


def network(**more: Any) -> tuple[str, ...]:
    return commands.create_network({"name": "web", "driver": "bridge", "dns_enabled": True, **more})


def test_a_plain_network() -> None:
    assert network() == ("podman", "network", "create", "--driver", "bridge", "web")
    assert commands.create_network({"name": "x"})[-3:] == ("--driver", "bridge", "x")


def test_everything_of_a_network() -> None:
    argv = network(
        subnets=[
            {"subnet": "10.77.0.0/24", "gateway": "10.77.0.1"},
            {
                "subnet": "fd00:77::/64",
                "gateway": "fd00:77::1",
                "lease_range": {"start_ip": "fd00:77::10", "end_ip": "fd00:77::20"},
            },
        ],
        ipv6_enabled=True,
        internal=True,
        dns_enabled=False,
        network_dns_servers=["10.0.0.53"],
        options={"mtu": "1400", "isolate": "true"},
        labels={"k": "v=w", "-x": HOSTILE},
        routes=[
            {"destination": "10.9.0.0/16", "gateway": "10.77.0.5", "metric": 7},
            {"destination": "10.8.0.0/16", "gateway": "10.77.0.5"},
        ],
        ipam_options={"driver": "host-local"},
    )
    assert sorted(pairs(argv, "--subnet")) == ["10.77.0.0/24", "fd00:77::/64"]
    assert pairs(argv, "--ip-range") == ["fd00:77::10-fd00:77::20"]
    assert {"--ipv6", "--internal", "--disable-dns"} <= set(argv)
    assert pairs(argv, "--dns") == ["10.0.0.53"]
    assert pairs(argv, "--opt") == ["mtu=1400", "isolate=true"]
    assert pairs(argv, "--label") == ["k=v=w", f"-x={HOSTILE}"]
    assert pairs(argv, "--route") == ["10.9.0.0/16,10.77.0.5,7", "10.8.0.0/16,10.77.0.5"]
    assert "--ipam-driver" not in argv
    assert argv[-1] == "web"


def test_gateways_and_ranges_stay_with_their_subnets() -> None:
    """Podman gives the n-th gateway and the n-th range to the n-th subnet."""
    lease = {"start_ip": "10.3.0.8", "end_ip": "10.3.0.9"}
    argv = network(
        subnets=[
            {"subnet": "10.1.0.0/24"},
            {"subnet": "10.2.0.0/24", "gateway": "10.2.0.1"},
            {"subnet": "10.3.0.0/24", "gateway": "10.3.0.1", "lease_range": lease},
        ]
    )
    subnets = pairs(argv, "--subnet")
    assert list(zip(subnets, pairs(argv, "--gateway"), strict=False)) == [
        ("10.3.0.0/24", "10.3.0.1"),
        ("10.2.0.0/24", "10.2.0.1"),
    ]
    assert list(zip(subnets, pairs(argv, "--ip-range"), strict=False)) == [
        ("10.3.0.0/24", "10.3.0.8-10.3.0.9")
    ]
    assert subnets[-1] == "10.1.0.0/24"


@pytest.mark.parametrize("lease", [None, {}, {"start_ip": "10.1.0.5"}, {"end_ip": "10.1.0.5"}])
def test_half_a_range_is_none(lease: Any) -> None:
    assert "--ip-range" not in network(subnets=[{"subnet": "10.1.0.0/24", "lease_range": lease}])


@pytest.mark.parametrize("driver", ["macvlan", "ipvlan"])
def test_the_parent_of_a_macvlan(driver: str) -> None:
    argv = network(driver=driver, network_interface="eth1", ipam_options={"driver": "dhcp"})
    assert pairs(argv, "--opt") == ["parent=eth1"]
    assert pairs(argv, "--ipam-driver") == ["dhcp"]


def test_the_interface_of_a_bridge_is_not_carried_over() -> None:
    assert "--opt" not in network(network_interface="podman3")


def test_nulls_in_a_network() -> None:
    empty = dict.fromkeys(
        ("subnets", "options", "labels", "routes", "ipam_options", "network_dns_servers")
    )
    assert network(**empty) == network()


# Volumes


def test_volumes() -> None:
    argv = commands.create_volume(
        {
            "Name": "data",
            "Driver": "local",
            "Labels": {"a": HOSTILE},
            "Options": {"type": "tmpfs", "o": "size=1m,uid=7", "UID": "7", "GID": "8"},
        }
    )
    assert pairs(argv, "--label") == [f"a={HOSTILE}"]
    assert pairs(argv, "--opt") == ["type=tmpfs", "o=size=1m,uid=7"]
    assert argv[-1] == "data"
    bare = commands.create_volume({"Name": "x", "Labels": None, "Options": None})
    assert bare == ("podman", "volume", "create", "--driver", "local", "x")


# Pods


def pod(
    infra: dict[str, Any] | None = None, version: tuple[int, ...] = NEW, **more: Any
) -> tuple[str, ...]:
    return commands.create_pod(
        {
            "Name": "shop",
            "SharedNamespaces": ["ipc", "net", "uts"],
            "InfraContainerID": "ab",
            "InfraConfig": {"Networks": ["podman"], **(infra or {})},
            **more,
        },
        version,
    )


def test_an_older_podman_makes_pods_without_a_restart_policy() -> None:
    for version in ((4, 3, 1), (4, 5)):
        assert "--restart" not in pod(version=version, RestartPolicy="always")
    assert "--restart" in pod(version=(4, 6), RestartPolicy="always")


def test_a_plain_pod() -> None:
    assert pod() == ("podman", "pod", "create", "--name", "shop", "--share", "ipc,net,uts")


def test_everything_of_a_pod() -> None:
    argv = pod(
        {
            "Networks": ["web", "db"],
            "PortBindings": {
                "80/tcp": [
                    {"HostIp": "0.0.0.0", "HostPort": "8080"},  # noqa: S104
                    {"HostIp": "::1", "HostPort": "8081"},
                    {"HostIp": "", "HostPort": "8082"},
                ],
                "53/udp": [{"HostIp": "10.0.0.1", "HostPort": "53"}],
                "9/tcp": None,
            },
            "DNSServer": ["10.0.0.53"],
            "DNSSearch": ["example"],
            "DNSOption": ["ndots:1"],
            "HostAdd": ["db:10.0.0.7"],
        },
        Hostname="shop-host",
        Labels={"we[ird]": "$(x)"},
        RestartPolicy="always",
        ExitPolicy="continue",
        SharedNamespaces=["net", "cgroup"],
    )
    assert pairs(argv, "--share") == ["net"]
    assert pairs(argv, "--network") == ["web", "db"]
    assert pairs(argv, "--publish") == [
        "0.0.0.0:8080:80/tcp",
        "[::1]:8081:80/tcp",
        "8082:80/tcp",
        "10.0.0.1:53:53/udp",
    ]
    told = {
        "--hostname": "shop-host",
        "--label": "we[ird]=$(x)",
        "--restart": "always",
        "--exit-policy": "continue",
        "--dns": "10.0.0.53",
        "--dns-search": "example",
        "--dns-option": "ndots:1",
        "--add-host": "db:10.0.0.7",
    }
    assert {flag: pairs(argv, flag) for flag in told} == {f: [v] for f, v in told.items()}


def test_the_default_network_among_others_is_not_lost() -> None:
    assert pairs(pod({"Networks": ["podman", "web"]}), "--network") == ["podman", "web"]


def test_a_pod_on_the_hosts_network() -> None:
    argv = pod({"HostNetwork": True, "Networks": None})
    assert pairs(argv, "--network") == ["host"]


def test_a_pod_that_shares_nothing_or_has_no_infra() -> None:
    assert pairs(pod(SharedNamespaces=None), "--share") == ["none"]
    assert pairs(pod(SharedNamespaces=["cgroup"]), "--share") == ["none"]
    assert "--infra=false" in pod(InfraContainerID="")
    bare = commands.create_pod({"Name": "x", "InfraContainerID": "", "InfraConfig": None}, NEW)
    assert bare[-1] == "--infra=false"


@pytest.mark.parametrize(
    "create,network",
    [
        (["--ip", "10.88.0.7"], "podman:ip=10.88.0.7"),
        (["--ip=10.88.0.7", "--mac-address=92:d0:c6:0a:29:33"],
         "podman:ip=10.88.0.7,mac=92:d0:c6:0a:29:33"),
        (["--network", "podman:alias=x,ip=10.88.0.7,mac=92:d0:c6:0a:29:33"],
         "podman:ip=10.88.0.7,mac=92:d0:c6:0a:29:33"),
        (["--net=podman:ip6=fd00::7"], "podman:ip6=fd00::7"),
    ],
)  # fmt: skip
def test_addresses_that_were_asked_for_a_pod(create: list[str], network: str) -> None:
    argv = pod(CreateCommand=["podman", "pod", "create", *create])
    assert pairs(argv, "--network") == [network]


def test_addresses_that_an_old_podman_inspects() -> None:
    argv = pod({"Networks": ["web"], "StaticIP": "10.1.0.9", "StaticMAC": "92:d0:c6:0a:29:33"})
    assert pairs(argv, "--network") == ["web:ip=10.1.0.9,mac=92:d0:c6:0a:29:33"]


# Addresses of containers


def container(*create: str, networks: tuple[str, ...] = ("web",)) -> dict[str, Any]:
    return {
        "ImageName": "img",
        "Config": {"CreateCommand": ["podman", "run", *create]},
        "NetworkSettings": {"Networks": dict.fromkeys(networks)},
    }


@pytest.mark.parametrize(
    "words,found",
    [
        ((), {}),
        (("--ip", "10.1.0.9"), {"web": "ip=10.1.0.9"}),
        (("--ip",), {}),
        (("--network", "web:ip=10.1.0.9", "img"), {"web": "ip=10.1.0.9"}),
        (("--network=other:ip=10.1.0.9", "img"), {}),
        (("img", "--ip", "10.1.0.9"), {}),
        (("-e", "X=web:ip=1", "--label", "--ip=1:ip=2", "img"), {"web": "ip=1:ip=2"}),
    ],
)
def test_addresses_of_a_container(words: tuple[str, ...], found: dict[str, str]) -> None:
    assert commands.container_addresses(container(*words)) == found


def test_one_address_for_several_networks_is_nobodys() -> None:
    assert commands.container_addresses(container("--ip", "1", networks=("a", "b"))) == {}
    assert commands.container_addresses({}) == {}


@given(name=VALUES, labels=st.dictionaries(VALUES, VALUES, max_size=3))
def test_no_value_becomes_a_word_of_its_own(name: str, labels: dict[str, str]) -> None:
    told = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
    assert commands.create_network({"name": name, "labels": labels, "dns_enabled": True}) == (
        *("podman", "network", "create", "--driver", "bridge", *told, name),
    )
    assert commands.create_volume({"Name": name, "Labels": labels}) == (
        *("podman", "volume", "create", "--driver", "local", *told, name),
    )
    assert commands.create_pod({"Name": name, "Labels": labels, "InfraContainerID": "x"}, NEW) == (
        *("podman", "pod", "create", "--name", name, "--share", "none", *told),
    )
