"""Makes all kinds of files below a folder, and tells what is below one: run on a lab host.

It stands alone, for a host has Python and nothing of this project, and shares no code with what it
is to judge.
"""

import hashlib
import json
import os
import stat
import struct
import sys

CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)
"""cap_net_bind_service=ep, as the kernel keeps it."""
MIB = 2**20


def make(root: bytes) -> None:
    """All kinds of files, in a folder."""
    os.makedirs(root, exist_ok=True)
    os.chdir(root)
    _write(b"plain", b"p")
    _write(b"with space\nand line", b"s")
    _write(b"-rf", b"d")
    _write(b"\xff\xfe not utf-8", b"n")
    _write("ünï ☃ $(id) `id` \"' \\".encode(), b"u")
    os.makedirs(b"deep/er/and/deeper")
    _write(b"deep/er/and/deeper/one", b"1")
    os.mkdir(b"empty")
    os.chmod(b"empty", 0o3751)  # noqa: S103
    os.symlink(b"plain", b"link")
    os.symlink(b"/etc/nowhere", b"dangling")
    os.link(b"plain", b"hard")
    os.link(b"plain", b"deep/hard too")
    os.mkfifo(b"fifo", 0o640)
    with open(b"sparse", "wb") as sparse:
        sparse.write(b"begin")
        sparse.seek(40 * MIB)
        sparse.write(b"middle")
        sparse.truncate(100 * MIB)
    _write(b"setuid", b"x")
    os.chown(b"setuid", 1234, 4321)
    os.chmod(b"setuid", 0o6711)  # noqa: S103
    os.chown(b"link", 77, 78, follow_symlinks=False)
    _write(b"marked", b"m")
    os.setxattr(b"marked", b"user.podferry", b"one\ntwo\0three")
    os.setxattr(b"marked", b"user.other", b"\xff")
    os.setxattr(b"empty", b"user.folder", b"f")
    _write(b"capable", b"c")
    os.setxattr(b"capable", b"security.capability", CAPABILITY)
    os.utime(b"plain", ns=(1_000_000_001, 1_234_567_890_123_456_789))
    os.utime(b"empty", ns=(1, 999_999_999))
    os.utime(b"link", ns=(5, 5_000_000_007), follow_symlinks=False)


def change(root: bytes) -> None:
    """What a program may do to files between two looks at them."""
    os.chdir(root)
    with open(b"plain", "r+b") as plain:  # In place, and with the times of before.
        plain.write(b"q")
    os.utime(b"plain", ns=(1_000_000_001, 1_234_567_890_123_456_789))
    os.unlink(b"hard")
    os.unlink(b"-rf")
    os.rename(b"deep", b"depth")
    os.unlink(b"fifo")
    os.mkdir(b"fifo")
    _write(b"fifo/passwd", b"not yours")
    os.rename(b"with space\nand line", b"moved\n\nline")
    os.rmdir(b"empty")
    os.symlink(b"/etc", b"empty")
    os.unlink(b"link")
    os.mkdir(b"link")
    _write(b"link/passwd", b"not yours either")
    os.setxattr(b"marked", b"user.podferry", b"two")
    os.chmod(b"setuid", 0o4700)


def tell(root: bytes) -> None:
    """All that is below a folder, as JSON: path to a description."""
    seen: dict[str, object] = {}
    links: dict[tuple[int, int], list[str]] = {}
    os.chdir(root)
    for folder, folders, files in os.walk(b"."):
        for name in (*folders, *files, *([b"."] if folder == b"." else [])):
            path = os.path.join(folder, name)
            found = os.lstat(path)
            if stat.S_ISSOCK(found.st_mode):
                continue
            told = [
                oct(found.st_mode),
                found.st_uid,
                found.st_gid,
                found.st_mtime_ns,
                found.st_rdev if stat.S_ISCHR(found.st_mode) else 0,
                {n: os.getxattr(path, n, follow_symlinks=False).hex() for n in _marks(path)},
            ]
            if stat.S_ISLNK(found.st_mode):
                told.append(repr(os.readlink(path)))
            if stat.S_ISREG(found.st_mode):
                links.setdefault((found.st_dev, found.st_ino), []).append(repr(path))
                with open(path, "rb") as file:
                    told.append(hashlib.file_digest(file, "blake2b").hexdigest())
                told.append("few blocks" if found.st_blocks * 512 < found.st_size / 4 else "all")
            seen[repr(path)] = told
    groups = sorted(sorted(group) for group in links.values() if len(group) > 1)
    print(json.dumps({"files": seen, "linked": groups}))


def _marks(path: bytes) -> list[str]:
    hidden = ("trusted.overlay", "btrfs.", "security.selinux")
    names = os.listxattr(path, follow_symlinks=False)
    return sorted(n for n in names if not n.startswith(hidden))


def _write(path: bytes, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    {"make": make, "change": change, "tell": tell}[sys.argv[1]](os.fsencode(sys.argv[2]))
