"""Whether this machine can run the lab."""

import os
import shutil

from tests.lab.process import cgroup_root
from tests.lab.trees import machine_mirror

TOOLS = (
    "debootstrap",
    "unshare",
    "nsenter",
    "pivot_root",
    "losetup",
    "ip",
    "ssh",
    "ssh-keygen",
    "gcc",
    "truncate",
    "mkfs.btrfs",
)


def obstacle() -> str | None:
    """Return why the lab cannot run here, or None."""
    if os.geteuid() != 0:
        return "the lab needs root"
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return f"the lab needs {', '.join(missing)}"
    try:
        machine_mirror()
        cgroup_root()
    except RuntimeError as error:
        return f"the lab cannot run: {error}"
    return None
