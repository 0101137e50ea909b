"""The podman command lines that Podferry runs: built here, shown in plans, run by the engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.podman.model import Inspection, Kind
from core.podman.options import CheckpointOptions, PlayOptions, RestoreOptions

Argv = tuple[str, ...]


def checkpoint(options: CheckpointOptions) -> Argv:
    """Dump a container into a tar without compression (zstd, the default, is slower than a LAN).

    `--export FILE CONTAINER` is to be added.
    """
    flags = ["--compress", "none", "--ignore-volumes", "--ignore-rootfs"]
    if options.tcp_established:
        flags.append("--tcp-established")
    if options.file_locks:
        flags.append("--file-locks")
    return ("podman", "container", "checkpoint", *flags)


def restore(options: RestoreOptions) -> Argv:
    """Restore an archive under the name and ID that it has; `--import FILE` is to be added."""
    flags = [] if options.volumes else ["--ignore-volumes"]
    if options.tcp_established:
        flags.append("--tcp-established")
    if options.file_locks:
        flags.append("--file-locks")
    if options.tcp_close:
        flags.append("--tcp-close")
    if options.ignore_static_ip:
        flags.append("--ignore-static-ip")
    if options.ignore_static_mac:
        flags.append("--ignore-static-mac")
    if options.pod:
        flags += ["--pod", options.pod]
    if options.name:
        flags += ["--name", options.name]
    for port in options.publish:
        flags += ["--publish", port]
    runtime = ("--runtime", options.runtime) if options.runtime else ()
    return ("podman", *runtime, "container", "restore", *flags)


def restore_in_place(container: str) -> Argv:
    """Restore a container from the checkpoint that it left on its own host."""
    return (
        "podman", "container", "restore", "--tcp-established", "--file-locks", container,
    )  # fmt: skip


def save_image(image_id: str) -> Argv:
    """Write an image to stdout; by ID, so that a tag that moved meanwhile does no harm."""
    return ("podman", "image", "save", "--format", "docker-archive", image_id)


def tag_image(image_id: str, tag: str) -> Argv:
    """Give an image a further name."""
    return ("podman", "image", "tag", image_id, tag)


def untag_image(tag: str) -> Argv:
    """Take a name from an image; without the second word it would lose all of its names."""
    return ("podman", "image", "untag", tag, tag)


def load_image() -> Argv:
    """Read an image from stdin."""
    return ("podman", "image", "load", "--quiet")


def act(verb: str, kind: Kind, name: str) -> Argv:
    """Start or stop a container or pod."""
    noun = "pod" if kind is Kind.POD else "container"
    return ("podman", noun, verb, "--", name)


def remove(kind: Kind, name: str) -> Argv:
    """Stop and remove a container or pod; anonymous volumes stay."""
    if kind is Kind.POD:
        return ("podman", "pod", "rm", "--force", "--ignore", "--time", "0", "--", name)
    return ("podman", "container", "rm", "--force", "--ignore", "--time", "0", "--", name)


def set_restart_policy(container: str, policy: str) -> Argv:
    """Change a restart policy (Podman 5.1 and newer: `podman update --restart`)."""
    return ("podman", "container", "update", f"--restart={policy}", "--", container)


def create_network(inspection: Inspection) -> Argv:
    """Make a network like the inspected one: driver, subnets, options, labels, DNS."""
    flags = ["--driver", str(inspection.get("driver") or "bridge")]
    flags += _subnets(inspection)
    if inspection.get("ipv6_enabled"):
        flags.append("--ipv6")
    if inspection.get("internal"):
        flags.append("--internal")
    if inspection.get("dns_enabled") is False:
        flags.append("--disable-dns")
    for server in inspection.get("network_dns_servers") or ():
        flags += ["--dns", server]
    ipam = inspection.get("ipam_options") or {}
    if ipam.get("driver") not in (None, "host-local"):
        flags += ["--ipam-driver", ipam["driver"]]
    flags += _pairs("--opt", inspection.get("options"))
    if inspection.get("driver") in ("macvlan", "ipvlan") and inspection.get("network_interface"):
        flags += ["--opt", f"parent={inspection['network_interface']}"]
    flags += _pairs("--label", inspection.get("labels"))
    for route in inspection.get("routes") or ():
        metric = f",{route['metric']}" if route.get("metric") else ""
        flags += ["--route", f"{route['destination']},{route['gateway']}{metric}"]
    return ("podman", "network", "create", *flags, str(inspection["name"]))


def _subnets(network: Inspection) -> list[str]:
    flags: list[str] = []
    # Podman matches the n-th gateway and range with the n-th subnet: those that have both go first.
    subnets = sorted(
        network.get("subnets") or (),
        key=lambda s: (not s.get("gateway"), not s.get("lease_range")),
    )
    for subnet in subnets:
        flags += ["--subnet", subnet["subnet"]]
        if subnet.get("gateway"):
            flags += ["--gateway", subnet["gateway"]]
        lease = subnet.get("lease_range") or {}
        if lease.get("start_ip") and lease.get("end_ip"):
            flags += ["--ip-range", f"{lease['start_ip']}-{lease['end_ip']}"]
    return flags


def create_volume(inspection: Inspection) -> Argv:
    """Make an empty volume like the inspected one."""
    flags = ["--driver", str(inspection.get("Driver") or "local")]
    flags += _pairs("--label", inspection.get("Labels"))
    for key, value in (inspection.get("Options") or {}).items():
        # Podman notes owners as options UID and GID; it takes them back as o=uid=N,gid=N.
        if key not in ("UID", "GID"):
            flags += ["--opt", f"{key}={value}"]
    return ("podman", "volume", "create", *flags, str(inspection["Name"]))


def _pairs(flag: str, values: Mapping[str, Any] | None) -> list[str]:
    return [part for key, value in (values or {}).items() for part in (flag, f"{key}={value}")]


def create_pod(inspection: Inspection, version: tuple[int, ...]) -> Argv:
    """Make a pod like the inspected one: name, sharing, ports, networks, hostname, labels.

    `version` is that of the Podman that makes it.
    """
    infra = inspection.get("InfraConfig") or {}
    flags = ["--name", str(inspection["Name"])]
    shared = [ns for ns in inspection.get("SharedNamespaces") or () if ns != "cgroup"]
    flags += ["--share", ",".join(shared) or "none"]
    if not inspection.get("InfraContainerID"):
        flags.append("--infra=false")
    if inspection.get("Hostname"):
        flags += ["--hostname", inspection["Hostname"]]
    flags += _pairs("--label", inspection.get("Labels"))
    if inspection.get("RestartPolicy") and version >= _POD_RESTART_SINCE:
        flags += ["--restart", inspection["RestartPolicy"]]
    if inspection.get("ExitPolicy"):
        flags += ["--exit-policy", inspection["ExitPolicy"]]
    flags += _pod_network(inspection, infra)
    for port, bindings in (infra.get("PortBindings") or {}).items():
        for binding in bindings or ():
            address = f"{binding['HostIp']}:" if binding.get("HostIp") else ""
            if ":" in address[:-1]:
                address = f"[{binding['HostIp']}]:"
            flags += ["--publish", f"{address}{binding['HostPort']}:{port}"]
    for flag, key in (
        ("--dns", "DNSServer"),
        ("--dns-search", "DNSSearch"),
        ("--dns-option", "DNSOption"),
        ("--add-host", "HostAdd"),
    ):
        for value in infra.get(key) or ():
            flags += [flag, value]
    return ("podman", "pod", "create", *flags)


_POD_RESTART_SINCE = (4, 6)
"""`podman pod create --restart`; it is only a default, and restored containers have their own."""


def _pod_network(inspection: Inspection, infra: Mapping[str, Any]) -> list[str]:
    if infra.get("HostNetwork"):
        return ["--network", "host"]
    networks = [str(network) for network in infra.get("Networks") or ()]
    asked = pod_addresses(inspection)
    if networks == ["podman"] and not asked:
        return []  # The default, which a pod that shares no network must not be given by name.
    flags: list[str] = []
    for network in networks:
        flags += ["--network", f"{network}:{asked[network]}" if network in asked else network]
    return flags


def pod_addresses(inspection: Inspection) -> Mapping[str, str]:
    """Network name to `ip=...,mac=...` as the operator asked for them when making the pod.

    Podman 4 and newer leave InfraConfig's StaticIP empty: only the command line still tells.
    """
    infra = inspection.get("InfraConfig") or {}
    words = [str(word) for word in inspection.get("CreateCommand") or ()]
    for flag, key in (("--ip", "StaticIP"), ("--mac-address", "StaticMAC")):
        if infra.get(key):
            words += [flag, str(infra[key])]
    return _asked_addresses(infra.get("Networks") or (), words)


def container_addresses(inspection: Inspection) -> Mapping[str, str]:
    """Network name to `ip=...,mac=...` as the operator asked for them when making the container."""
    networks = (inspection.get("NetworkSettings") or {}).get("Networks") or ()
    return _asked_addresses(networks, own_words(inspection))


def own_words(inspection: Inspection) -> list[str]:
    """The command line that made a container, up to the image: what follows is the program's."""
    words = [str(w) for w in (inspection.get("Config") or {}).get("CreateCommand") or ()]
    image = str(inspection.get("ImageName") or "")
    bare = image.removesuffix(":latest")
    known = {image, bare, bare.rpartition("/")[2], image.rpartition("/")[2]} - {""}
    ends = [index for index, word in enumerate(words) if word in known]
    return words[: ends[0]] if ends else words


