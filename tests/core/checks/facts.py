"""Facts from a case file: short words in, what both hosts would have said out."""

from collections.abc import Mapping
from typing import Any

from core.checks.facts import Facts, ItemFacts, bind_sources, network_names, volume_names
from core.podman.model import (
    Container,
    HostInfo,
    Inside,
    Inspection,
    Inventory,
    Item,
    Kind,
    Port,
    Runtime,
    State,
)

Case = Mapping[str, Any]
IMAGE, TAG = "1a" * 32, "localhost/counter:latest"


def read_facts(case: Case) -> Facts:
    """All facts of a case."""
    items = {name: _item(name, said or {}) for name, said in case["items"].items()}
    containers = [c for seen in items.values() for c in seen.containers]
    networks = {name for seen in items.values() for name in network_names(seen)}
    volumes = {name for c in containers for name in volume_names(c)}
    source_networks = case.get("networks") or {}
    return Facts(
        source=_host("old", case.get("source") or {}),
        target=_host("new", case.get("target") or {}),
        source_has=_inventory(case.get("source_has") or {}),
        target_has=_inventory(case.get("target_has") or {}),
        items=items,
        images={
            str(c["Image"]): {
                "Id": c["Image"],
                "RepoTags": [c["ImageName"]],
                "Size": 10_000_000,
                **((case.get("images") or {}).get(c["Image"]) or {}),
            }
            for c in containers
        },
        networks={
            n: _network(n, source_networks.get(n))
            for n in networks
            if n not in ("gone", "host", "none")
        },
        volumes={
            name: {"Name": name, "Driver": "local", "Mountpoint": f"/v/{name}/_data"}
            for name in volumes
        },
        volume_users={
            name: tuple(users) for name, users in (case.get("volume_users") or {}).items()
        },
        missing_paths=frozenset(case.get("missing_paths") or ())
        & {path for c in containers for path in bind_sources(c)},
        changed_files={
            _id(name): frozenset(paths) for name, paths in (case.get("changed_files") or {}).items()
        },
        differing_paths=frozenset(case.get("differing_paths") or ()),
    )


def _host(label: str, said: Case) -> HostInfo:
    criu = said.get("criu", [4, 2, 1])
    return HostInfo(
        label=label,
        podman_version=tuple(said.get("podman", [5, 8, 6])),
        rootless=said.get("rootless", False),
        storage_driver=said.get("driver", "overlay"),
        graph_root="/var/lib/containers/storage",
        filesystem="btrfs",
        runtime="crun",
        criu_version=tuple(criu) if criu else None,
        architecture=said.get("arch", "amd64"),
        kernel=said.get("kernel", "6.18"),
        os=said.get("os", "debian forky"),
        copy_on_write=said.get("copy_on_write", False),
        tools=frozenset(said.get("tools") or ()),
        cpu_flags=frozenset(said.get("cpu") or ()),
        criu_trouble=said.get("trouble", ""),
        criu_features=frozenset(said.get("features") or ()),
        criu_options=said.get("options") or {},
        libcriu=said.get("libcriu"),
        cgroup_version=said.get("cgroup", 2),
        cgroup_manager=said.get("manager", ""),
        lsm=frozenset(said.get("lsm") or ()),
        service=said.get("service"),
        runtimes=tuple(
            Runtime(name, tuple(version), checkpoints=name not in said.get("without_criu", ()))
            for name, version in (said.get("runtimes") or {}).items()
        ),
    )


def _inventory(said: Case) -> Inventory:
    return Inventory(
        images={k: tuple(v) for k, v in (said.get("images") or {}).items()},
        networks={
            n: _network(n, s) for n, s in {"podman": None, **(said.get("networks") or {})}.items()
        },
        volumes=frozenset(said.get("volumes") or ()),
        secrets=frozenset(said.get("secrets") or ()),
        listening=frozenset((proto, port) for proto, port in said.get("listening") or ()),
        free_bytes=said.get("free_bytes", 10**12),
        pods=frozenset(said.get("pods") or ()),
        containers=dict(said.get("containers") or {}),
        addresses=said.get("addresses") or {},
        units=said.get("units") or {},
        tmp_free_bytes=said.get("tmp_free_bytes"),
        run_free_bytes=said.get("run_free_bytes"),
        clock_ahead_s=said.get("clock_ahead_s", 0.0),
    )


def _network(name: str, subnets: list[str] | None) -> Inspection:
    usual = ["10.88.0.0/16" if name == "podman" else "10.77.0.0/24"]
    return {
        "name": name,
        "driver": "bridge",
        "subnets": [{"subnet": s} for s in (usual if subnets is None else subnets)],
        "dns_enabled": True,
    }


