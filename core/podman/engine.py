"""The Engine protocol: everything that Podferry asks of one host's Podman.

Two implementations: `core.podman.real` (podman-py observes, the podman CLI acts) and
`core.simulated` (in memory, with faults). tests/contract holds both to the same behaviour.

Names that reach an engine may contain anything; no engine passes them through a shell.
Every method raises `PodferryError` subclasses only: `NoSuchItem`, `HostUnreachable`,
`CommandFailed`, `DeadlineExceeded`, `HostUnfit`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from core.podman.model import HostInfo, Inspection, Kind, Secret
from core.podman.onlooker import Onlooker
from core.podman.options import CheckpointOptions, PlayOptions, RestoreOptions
from core.podman.outcomes import CommandRecord, Rest
from core.podman.streams import Incoming, Outgoing


class Claim(Protocol):
    """That nobody else works on an item, as long as it is not lost."""

    @property
    def lost(self) -> bool:
        """Whether the connection that held it is gone: somebody else may have claimed it since."""
        ...


class Engine(Onlooker, Protocol):
    """One host's Podman: what can be seen of it, and all that can be done with it."""

    on_command: Callable[[CommandRecord], None] | None
    """Called on the event loop after each command that changed something or moved bytes."""

    async def connect(self) -> HostInfo:
        """Reach the host and learn what it is. May be called again after a failure or `close`."""
        ...

    async def close(self) -> None:
        """Let go of the host; what was started there for the session is stopped."""
        ...

    async def warm(self, streams: int) -> None:
        """Have connections ready for that many bulk streams, so that no item is down for them."""
        ...

    # Carry over what an item needs.

    async def save_image(self, image_id: str) -> Outgoing:
        """Send an image by ID, with its tags, as `podman load` reads it."""
        ...

    async def load_image(self, image_id: str, tags: tuple[str, ...]) -> Incoming:
        """Receive an image; `finish` fails unless exactly that ID is there afterwards."""
        ...

    async def remove_image(self, image_id: str) -> None:
        """Remove an image that nothing uses."""
        ...

    async def create_network(self, inspection: Inspection) -> None:
        """Make a network like the inspected one."""
        ...

    async def remove_network(self, name: str) -> None:
        """Remove a network that nothing uses."""
        ...

    async def create_volume(self, inspection: Inspection) -> None:
        """Make an empty volume like the inspected one."""
        ...

    async def remove_volume(self, name: str) -> None:
        """Remove a volume that nothing uses."""
        ...

    async def first_pass(self, volume: str, note: str) -> Outgoing:
        """Send a volume's contents while they may change, as a tar stream that keeps everything.

        What is sent is noted in a new place of that name, for `last_pass`; `discard` deletes it.
        """
        ...

    async def last_pass(self, volume: str, note: str) -> Outgoing:
        """Send what changed since the first pass of that note; all of it if there was none.

        Nothing may write to the volume any more.
        """
        ...

    async def take_first_pass(self, volume: str) -> Incoming:
        """Receive a volume's contents into an empty volume."""
        ...

    async def take_last_pass(self, volume: str, note: str) -> Incoming:
        """Receive what changed, and delete what is gone; `note` is a new place for that time.

        `finish` fails unless the volume is like the source's afterwards: by digest what was sent
        now, by size, times, owner, mode and links all the rest.
        """
        ...

    async def set_aside_volume(self, name: str) -> None:
        """Empty a volume; what it held is kept beside it. A second time it does nothing.

        Nothing may be using it.
        """
        ...

    async def bring_back_volume(self, name: str) -> None:
        """Put back what was set aside, in place of what the volume holds now, if anything was."""
        ...

    async def drop_aside(self, name: str) -> None:
        """Delete what was set aside; fine if nothing was."""
        ...

    async def tag_image(self, image_id: str, tag: str) -> None:
        """Give an image a further name."""
        ...

    async def untag_image(self, tag: str) -> None:
        """Take a name from an image, which stays; fine if nothing has that name."""
        ...

    # Fix what stands in the way.

    async def act(self, argv: Sequence[str], *, stdin: bytes = b"") -> str:
        """Run exactly this command, with the rights that Podman has there; its stdout.

        For what the operator has read and agreed to: no other verb runs a
        command on a host as it is given.
        """
        ...

    async def refresh(self) -> HostInfo:
        """Learn anew what the host is, over the connection that there is: `info` is that then."""
        ...

    async def reload_network(self, container_id: str) -> None:
        """Have Podman make the rules of a running container's network anew; not of a pod's members.

        The container keeps its addresses.
        """
        ...

    async def export_folder(self, path: str) -> Outgoing:
        """Send a folder of the host as a tar stream, as `export_volume` does."""
        ...

    async def import_folder(self, path: str) -> Incoming:
        """Receive a folder, which must be new or empty; it appears whole or not at all."""
        ...

    async def read_secret(self, name: str) -> Secret:
        """A secret with its value. Raises HostUnfit where Podman cannot tell it (before 4.7)."""
        ...

    async def create_secret(self, secret: Secret) -> None:
        """Make a secret, whose name must be free; the value is on no command line."""
        ...

    # Act on items.

    def claim(self, item_id: str, owner: str) -> AbstractAsyncContextManager[Claim]:
        """Be the only Podferry that works on an item of this host, for the time of the context.

        `owner` is the run. Raises ItemBlocked, with whose it is, when another one does. The claim
        ends with the connection that made it, so a Podferry that died holds none; the same run
        takes over from itself.
        """
        ...

    async def quiesce(self, containers: Collection[str]) -> None:
        """End or await what an earlier Podferry left going on with these, by name or ID.

        A dump that nobody reads any more is ended, and its container restored or left as it is;
        one that was sent, and any other command, is waited for. What a dump noted is deleted.
        """
        ...

    async def set_restart_policy(self, container_id: str, policy: str) -> None:
        """Change a container's restart policy, such as `no` or `on-failure:3`."""
        ...

    async def start(self, kind: Kind, name: str) -> None:
        """Start a container or all of a pod: a cold start."""
        ...

    async def stop(self, kind: Kind, name: str) -> None:
        """Stop a container or all of a pod, by its own stop signal and timeout."""
        ...

    async def remove(self, kind: Kind, name: str) -> None:
        """Stop and remove a container or pod with all of its containers; fine if it is gone."""
        ...

    # The checkpoint route.

    async def checkpoint(self, container_id: str, options: CheckpointOptions) -> Outgoing:
        """Freeze and dump a running container, streaming its archive; it is stopped afterwards.

        When the stream has ended, the container's processes are gone, and Podman may still be
        taking its network and mounts down: `checkpoint_ended` waits for that.
        """
        ...

    async def checkpoint_ended(self, container_id: str) -> str:
        """Wait until Podman is done with a dump whose archive was sent; what it complained of.

        Raises CommandFailed if the container is not stopped after all.
        """
        ...

    async def receive_checkpoint(
        self, archive: str, restore: RestoreOptions | None = None, makes: str = ""
    ) -> Incoming:
        """Receive an archive into a private place of that name, which must be new.

        The name is the caller's, so that it can be noted before anything is written. With
        `restore`, the host gets ready to restore it in that way while it arrives, and may make
        the container `makes`, by ID, as soon as it knows what that is. Podman holds that
        container's lock from then on; until `restore`, it goes with the archive.
        """
        ...

    async def restore(self, archive: str, container_id: str, options: RestoreOptions) -> None:
        """Restore a received archive under its own name and ID, or as a copy under a new name."""
        ...

    async def receive_plain(self, archive: str) -> Incoming:
        """Receive an archive that Podman itself has written, as `receive_checkpoint` does."""
        ...

    async def restore_plain(self, archive: str, options: RestoreOptions) -> None:
        """Have Podman restore such an archive, with what it kept of the container's files."""
        ...

    async def discard(self, archive: str) -> None:
        """Delete an archive or note, whole or in part; fine if it is gone.

        What still writes it is ended.
        """
        ...

    async def restore_in_place(self, container_id: str) -> None:
        """Bring a checkpointed container back from the checkpoint that it left on this host."""
        ...

    async def drop_checkpoint(self, container_id: str) -> None:
        """Delete the checkpoint that a container left on this host."""
        ...

    async def hibernate(self, container_ids: Sequence[str]) -> tuple[Rest, ...]:
        """Checkpoint containers where they are, so that they can wake after a reboot.

        In an order in which it can be done; their restart policies are put off until they wake.
        One that cannot be checkpointed runs on.
        """
        ...

    async def wake(self, *, cold: bool) -> tuple[Rest, ...]:
        """Restore all that sleeps; `cold` starts afresh what cannot be restored."""
        ...

    async def create_pod(self, inspection: Inspection) -> str:
        """Make and start an empty pod (its infra only) like the inspected one; its ID."""
        ...

    # The kube route.

    async def play_kube(self, yaml: str, options: PlayOptions) -> None:
        """Create and start what the YAML describes."""
        ...

    async def rename(self, container: str, new_name: str) -> None:
        """Rename a container."""
        ...
