"""Looks at two real hosts by their own podman, find and sha256sum; knows nothing of Podferry."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.lab.driver import count, holdings
from tests.lab.host import LabHost


@dataclass
class Item:
    """A counter with a volume, of a case's own."""

    name: str
    port: int

    def start(self, host: LabHost) -> None:
        """Run it, with something in its volume, and count to three."""
        where = f"podman volume inspect -f '{{{{.Mountpoint}}}}' {self.name}"
        host.ssh(
            f"podman volume create {self.name} && cd $({where}) && "
            "head -c 300000 /dev/urandom >rows && ln -s rows l && "
            "echo secret >'a b' && chmod 600 'a b'"
        )
        host.ssh(
            f"podman run -d --name {self.name} -p {self.port}:8088 -v {self.name}:/data "
            "--restart always -e MEMORY_MIB=8 localhost/counter"
        )
        assert [count(host, self.port) for _ in range(3)] == [0, 1, 2]


class Oracle:
    """Remembers how both hosts were around one item."""

    def __init__(self, item: Item, old: LabHost, new: LabHost) -> None:
        self.item, self.old, self.new = item, old, new
        self._target_was = holdings(new)
        self._volume_was = self._volume(old)
        self._id = self._inspect(old)["Id"]

    def _inspect(self, host: LabHost) -> dict[str, object]:
        done = host.ssh(["podman", "container", "inspect", self.item.name], check=False)
        found: list[dict[str, object]] = json.loads(done.stdout or "[]")
        return found[0] if found else {}

    def _runs(self, host: LabHost) -> bool:
        done = host.ssh(["podman", "ps", "--format", "{{.Names}}"])
        return self.item.name in done.stdout.split()

    def _volume(self, host: LabHost) -> str:
        where = f"podman volume inspect -f '{{{{.Mountpoint}}}}' {self.item.name}"
        return host.ssh(
            f"cd $({where}) && find . -printf '%p %y %m %U %s %l\\n' | sort && "
            "find . -type f -exec sha256sum {} + | sort",
            check=False,
        ).stdout

    def _policy(self, host: LabHost) -> object:
        config = self._inspect(host).get("HostConfig")
        return config["RestartPolicy"]["Name"] if isinstance(config, dict) else None

    def _left(self, host: LabHost) -> list[str]:
        script = "find /run /tmp /var/lib/containers/storage -xdev -name 'podferry*' 2>/dev/null"
        found = host.ssh(script, check=False).stdout.split()
        # A claim's file stays where its host or its network went; it holds nobody up.
        return [path for path in found if "podferry-claim." not in path]

    def _counts(self, host: LabHost, *, cold: bool) -> list[str]:
        value = count(host, self.item.port)
        return [] if value == 3 or (cold and value == 0) else [f"the counter said {value}, not 3"]

    def on_source(self, *, cold: bool) -> list[str]:
        """The source runs it on, and the target is as it was."""
        wrongs = [] if self._runs(self.old) else ["it does not run on the source"]
        wrongs += ["it runs on the target"] if self._runs(self.new) else []
        wrongs += self._counts(self.old, cold=cold) if not wrongs else []
        if holdings(self.new) != self._target_was:
            wrongs.append(f"the target has {holdings(self.new)}, not {self._target_was}")
        if self._policy(self.old) != "always":
            wrongs.append(f"its restart policy is {self._policy(self.old)}")
        if self._volume(self.old) != self._volume_was:
            wrongs.append("its volume was changed")
        return [*wrongs, *self._nothing_left()]

    def moved(self, *, cold: bool) -> list[str]:
        """The target runs it with all that it had, and the source keeps a stopped copy."""
        wrongs = [] if self._runs(self.new) else ["it does not run on the target"]
        wrongs += ["it runs on the source"] if self._runs(self.old) else []
        wrongs += self._counts(self.new, cold=cold) if not wrongs else []
        if self._inspect(self.new).get("Id") != self._id:
            wrongs.append("it has another ID on the target")
        if self._volume(self.new) != self._volume_was:
            wrongs.append("its volume differs on the target")
        if not self._inspect(self.old) or self._policy(self.old) != "no":
            wrongs.append("the source's copy is gone, or may start by itself")
        return wrongs

    def accepted(self) -> list[str]:
        """Only the target has it."""
        wrongs = [] if self._runs(self.new) else ["it does not run on the target"]
        wrongs += ["it is still on the source"] if self._inspect(self.old) else []
        return [*wrongs, *self._nothing_left()]

    def _nothing_left(self) -> list[str]:
        return [f"left on {h.name}: {p}" for h in (self.old, self.new) for p in self._left(h)]