def _item(name: str, said: Case) -> ItemFacts:
    pod = said.get("pod")
    kind = Kind.CONTAINER if pod is None else Kind.POD
    if kind is Kind.POD:
        told: Case = said.get("containers") or {}
    else:
        told = {name: said.get("container") or {}}
    seen = {n: _container(n, s or {}, in_pod=kind is Kind.POD) for n, s in told.items()}
    listed = tuple(_listed(seen[n], s or {}) for n, s in told.items())
    item = Item(
        kind=kind,
        id=_id(name) if kind is Kind.POD else listed[0].id,
        name=name,
        state=State(said.get("state", "running")),
        containers=listed,
        ports=tuple(Port(*port) for port in said.get("ports") or ()),
        infra_id="" if pod is None else _id(f"{name}-infra"),
    )
    return ItemFacts(
        item=item,
        pod=None if pod is None else _pod(name, pod or {}),
        containers=tuple(seen.values()),
        memory={listed[0].id: said["memory"]} if "memory" in said else {},
        inside={
            seen[n]["Id"]: _inside(s["inside"]) for n, s in told.items() if s and "inside" in s
        },
        kube_yaml=said.get("kube", ""),
        kube_error=said.get("kube_error", ""),
    )


def _id(name: str) -> str:
    return name.encode().hex().ljust(64, "0")


def _listed(inspection: Inspection, said: Case) -> Container:
    return Container(
        id=inspection["Id"],
        name=inspection["Name"],
        image=inspection["ImageName"],
        image_id=inspection["Image"],
        state=State(said.get("state", "running")),
        ports=tuple(Port(*port) for port in said.get("ports") or ()),
        size_bytes=said.get("size"),
    )


def _inside(said: Case) -> Inside:
    lists = ("listening", "established", "in_flight", "locked", "unix_outside", "devices")
    return Inside(
        **{key: tuple(said.get(key) or ()) for key in (*lists, "shared_mounts")},
        deleted=said.get("deleted") or {},
        anonymous=frozenset(said.get("anonymous") or ()),
        program=said.get("program", ""),
    )


def _container(name: str, said: Case, *, in_pod: bool) -> Inspection:
    """Like `podman container inspect` of 5.8, as far as a plan reads it."""
    policy, _, retries = str(said.get("restart", "no")).partition(":")
    return _merged(
        {
            "Id": said.get("id") or _id(name),
            "Name": name,
            "Image": said.get("image_id", IMAGE),
            "ImageName": said.get("image", TAG),
            "Pod": "p" * 64 if in_pod else "",
            "Mounts": [_mount(m) for m in said.get("mounts") or ()],
            "NetworkSettings": {
                "Networks": {n: {} for n in ([] if in_pod else said.get("networks", ["podman"]))}
            },
            "Config": {
                "Labels": said.get("labels"),
                "CreateCommand": ["podman", "run", *said.get("create", []), TAG, "--ip", "no-flag"],
            },
            "HostConfig": {
                "NetworkMode": said.get("network_mode", "bridge"),
                "IpcMode": "shareable",
                "PidMode": "private",
                "UTSMode": "private",
                "RestartPolicy": {"Name": policy, "MaximumRetryCount": int(retries or 0)},
                "AutoRemove": False,
            },
        },
        said.get("inspect") or {},
    )


def _mount(text: str) -> Mapping[str, Any]:
    """`volume:/in/container` or `/on/host:/in/container`."""
    source, _, destination = text.partition(":")
    if source.startswith("/"):
        return {"Type": "bind", "Source": source, "Destination": destination}
    return {
        "Type": "volume",
        "Name": source,
        "Source": f"/v/{source}/_data",
        "Destination": destination,
    }


def _pod(name: str, said: Case) -> Inspection:
    """Like `podman pod inspect` of 5.8, as far as a plan reads it."""
    return _merged(
        {
            "Id": _id(name),
            "Name": name,
            "CreateCommand": ["podman", "pod", "create", *said.get("create", [])],
            "Labels": said.get("labels"),
            "InfraContainerID": _id(f"{name}-infra"),
            "InfraConfig": {
                "PortBindings": {},
                "HostNetwork": False,
                "StaticIP": "",
                "StaticMAC": "",
                "Networks": said.get("networks", ["podman"]),
            },
            "SharedNamespaces": said.get("share", ["ipc", "net", "uts"]),
        },
        said.get("inspect") or {},
    )


def _merged(base: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in more.items():
        old = out.get(key)
        out[key] = (
            _merged(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
        )
    return out