def _asked_addresses(networks: Iterable[str], words: Sequence[str]) -> Mapping[str, str]:
    names = [str(network) for network in networks]
    found: dict[str, str] = {}
    alone: list[str] = []
    for flag, value in flag_values(words):
        if flag in ("--ip", "--ip6", "--mac-address") and value:
            alone.append(f"{flag.strip('-').removesuffix('-address')}={value}")
        if flag in ("--network", "--net"):
            name, _, options = value.partition(":")
            kept = [o for o in options.split(",") if o.startswith(("ip=", "ip6=", "mac="))]
            if name in names and kept:
                found[name] = ",".join(kept)
    if alone and len(names) == 1:
        found[names[0]] = ",".join(dict.fromkeys(alone))
    return found


def flag_values(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each long flag of a command line with its value, or with the word after it."""
    for index, word in enumerate(words):
        if word.startswith("--"):
            flag, equals, value = word.partition("=")
            following = words[index + 1] if index + 1 < len(words) else ""
            yield flag, value if equals else following


def play_kube(options: PlayOptions) -> Argv:
    """Create and start what the YAML on stdin describes."""
    flags = [part for network in options.networks for part in ("--network", network)]
    if options.no_pod_prefix:
        flags.append("--no-pod-prefix")
    if not options.start:
        flags.append("--start=false")
    return ("podman", "kube", "play", *flags, "-")


def read_secret(name: str) -> Argv:
    """Print a secret's labels as a line of JSON, and then its value (Podman 4.7 and newer).

    Podman ends the output with one more line feed; the value itself is printed byte for byte.
    """
    told = "{{json .Spec.Labels}}\n{{.SecretData}}"
    return ("podman", "secret", "inspect", "--showsecret", "--format", told, "--", name)


def create_secret(name: str, labels: Mapping[str, str]) -> Argv:
    """Make a secret of what stdin says."""
    return ("podman", "secret", "create", *_pairs("--label", labels), "--", name, "-")


def export_volume(mountpoint: str) -> Argv:
    """Write a folder's contents to stdout with owners, modes, times, xattrs, ACLs and holes."""
    return ("tar", *_TAR_FIDELITY, "--sparse", "-cf", "-", "-C", mountpoint, ".")


def import_volume(mountpoint: str) -> Argv:
    """Read a folder's contents from stdin."""
    return (*unpack(), "-C", mountpoint)


def unpack() -> Argv:
    """Unpack stdin into the folder that `-C` names, which is to be added."""
    return ("tar", *_TAR_FIDELITY, "-xpf", "-")


_TAR_FIDELITY = ("--numeric-owner", "--xattrs", "--xattrs-include=*", "--acls")
"""GNU tar's flags that keep what plain tar drops."""


def reload_network(container: str) -> Argv:
    """Make a container's network rules anew; of a pod it is the infra container that has them."""
    return ("podman", "network", "reload", container)


def rename(container: str, new_name: str) -> Argv:
    """Rename a container."""
    return ("podman", "container", "rename", "--", container, new_name)
