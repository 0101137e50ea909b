"""The files that make a host out of a base tree: its settings, keys and names."""

import os
import shutil
from pathlib import Path

from tests.lab.spec import HostSpec

USERS = {"op": 1000, "plain": 1001}
"""The base tree's users besides root, and their numbers."""

SSHD_CONFIG = """\
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile /etc/podferry-lab/authorized_keys
UsePAM no
UseDNS no
PrintMotd no
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
Match User op
    SetEnv XDG_RUNTIME_DIR=/run/user/1000
Match User plain
    SetEnv XDG_RUNTIME_DIR=/run/user/1001
"""

INIT_SETTINGS = """\
LAB_ADDRESS={address}
LAB_GATEWAY={gateway}
LAB_SERVICE={service}
"""


def containers_conf(spec: HostSpec) -> str:
    """Return containers.conf: no pids controller is delegated, no journald or systemd runs."""
    text = f"""\
[containers]
pids_limit=0

[engine]
cgroup_manager="cgroupfs"
events_logger="file"
runtime="{spec.oci_runtime}"
"""
    if spec.subnet:
        text += f'\n[network]\ndefault_subnet="{spec.subnet}"\n'
    return text


def storage_conf(driver: str, runroot: str, graphroot: str) -> str:
    """Return storage.conf.

    Podman 5.4 insists on both roots where the file exists at all, and 5.8 takes the system's for
    rootless users too: so these have files of their own.
    """
    return f"""\
[storage]
driver="{driver}"
runroot="{runroot}"
graphroot="{graphroot}"
"""


def furnish(
    upper: Path, home: Path, spec: HostSpec, *, address: str, gateway: str, keys: Path
) -> None:
    """Write the host's own files into the overlay's upper directory and its /home.

    `keys` holds the lab's `id_ed25519.pub` and the host's `ssh_host_ed25519_key`.
    """
    here = Path(__file__).parent
    files = {
        "etc/hostname": f"{spec.name}\n",
        "etc/hosts": f"127.0.0.1 localhost {spec.name}\n::1 localhost\n",
        # Nothing answers there: a lab host asks nobody outside the lab.
        "etc/resolv.conf": "nameserver 127.0.0.1\n",
        "etc/ssh/sshd_config": SSHD_CONFIG,
        "etc/containers/containers.conf": containers_conf(spec),
        "etc/containers/storage.conf": storage_conf(
            spec.driver, "/run/containers/storage", "/var/lib/containers/storage"
        ),
        "etc/podferry-lab/settings": INIT_SETTINGS.format(
            address=address, gateway=gateway, service="yes" if spec.service else "no"
        ),
        "etc/podferry-lab/authorized_keys": (keys / "id_ed25519.pub").read_text(),
        # On hybrid cgroups CRIU cannot move tasks back into the cpuset it saw.
        **{
            f"etc/criu/{name}.conf": "manage-cgroups=ignore\n"
            for name in ("default", "crun", "runc")
        },
    }
    for name, text in files.items():
        path = upper / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copy(here / "init.sh", upper / "etc/podferry-lab/init")
    host_key = upper / "etc/ssh/ssh_host_ed25519_key"
    shutil.copy(keys / f"{spec.name}.ssh_host_ed25519_key", host_key)
    host_key.chmod(0o600)
    for user, number in USERS.items():
        settings = home / user / ".config/containers/storage.conf"
        settings.parent.mkdir(parents=True)
        settings.write_text(
            storage_conf(
                "overlay",
                f"/run/user/{number}/containers",
                f"/home/{user}/.local/share/containers/storage",
            )
        )
        for path in (home / user, *(home / user).rglob("*")):
            os.chown(path, number, number)
