"""What ssh prints when it fails (OpenSSH 9 and 10), and what the operator is told."""

import pytest

from core.errors import HostUnreachable, NoSuchHost, PodferryError
from core.hosts.ssh_errors import explain

CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:x6hj6Vhh1m0Z2Rx9AD0LOtk3rDgCQSz6vG3dGx1h5iA.
Please contact your system administrator.
Add correct host key in /root/.ssh/known_hosts to get rid of this message.
Offending ED25519 key in /root/.ssh/known_hosts:3
Host key for old has changed and you have requested strict checking.
Host key verification failed.
"""
REVOKED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@       WARNING: REVOKED HOST KEY DETECTED!               @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
The ED25519 host key for old is marked as revoked.
Host key verification failed.
"""
UNPROTECTED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Permissions 0644 for '/root/.ssh/id' are too open.
It is required that your private key files are NOT accessible by others.
This private key will be ignored.
Load key "/root/.ssh/id": bad permissions
root@old: Permission denied (publickey).
"""

TEXTS = [
    (CHANGED, HostUnreachable, "the host key has changed since this machine last saw it"),
    (REVOKED, HostUnreachable, "the host key is revoked"),
    ("Host key verification failed.", HostUnreachable, "the host key is not known to this machine"),
    (
        (
            "No ED25519 host key is known for old and you have requested strict checking.\n"
            "Host key verification failed."
        ),
        HostUnreachable,
        "the host key is not known to this machine",
    ),
    (
        "root@old: Permission denied (publickey,password).",
        HostUnreachable,
        "the host refuses the login: no key or password that it accepts",
    ),
    (
        UNPROTECTED,
        HostUnreachable,
        "the host refuses the login: no key or password that it accepts",
    ),
    (
        (
            "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\n"
            "Disconnected from 10.0.0.1 port 22"
        ),
        HostUnreachable,
        "the host refuses the login: no key or password that it accepts",
    ),
    (
        "ssh: Could not resolve hostname olb: Name or service not known",
        NoSuchHost,
        "no host of that name",
    ),
    (
        "ssh: Could not resolve hostname olb: nodename nor servname provided, or not known",
        NoSuchHost,
        "no host of that name",
    ),
    (
        "ssh: Could not resolve hostname old: Temporary failure in name resolution",
        HostUnreachable,
        "the name cannot be resolved now",
    ),
    (
        "ssh: connect to host old port 22: Connection refused",
        HostUnreachable,
        "the host refuses connections on that port",
    ),
    (
        "ssh: connect to host old port 22: Connection timed out",
        HostUnreachable,
        "the host does not answer",
    ),
    (
        "ssh: connect to host old port 22: Operation timed out",
        HostUnreachable,
        "the host does not answer",
    ),
    (
        "Connection timed out during banner exchange\nConnection to 10.0.0.1 port 22 timed out",
        HostUnreachable,
        "the host does not answer",
    ),
    ("Timeout, server old not responding.", HostUnreachable, "the host does not answer"),
    (
        "ssh: connect to host old port 22: No route to host",
        HostUnreachable,
        "there is no way to the host",
    ),
    (
        "ssh: connect to host old port 22: Network is unreachable",
        HostUnreachable,
        "there is no way to the host",
    ),
    (
        (
            "/root/.ssh/config: line 3: Bad configuration option: hostnam\n"
            "/root/.ssh/config: terminating, 1 bad configuration options"
        ),
        HostUnreachable,
        "ssh cannot read its configuration",
    ),
    (
        "Can't open user config file /x/config: No such file or directory",
        HostUnreachable,
        "ssh cannot read its configuration",
    ),
    (
        "Can't open user config file /x/config: Permission denied",
        HostUnreachable,
        "ssh cannot read its configuration",
    ),
    (
        "Bad owner or permissions on /root/.ssh/config",
        HostUnreachable,
        "ssh cannot read its configuration",
    ),
    (
        (
            "kex_exchange_identification: read: Connection reset by peer\n"
            "Connection reset by 10.0.0.1 port 22"
        ),
        HostUnreachable,
        "the connection broke",
    ),
    (
        "kex_exchange_identification: Connection closed by remote host",
        HostUnreachable,
        "sshd there dropped the connection before any login",
    ),
    (
        (
            "kex_exchange_identification: banner line 0: Not allowed at this time\n"
            "Connection closed by 10.0.0.1 port 22"
        ),
        HostUnreachable,
        "sshd there dropped the connection before any login",
    ),
    (
        "client_loop: send disconnect: Broken pipe",
        HostUnreachable,
        "the connection broke",
    ),
    (
        "mux_client_request_session: read from master failed: Broken pipe",
        HostUnreachable,
        "the connection broke",
    ),
    (
        "Control socket connect(/tmp/podferry-x/master): No such file or directory",
        HostUnreachable,
        "the connection broke",
    ),
    (
        (
            "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. "
            "Their offer: ssh-rsa"
        ),
        HostUnreachable,
        "the ssh connection failed",
    ),
    ("", HostUnreachable, "the ssh connection failed"),
]


@pytest.mark.parametrize("text,error,what", TEXTS)
def test_told(text: str, error: type[PodferryError], what: str) -> None:
    told = explain("old", "old.example", text)
    assert (type(told), told.what, told.host) == (error, what, "old")
    assert told.todo


def test_todo_names_the_host_that_ssh_knows() -> None:
    assert "ssh-keygen -R old.example" in explain("conn", "old.example", CHANGED).todo
    assert "`ssh old.example`" in explain("conn", "old.example", "garbage").todo


def test_the_words_of_ssh_go_along_without_the_frame_of_at_signs() -> None:
    detail = explain("old", "old", CHANGED).detail
    assert detail.splitlines()[-1] == "Host key verification failed."
    assert len(detail.splitlines()) == 3
    assert "@" not in explain("old", "old", "@@@@@@\nwords\n@@@@").detail


def test_braces_in_the_words_of_ssh_are_only_words() -> None:
    assert explain("old", "old", "{host} {0} %s Connection refused").detail.startswith("{host}")
