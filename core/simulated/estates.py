"""Ready-made hosts: the estate of the story that Podferry exists for, and much larger ones."""

from __future__ import annotations

from core.podman.model import Port
from core.simulated.clock import Clock, wall_clock
from core.simulated.engine import SimulatedEngine
from core.simulated.host import SimulatedHost
from core.simulated.lifecycle import stop
from core.simulated.making import (
    make_container,
    make_host,
    make_image,
    make_network,
    make_pod,
    make_volume,
)
from core.simulated.names import (
    LOG_LINES,
    ODDITIES,
    POD_NAMES,
    ROLES,
    SINGLES,
    Single,
)
from core.simulated.pace import INSTANT, Pace
from core.simulated.things import MIB, Mount, SimImage, Spec

_HOUR_S = 3600.0
_SUBNETS = {"web": "10.89.1.0/24", "backend": "10.89.2.0/24", "metrics_net": "10.89.3.0/24"}
_CONTAINERS_PER_POD = len(ROLES)


def seed_pair(
    *, pace: Pace = INSTANT, conflicts: bool = False, clock: Clock = wall_clock
) -> tuple[SimulatedEngine, SimulatedEngine]:
    """Engines, not connected, of the hosts that `seed_hosts` makes."""
    old, new = seed_hosts(conflicts=conflicts, clock=clock)
    return SimulatedEngine(old, pace=pace), SimulatedEngine(new, pace=pace)


def seed_hosts(
    *, conflicts: bool = False, clock: Clock = wall_clock
) -> tuple[SimulatedHost, SimulatedHost]:
    """Hosts `old`, with 180 containers on copy-on-write btrfs, and `new`, empty on xfs.

    With conflicts, `new` already has a few things that are in the way.
    """
    old = make_host("old", filesystem="btrfs", copy_on_write=True, clock=clock)
    new = make_host("new", filesystem="xfs", clock=clock)
    old.paths.add("/srv/backup")
    new.paths.add("/srv/backup")
    old.secrets.add("db-password")
    for name, subnet in _SUBNETS.items():
        make_network(old, name, subnet)
    for number, name in enumerate(POD_NAMES):
        _add_pod(old, name, number)
    for number, single in enumerate(SINGLES):
        _add_single(old, single, number)
    make_image(new, "registry.example/base/redis:7.4", size_bytes=42 * MIB)
    if conflicts:
        new.other_listeners |= {("tcp", 9100)}
        make_volume(new, "wiki-data", {"already": b"here"})
        image = make_image(new, "registry.example/tools/backup:2")
        taken = Spec("registry.example/tools/backup:2", image.id)
        make_container(new, "nightly_backup", taken, running=False)
    return old, new


def big_estate(
    rows: int, label: str = "old", *, pace: Pace = INSTANT, clock: Clock = wall_clock
) -> SimulatedEngine:
    """An engine, not connected, of a host whose listing has so many rows, most of them in pods."""
    host = make_host(label, filesystem="btrfs", copy_on_write=True, clock=clock)
    pods = rows * 3 // 4 // (_CONTAINERS_PER_POD + 1)
    for number in range(pods):
        name = f"{POD_NAMES[number % len(POD_NAMES)]}-{number:04}"
        _add_pod(host, name, number, publish=False)
    for number in range(rows - pods * (_CONTAINERS_PER_POD + 1)):
        base = SINGLES[number % len(SINGLES)]
        single = Single(f"{base.name}-{number:04}", base.image, memory_mib=base.memory_mib)
        _add_single(host, single, number)
    return SimulatedEngine(host, pace=pace)


def _image(host: SimulatedHost, tag: str) -> SimImage:
    name = tag.rsplit("/", 1)[-1].partition(":")[0]
    size = (24 + 7 * (sum(map(ord, name)) % 13)) * MIB
    return make_image(host, tag, size_bytes=size, command=(f"/usr/bin/{name}",))


def _add_pod(host: SimulatedHost, name: str, number: int, *, publish: bool = True) -> None:
    ports = (Port(8000 + number, 8080),) if publish and number % 2 == 0 else ()
    network = ("web", "backend", "podman")[number % 3]
    pod = make_pod(
        host,
        name,
        ports=ports,
        networks={network if network in host.networks else "podman": ""},
        labels={"app": name, "team": ("blue", "red", "green")[number % 3]},
        age_s=(40 + number * 31) * _HOUR_S,
    )
    for place, role in enumerate(ROLES):
        tag = role.image.format(app=name)
        image = _image(host, tag)
        mounts: tuple[Mount, ...] = ()
        if role.name == "db":
            volume = f"{name}-data"
            make_volume(host, volume, {"rows": f"rows of {name}\n".encode() * 40})
            mounts = (Mount("/var/lib/data", volume),)
        labels = {"role": role.name, **ODDITIES.get((number, place), {})}
        container = make_container(
            host,
            f"{name}-{role.name}",
            Spec(
                image=tag,
                image_id=image.id,
                command=(f"/usr/bin/{role.name}", "--listen", f":{8080 + place}"),
                env={"APP": name, "ROLE": role.name},
                labels=labels,
                mounts=mounts,
                restart_policy="always" if role.name == "web" and number % 5 == 0 else "no",
            ),
            pod=pod,
            memory_bytes=(role.memory_mib + number % 7) * MIB,
            age_s=(40 + number * 31) * _HOUR_S - place,
        )
        container.log += LOG_LINES[(number + place) % len(LOG_LINES)]


def _add_single(host: SimulatedHost, single: Single, number: int) -> None:
    image = _image(host, single.image)
    if single.volume:
        make_volume(host, single.volume, {"state": single.name.encode() * 64})
    network = single.network if single.network in host.networks else "podman"
    container = make_container(
        host,
        single.name,
        Spec(
            image=single.image,
            image_id=image.id,
            command=single.command,
            env={"TZ": "UTC"},
            labels=dict(single.labels),
            ports=(Port(single.port, single.port),) if single.port else (),
            networks={network: single.address},
            mounts=_mounts(single),
            secrets=single.secrets,
            restart_policy=single.restart,
            healthcheck=single.healthcheck,
            tty=single.tty,
            auto_remove=single.auto_remove,
            privileged=single.privileged,
            memory_limit_bytes=single.limit_mib * MIB,
            holds=single.holds,
        ),
        memory_bytes=single.memory_mib * MIB,
        age_s=(3 + number * 17) * _HOUR_S,
    )
    container.memory = container.memory.__class__(container.memory.size_bytes, hits=12 + number)
    container.busy_dumps = single.busy_dumps
    container.log += LOG_LINES[number % len(LOG_LINES)]
    if single.stopped:
        stop(host, container, exit_code=0)


def _mounts(single: Single) -> tuple[Mount, ...]:
    volumes = (Mount("/data", single.volume),) if single.volume else ()
    binds = (Mount("/backup", single.bind, is_volume=False),) if single.bind else ()
    return volumes + binds
