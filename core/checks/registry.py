"""All checks, in the order in which their findings are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.checks import (
    addresses,
    auto_remove,
    binds,
    btrfs,
    clocks,
    connections,
    criu,
    dependencies,
    ghosts,
    healthchecks,
    host_ipc,
    images,
    kernels,
    kube,
    locks,
    names,
    network_lock,
    networks,
    open_files,
    pods,
    ports,
    processor,
    programs,
    restarts,
    rootless,
    runtimes,
    secrets,
    services,
    space,
    state,
    units,
    volumes,
)
from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, On
from core.podman.model import HostInfo

HOST_CHECKS: tuple[Callable[[Facts, HostInfo, On], Iterator[Finding]], ...] = (
    rootless.check_host,
    criu.check_host,
    network_lock.check_host,
    btrfs.check_host,
    processor.check_host,
    kernels.check_host,
    space.check_host,
    clocks.check_host,
    services.check_host,
)
"""What hinders or concerns all items."""

ITEM_CHECKS: tuple[Callable[[Facts, ItemFacts], Iterator[Finding]], ...] = (
    names.check,
    processor.check,
    ports.check,
    state.check,
    space.check,
    networks.check,
    addresses.check,
    volumes.check,
    binds.check,
    auto_remove.check,
    units.check,
    secrets.check,
    dependencies.check,
    images.check,
    runtimes.check,
    pods.check,
    host_ipc.check,
    kernels.check,
    connections.check,
    locks.check,
    ghosts.check,
    open_files.check,
    healthchecks.check,
    kube.check,
    restarts.check,
    programs.check,
)
"""What hinders or concerns one."""
