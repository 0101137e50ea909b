"""A client that uses the item all the time, and notices what was lost."""

from __future__ import annotations

from core.simulated import SimulatedHost
from core.simulated.probing import hit
from tests.faults.scene import HITS, VOLUME, Scene


class Client:
    """Asks every container of the item that runs, and keeps what it saw that cannot be."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.wrongs: list[str] = []
        self._next = dict.fromkeys(scene.names, 0)
        self.cold = False
        """Whether it is started afresh wherever it goes: by kube."""
        self._left: dict[str, int] = {}
        """What each would have said next when it was first seen on the target."""
        self._forgiven: set[str] = set()
        self._overlap_forgiven = False

    def forgive_loss(self) -> None:
        """What was in memory may be gone once: power was cut, or somebody started it afresh."""
        self._forgiven |= set(self.scene.names)

    def forgive_overlap(self) -> None:
        """Somebody else has started a second copy; no more may follow once one of them ended."""
        self._overlap_forgiven = True

    def runs_on(self, name: str) -> list[SimulatedHost]:
        """Hosts on which a container of that name runs."""
        found = []
        for host in self.scene.hosts:
            container = host.find_container(name)
            if container and container.running:
                found.append(host)
        return found

    def ask(self, when: str) -> None:
        """Ask all of it once."""
        on = {name: self.runs_on(name) for name in self.scene.names}
        hosts = {host.label for found in on.values() for host in found}
        if len(hosts) < 2:
            self._overlap_forgiven = False
        elif not self._overlap_forgiven:
            self.wrongs.append(f"two running copies {when}")
        for name, found in on.items():
            if len(found) == 1:
                self._hit(found[0], name, when)

    def _hit(self, host: SimulatedHost, name: str, when: str) -> None:
        value, expected = hit(host, name), self._next[name]
        if host is self.scene.new:
            self._left.setdefault(name, expected)
        elif value == self._left.pop(name, None):
            # A rollback to the old state: what it did on the target since is given up.
            self._next[name] = expected = value
        if value == 0 and self.cold:
            self._forgiven.add(name)
        if value != expected and not (value < expected and name in self._forgiven):
            self.wrongs.append(f"{name} on {host.label} said {value}, not {expected}, {when}")
        self._next[name] = value + 1
        if name == self.scene.names[0]:
            self._write(host, value, expected, when)
        self._forgiven.discard(name)

    def _write(self, host: SimulatedHost, value: int, expected: int, when: str) -> None:
        volume = host.volumes.get(VOLUME)
        if volume is None:
            self.wrongs.append(f"it runs on {host.label} without its volume {when}")
            return
        written = volume.files.get(HITS)
        if written != str(expected - 1).encode() and self.scene.names[0] not in self._forgiven:
            self.wrongs.append(f"the volume on {host.label} has {written!r} {when}")
        volume.files[HITS] = str(value).encode()
