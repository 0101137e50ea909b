"""The processes of a checkpoint, put together from CRIU's images."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from core.archive import images
from core.archive.images import Core, Task
from core.archive.inside import OpenFile, Process, Socket
from core.archive.memory import Memory
from core.archive.wire import Damaged, Message

_T = TypeVar("_T")
_MOST_FILES = 200_000
"""Open files of all processes together: CRIU lets processes share one list of any length."""


class Puzzle:
    """The images, and what of them cannot be read."""

    def __init__(self, found: dict[str, bytes], memory: Memory) -> None:
        self._found = found
        self._memory = memory
        self._descriptors: dict[int, tuple[list[OpenFile], list[Socket]]] = {}
        self._files: dict[int, Message] = {}
        self._room = _MOST_FILES
        self.notes: list[str] = []
        self.machine = ""

    def read(self, name: str, how: Callable[[bytes], _T]) -> _T | None:
        """An image by its name; None, with a note, where it is damaged or missing."""
        data = self._found.get(name)
        if data is None:
            self.notes.append(f"{name} is missing")
            return None
        try:
            return how(data)
        except Damaged as error:
            self.notes.append(f"{name} cannot be read: {error}")
            return None

    def processes(self) -> tuple[Process, ...]:
        """All of them, parents first."""
        tasks = self.read("pstree.img", images.tasks) or []
        self._files = self.read("files.img", images.files) or {} if tasks else {}
        arguments, environments = self._memory.arguments(), self._memory.environments()
        found = []
        for task in self._in_order(tasks):
            core = self.read(f"core-{task.pid}.img", images.core)
            self.machine = self.machine or (core.machine if core else "")
            files, sockets = self._open(task, core)
            found.append(
                Process(
                    pid=task.pid,
                    ppid=task.ppid,
                    name=core.name if core else "",
                    state=core.state if core else "unknown",
                    threads=task.threads,
                    arguments=arguments.get(task.pid, ()),
                    environment=environments.get(task.pid),
                    memory_bytes=self._memory.bytes.get(task.pid, 0),
                    folder=self._folder(task),
                    files=tuple(files),
                    sockets=tuple(sockets),
                )
            )
        return tuple(found)

    def _in_order(self, tasks: Sequence[Task]) -> list[Task]:
        below: defaultdict[int, list[Task]] = defaultdict(list)
        pids = {task.pid for task in tasks}
        for task in tasks:
            below[task.ppid if task.ppid in pids else 0].append(task)
        ordered: list[Task] = []
        seen: set[int] = set()
        waiting = deque(below[0])
        while waiting:
            task = waiting.popleft()
            if task.pid not in seen:
                seen.add(task.pid)
                ordered.append(task)
                waiting.extendleft(reversed(below[task.pid]) if task.pid else ())
        if len(ordered) < len(tasks):
            left = len(tasks) - len(ordered)
            self.notes.append(f"{left} entries of pstree.img are twice there or their own parents")
        return ordered

    def _folder(self, task: Task) -> str:
        name = f"fs-{task.pid}.img"
        number = self.read(name, images.folder_id) if name in self._found else None
        file = self._files.get(number) if number is not None else None
        return images.path_of(file) if file else ""

    def _open(self, task: Task, core: Core | None) -> tuple[list[OpenFile], list[Socket]]:
        number = core.files_id if core else None
        name = f"ids-{task.pid}.img"
        if number is None and name in self._found:
            number = self.read(name, images.files_id)
        if number is None or f"fdinfo-{number}.img" not in self._found:
            return [], []
        if number not in self._descriptors:
            self._descriptors[number] = self._look(number)
        files, sockets = self._descriptors[number]
        if len(files) > self._room:
            self.notes.append(f"open files of process {task.pid} are left out: there are too many")
            return [], []
        self._room -= len(files)
        return files, sockets

    def _look(self, number: int) -> tuple[list[OpenFile], list[Socket]]:
        files, sockets = [], []
        name = f"fdinfo-{number}.img"
        for descriptor in self.read(name, images.descriptors) or ():
            entry = self._files.get(descriptor.id)
            try:
                files.append(images.open_file(descriptor, entry))
                socket = images.socket(descriptor, entry)
            except Damaged as error:
                self.notes.append(f"file {descriptor.id} of files.img cannot be read: {error}")
                continue
            if socket:
                sockets.append(socket)
        return files, sockets
