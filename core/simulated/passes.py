"""Carrying volumes to and from a simulated host."""

from __future__ import annotations

import json

from core.podman import commands
from core.podman.streams import Incoming, Outgoing
from core.simulated.carrying import Carrying
from core.simulated.host import Refusal
from core.simulated.inspection import volume_path
from core.simulated.pipes import Members
from core.simulated.tarstream import tar_chunks

_NAMES = "podferry-tree/names"


class Passes(Carrying):
    """The part of Engine that carries volumes."""

    async def first_pass(self, volume: str, note: str) -> Outgoing:
        """See Engine."""
        action = await self._enter("first_pass", volume)
        files = dict(self._existing_volume(volume).files)
        argv = commands.export_volume(volume_path(self.world, volume))
        self.world.notes[note] = files
        return self._send(argv, action, tar_chunks(sorted(files.items()), seal=False))

    async def last_pass(self, volume: str, note: str) -> Outgoing:
        """See Engine."""
        action = await self._enter("last_pass", volume)
        files, before = self._existing_volume(volume).files, self.world.notes.get(note, {})
        changed = sorted((p, c) for p, c in files.items() if p not in before or before[p] != c)
        names = (_NAMES, json.dumps(sorted(files)).encode())
        self.world.notes.setdefault(note, {})
        argv = commands.export_volume(volume_path(self.world, volume))
        return self._send(argv, action, tar_chunks((*changed, names), seal=True))

    async def take_first_pass(self, volume: str) -> Incoming:
        """See Engine."""
        action = await self._enter("take_first_pass", volume)
        self._existing_volume(volume)

        def take(members: Members, broken: str) -> str:
            if broken:
                raise Refusal("tar: Unexpected EOF in archive\ntar: Error is not recoverable")
            self.world.volume(volume).files.update(members)
            return ""

        argv = commands.import_volume(volume_path(self.world, volume))
        return self._take(argv, action, take, sealed=False)

    async def take_last_pass(self, volume: str, note: str) -> Incoming:
        """See Engine."""
        action = await self._enter("take_last_pass", volume)
        self._existing_volume(volume)

        def take(members: Members, broken: str) -> str:
            if broken:
                raise Refusal(f"the files that arrived are not those that were sent: {broken}")
            sent = dict(members)
            told = sent.pop(_NAMES)
            names = json.loads(told) if isinstance(told, bytes) else []
            files = self.world.volume(volume).files | sent
            if names and not files.keys() >= set(names):
                raise Refusal("the volume is not as it is on the source")
            self.world.volume(volume).files = {name: files[name] for name in names}
            return ""

        argv = commands.import_volume(volume_path(self.world, volume))
        return self._take(argv, action, take, sealed=True)
