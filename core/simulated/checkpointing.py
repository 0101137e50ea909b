"""The checkpoint route on a simulated host."""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress

from core.errors import CommandFailed, NoSuchItem
from core.podman import commands
from core.podman.bindings import published
from core.podman.model import Inspection, Port, State
from core.podman.options import CheckpointOptions, RestoreOptions
from core.podman.streams import Incoming, Outgoing
from core.simulated import lifecycle
from core.simulated.base import Base
from core.simulated.criu import refused_by_criu
from core.simulated.dumping import archive_chunks, read_archive
from core.simulated.faults import IN_FLIGHT, Action, Fail
from core.simulated.host import Refusal
from core.simulated.making import make_pod
from core.simulated.pipes import Members
from core.simulated.tarstream import ALTERED, Broken
from core.simulated.things import Arrived, Dump, SimContainer, SimPod


class Checkpointing(Base):
    """The part of Engine that freezes, dumps and restores."""

    async def checkpoint(self, container_id: str, options: CheckpointOptions) -> Outgoing:
        """See Engine."""
        argv = (*commands.checkpoint(options), "--export", "/dev/fd/3", container_id)
        action = await self._enter("checkpoint", container_id)
        container = self._existing(container_id)
        if refusal := self._undumpable(container, options, action):
            return self._send(argv, Fail(refusal), iter((b"\0",)))
        dump = self._freeze(container)
        payload = self.pace.payload_bytes(dump.memory.size_bytes)
        return self._send(
            argv,
            action,
            archive_chunks(dump, payload),
            on_broken=lambda: self._thaw(container),
        )

    async def checkpoint_ended(self, container_id: str) -> str:
        """See Engine."""
        async with self._verb("checkpoint_ended", container_id):
            if self._existing(container_id).running:
                raise Refusal("podman did not stop the container after its dump")
            return ""

    def _existing(self, container_id: str) -> SimContainer:
        if found := self.world.find_container(container_id):
            return found
        raise NoSuchItem("no such container any more", host=self.label, item=container_id)

    def _undumpable(
        self, container: SimContainer, options: CheckpointOptions, action: Action | None
    ) -> str:
        if container.state is not State.RUNNING:
            return (
                f'Error: "{container.name}" is not running, cannot checkpoint: '
                "container state improper"
            )
        if self.world.info.rootless:
            return "Error: checkpointing a container requires root"
        if self.world.info.criu_version is None:
            return "Error: checkpoint/restore requires at least CRIU 31100"
        if container.busy_dumps:
            container.busy_dumps -= 1
            return IN_FLIGHT
        if refusal := refused_by_criu(container.spec.holds, options, self.world.info.criu_options):
            return refusal
        return action.text if isinstance(action, Fail) and not action.after_bytes else ""

    def _freeze(self, container: SimContainer) -> Dump:
        dump = Dump(
            container_id=container.id,
            name=container.name,
            spec=container.spec,
            memory=dataclasses.replace(container.memory, ran_s=container.ran_s(self.world.clock())),
            files=dict(container.files),
            addresses=dict(container.addresses),
            created_s=container.created_s,
        )
        lifecycle.halt(self.world, container, 0)
        container.left = dump
        self.world.tell("checkpoint", container)
        return dump

    def _thaw(self, container: SimContainer) -> None:
        """A dump whose reader went away is undone by the host itself."""
        here = self.world.up and container.id in self.world.containers
        if here and container.left and not container.running:
            self._revive(container, container.left)

    def _revive(self, container: SimContainer, dump: Dump) -> None:
        pod = self.world.pods.get(container.pod_id)
        if pod and (infra := self.world.infra(pod)):
            lifecycle.start(self.world, infra)
        lifecycle.begin(self.world, container, dump.memory, addresses=dict(dump.addresses))
        container.left = None
        container.restored = True
        container.log.append(f"{container.name} restored")
        self.world.tell("restore", container)

    async def receive_checkpoint(
        self, archive: str, restore: RestoreOptions | None = None, makes: str = ""
    ) -> Incoming:
        """See Engine."""
        action = await self._enter("receive_checkpoint", archive)
        world, folder = self.world, self._folder(archive)
        taken = archive in world.arrived or archive in world.receiving
        if taken:
            action = Fail(f"mkdir: cannot create directory '{folder}': File exists")

        def take(members: Members, broken: str) -> str:
            if broken and broken != ALTERED:
                raise Refusal(f"tar: {broken}\ntar: Error is not recoverable: exiting now")
            world.arrived[archive] = _arrived(members, broken)
            return folder

        shown = ("tar", "-xpvif", "-", "-C", f"{folder}/in")
        if taken:
            return self._take(shown, action, take, sealed=True)

        def end() -> None:
            world.receiving.pop(archive, None)

        incoming = self._take(shown, action, take, sealed=True, on_end=end)
        world.receiving[archive] = incoming.abort
        return incoming

    def _folder(self, archive: str) -> str:
        return f"{self.world.info.graph_root}/{archive}"

    async def restore(self, archive: str, container_id: str, options: RestoreOptions) -> None:
        """See Engine."""
        argv = (*commands.restore(options), "--import", f"{self._folder(archive)}/rest.tar")
        arrived = self.world.arrived.get(archive)
        dump = arrived.dump if arrived else None
        try:
            async with self._verb("restore", container_id, argv):
                if arrived is None:
                    raise Refusal(f"cd: {self._folder(archive)}/in: No such file or directory")
                if dump is None:
                    raise Refusal(f"Error: CRIU restoring failed -52: {arrived.problem}")
                self._import(dump, options)
        except CommandFailed:
            if dump and container_id not in self.world.containers and not options.name:
                with contextlib.suppress(Refusal):
                    lifecycle.add(self.world, self._created(dump, options))
            raise

    async def receive_plain(self, archive: str) -> Incoming:
        """See Engine."""
        return await self.receive_checkpoint(archive)

    async def restore_plain(self, archive: str, options: RestoreOptions) -> None:
        """See Engine."""
        arrived = self.world.arrived.get(archive)
        ident = arrived.dump.container_id if arrived and arrived.dump else ""
        await self.restore(archive, ident, options)

    def _created(self, dump: Dump, options: RestoreOptions) -> SimContainer:
        pod = self.world.pod(options.pod) if options.pod else None
        spec = dump.spec
        if options.ignore_static_ip:
            spec = dataclasses.replace(spec, networks=dict.fromkeys(spec.networks, ""))
        if options.publish:
            spec = dataclasses.replace(spec, ports=tuple(map(_published, options.publish)))
        return SimContainer(
            id=self.world.new_id() if options.name else dump.container_id,
            name=options.name or dump.name,
            spec=spec,
            created_s=dump.created_s,
            pod_id=pod.id if pod else "",
            idle_memory_bytes=dump.memory.size_bytes,
            files=dict(dump.files),
        )

    def _import(self, dump: Dump, options: RestoreOptions) -> None:
        world = self.world
        container = self._created(dump, options)
        lifecycle.add(world, container)
        pod = world.pods.get(container.pod_id)
        if pod and (infra := world.infra(pod)) and not infra.running:
            raise Refusal(f"Error: pod {pod.name}: infra container is not running")
        addresses = None if options.ignore_static_ip else self._kept_addresses(dump)
        lifecycle.begin(world, container, dump.memory, addresses=addresses)
        container.restored = True
        container.log.append(f"{container.name} restored")
        world.tell("restore", container)

    def _kept_addresses(self, dump: Dump) -> dict[str, str]:
        for name, address in dump.addresses.items():
            subnet = self.world.network(name).subnet
            if ipaddress.ip_address(address) not in ipaddress.ip_network(subnet):
                raise Refusal(
                    f"Error: requested static ip {address} not in any subnet on network {name}"
                )
        return dict(dump.addresses)

    async def discard(self, archive: str) -> None:
        """See Engine."""
        async with self._verb("discard", archive, ("rm", "-rf", self._folder(archive))):
            if abort := self.world.receiving.pop(archive, None):
                await abort()
            self.world.arrived.pop(archive, None)
            self.world.notes.pop(archive, None)

    async def restore_in_place(self, container_id: str) -> None:
        """See Engine."""
        argv = commands.restore_in_place(container_id)
        async with self._verb("restore_in_place", container_id, argv):
            container = self._existing(container_id)
            if container.running:
                raise Refusal(
                    f"Error: container {container.id} is running or paused, cannot restore: "
                    "container state improper"
                )
            if container.left is None:
                raise Refusal(
                    "Error: a checkpoint for this container cannot be found, cannot restore"
                )
            self._revive(container, container.left)

    async def drop_checkpoint(self, container_id: str) -> None:
        """See Engine."""
        folder = f"{self.world.info.graph_root}/…/{container_id}/userdata/checkpoint"
        async with self._verb("drop_checkpoint", container_id, ("rm", "-rf", "--", folder)):
            self._existing(container_id).left = None

    async def create_pod(self, inspection: Inspection) -> str:
        """See Engine."""
        name = str(inspection["Name"])
        async with self._verb(
            "create_pod", name, commands.create_pod(inspection, self.info.podman_version)
        ):
            pod = self._like(inspection)
            lifecycle.start_pod(self.world, pod)
            return pod.id

    def _like(self, inspection: Inspection) -> SimPod:
        infra = inspection.get("InfraConfig") or {}
        networks = [str(n) for n in infra.get("Networks") or ()]
        for network in networks:
            self.world.network(network)
        return make_pod(
            self.world,
            str(inspection["Name"]),
            ports=tuple(published(infra.get("PortBindings"))),
            networks={n: str(infra.get("StaticIP") or "") for n in networks},
            labels=dict(inspection.get("Labels") or {}),
            shared=tuple(inspection.get("SharedNamespaces") or ()),
            hostname=str(inspection.get("Hostname") or ""),
            restart_policy=str(inspection.get("RestartPolicy") or "no"),
        )


def _arrived(members: Members, broken: str) -> Arrived:
    if broken:
        return Arrived(None, broken)
    try:
        return Arrived(read_archive(members))
    except Broken as error:
        raise Refusal(str(error)) from error


def _published(told: str) -> Port:
    """`[IP:]HOST_PORT:CONTAINER_PORT[/PROTOCOL]` as podman takes it."""
    ports, _, protocol = told.partition("/")
    *address, host_port, container_port = ports.rsplit(":", 2)
    return Port(int(host_port), int(container_port), protocol or "tcp", "".join(address))
