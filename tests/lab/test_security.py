"""What must never leak or break out: secrets, memory, and paths that a container chose."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab.driver import IMAGE, Podferry, count, run_counter, state
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab

# Command lines are those of this whole machine, also of tests that run beside this one.
TOKENS = tuple(f"tok-{kind}-{os.getpid():x}" for kind in ("env", "secret", "file", "memory"))
ENV, SECRET, FILE, MEMORY = TOKENS

OPEN_PLACES = """
find / \\( -path /proc -o -path /sys -o -path /dev -o -path /usr -o -path /etc \\) -prune -o \
  \\( -name 'podferry*' -o -path '/tmp/tmp.*' -o -path '/var/tmp/tmp.*' \\) \
  -prune -perm /077 -print 2>/dev/null
true
"""
"""What Podferry has on a host just now that others than root could open. Below a closed folder
nothing is open."""


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path / "state", lab.ssh_config)


@contextmanager
def command_lines() -> Iterator[set[bytes]]:
    """All command lines that are seen on this machine, hence on its lab hosts too, meanwhile."""
    seen: set[bytes] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for entry in os.scandir("/proc"):
                if entry.name.isdigit():
                    try:
                        seen.add(Path(entry.path, "cmdline").read_bytes())
                    except OSError:
                        continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def keeper_of_secrets(host: LabHost, name: str, port: int) -> None:
    """A counter with something secret in its environment, a secret, a volume and a file."""
    host.ssh(["podman", "secret", "create", f"{name}-key", "-"], data=SECRET.encode())
    run_counter(
        host,
        name,
        port,
        "--secret",
        f"{name}-key",
        "-e",
        f"TOKEN={ENV}",
        "-v",
        f"{name}-data:/data",
    )
    write = ["podman", "exec", "-i", name, "sh", "-c"]
    host.ssh([*write, f"cat >/data/{name}"], data=FILE.encode())
    host.ssh([*write, "cat >/new-file"], data=FILE.encode())
    host.ssh([*write, "cat >/dev/shm/held"], data=MEMORY.encode())


@pytest.mark.parametrize("route", ["checkpoint", "kube"])
def test_no_secret_is_in_a_command_line_the_journal_the_log_or_what_is_told(
    podferry: Podferry, pair: Pair, route: str
) -> None:
    old, new = pair
    keeper_of_secrets(old, "web", 8080)
    fixed = podferry("fix", "old", "new", "secret-missing", "--json")
    assert fixed.code in (0, 1), fixed
    if route == "kube":
        new.ssh(["podman", "secret", "create", "web-key", "-"], data=SECRET.encode(), check=False)
    with command_lines() as seen:
        told = podferry("move", "old", "new", "web", "--json", f"--route={route}")
        assert told.code == 0, told
        back = podferry("rollback", "last", "--json")
        assert back.code == 0, back
    lines = b"\n".join(seen)
    assert b"podman\0container\0checkpoint" in lines or b"podman\0kube\0play" in lines
    spoken = "".join(t.text + t.errors for t in (fixed, told, back))
    kept = b"".join(p.read_bytes() for p in podferry.state.rglob("*") if p.is_file())
    for token in TOKENS:
        assert token.encode() not in lines
        assert token not in spoken
        assert token.encode() not in kept


def test_what_is_kept_here_is_for_its_owner_alone(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080)
    old_mask = os.umask(0)
    try:
        assert podferry.move("web").code == 0
    finally:
        os.umask(old_mask)
    kept = [podferry.state / "podferry", *(podferry.state / "podferry").rglob("*")]
    assert len(kept) > 2
    assert [p for p in kept if p.stat().st_mode & 0o077 and not p.is_dir()] == []
    runs = podferry.state / "podferry" / "runs"
    assert runs.stat().st_mode & 0o077 == 0


@pytest.fixture
def open_mask(pair: Pair) -> Iterator[None]:
    """Logins whose umask opens everything, as some admins set it."""
    for host in pair:
        host.ssh("cp -p /root/.bashrc /root/.bashrc.kept; echo 'umask 000' >>/root/.bashrc")
    yield
    for host in pair:
        host.ssh("mv /root/.bashrc.kept /root/.bashrc")


@pytest.mark.usefixtures("open_mask")
def test_memory_on_its_way_is_closed_to_others(podferry: Podferry, pair: Pair) -> None:
    old, _ = pair
    assert old.ssh("umask").stdout.strip() == "0000"
    run_counter(old, "web", 8080, memory_mib=256)
    with podferry.moving("web") as moving:
        moving.wait_for_bytes(2**20)
        opened = [host.ssh(OPEN_PLACES).stdout for host in pair]
        told = moving.end()
    assert told.code == 0, told
    opened += [host.ssh(OPEN_PLACES).stdout for host in pair]
    assert opened == [""] * 4


def test_links_in_a_volume_write_nothing_outside_of_it(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    for host in pair:
        host.ssh("mkdir -p /srv/outside && echo mine >/srv/outside/kept")
    run_counter(old, "web", 8080, "-v", "data:/data")
    old.ssh(
        "cd /var/lib/containers/storage/volumes/data/_data && "
        "ln -s /srv/outside absolute && ln -s ../../../../../../../srv/outside climbing && "
        "ln -s absolute/kept through && mkdir -p inner && ln -s .. inner/up && "
        "mkfifo pipe && ln -s / root && echo inside >plain && ln plain twin"
    )
    before = old.ssh("cd /var/lib/containers/storage/volumes/data/_data && ls -lR .").stdout
    told = podferry.move("web")
    assert told.code == 0, told
    for host in pair:
        assert host.ssh("ls -A /srv/outside; cat /srv/outside/kept").stdout == "kept\nmine\n"
    after = new.ssh("cd /var/lib/containers/storage/volumes/data/_data && ls -lR .").stdout
    assert after == before


def test_a_log_that_drives_terminals_is_told_as_text(podferry: Podferry, pair: Pair) -> None:
    old, _ = pair
    escape = "\x1b]0;owned\x07\x1b[2J\x1b[31m"
    old.ssh(["podman", "run", "-d", "--name", "web", "--label", f"note={escape}", IMAGE])
    told = podferry("ls", "old")
    assert told.code == 0
    assert "\x1b" not in told.text
    moved = podferry("move", "old", "new", "web", "--yes", "-v")
    assert moved.code == 0, moved
    assert "\x1b" not in moved.text + moved.errors
    assert state(old, "web") == "exited"


def test_ssh_forwards_no_agent(podferry: Podferry, pair: Pair, tmp_path: Path) -> None:
    """Even if the operator's own settings ask for it."""
    config = tmp_path / "config"
    config.write_text(
        f"Host *\n  ForwardAgent yes\n  ForwardX11 yes\n{Path(podferry.ssh_config).read_text()}"
    )
    run_counter(pair.old, "web", 8080)
    forwarding = Podferry(tmp_path / "other", config)
    with command_lines() as seen:
        assert forwarding.move("web").code == 0
    own = [line.split(b"\0") for line in seen if str(config).encode() in line]
    assert own
    connections = [words for words in own if words[0] == b"ssh"]
    assert [words for words in connections if b"-oForwardAgent=no" not in words] == []
    assert [words for words in connections if b"-oForwardX11=no" not in words] == []
    assert count(pair.new, 8080) == 0
