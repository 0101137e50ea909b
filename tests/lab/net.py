"""The lab's bridge and the links of its hosts."""

import shutil
import subprocess
from pathlib import Path


def ip(*words: str) -> None:
    """Run the machine's `ip`, with its message in the error."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"ip {' '.join(words)}: {done.stderr.strip()}"
        raise RuntimeError(message)


def make_bridge(name: str, gateway: str) -> None:
    """Make a bridge that carries the lab's /24."""
    ip("link", "add", name, "type", "bridge", "forward_delay", "0")
    ip("address", "add", f"{gateway}/24", "dev", name)
    ip("link", "set", name, "up")
    allow_between_hosts(name)


def allow_between_hosts(bridge: str) -> None:
    """Let frames pass the bridge where the machine's firewall looks into bridges, as Docker's does.

    The rule names the bridge alone, so one that a killed lab left harms nobody.
    """
    looks = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if looks.exists() and shutil.which("iptables"):
        rule = ["FORWARD", "-i", bridge, "-o", bridge, "-j", "ACCEPT"]
        if subprocess.run(["iptables", "-C", *rule], capture_output=True, check=False).returncode:
            subprocess.run(["iptables", "-I", *rule], check=True)


def drop_link(name: str) -> None:
    """Delete a link, or do nothing where there is none."""
    subprocess.run(["ip", "link", "delete", name], capture_output=True, check=False)


def plug(link: str, bridge: str, pid: int, address: str) -> None:
    """Join the network namespace of process `pid` to the bridge, as its eth0.

    The card is the same at every boot, as a machine's is: neighbours ask for a new one only
    after 40 s in which they cannot reach the host.
    """
    card = ":".join(["02", "00", *(f"{int(part):02x}" for part in address.split("."))])
    eth0 = ("name", "eth0", "address", card, "netns", str(pid))
    ip("link", "add", link, "type", "veth", "peer", *eth0)
    ip("link", "set", link, "master", bridge, "up")


def set_link(link: str, *, up: bool) -> None:
    """Take a link up or down."""
    ip("link", "set", link, "up" if up else "down")
