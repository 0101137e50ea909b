"""The connect script's answers, of all the hosts that there are."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import HostUnfit
from core.podman.model import Runtime
from core.podman.real.survey import read_survey, sections
from core.podman.version import dotted, version_tuple

TOOLS = "podman tar sha256sum tee mktemp mkfifo timeout"
INFO: dict[str, Any] = {
    "host": {
        "arch": "amd64",
        "distribution": {"distribution": "debian", "version": "forky"},
        "hostname": "old",
        "kernel": "6.18.2",
        "networkBackend": "netavark",
        "ociRuntime": {"name": "crun", "version": "crun version 1.28"},
        "security": {"rootless": False},
    },
    "store": {"graphDriverName": "overlay", "graphRoot": "/var/lib/containers/storage"},
}


def answer(**said: Any) -> str:
    """What the script prints; a section that is None is left out."""
    parts: dict[str, Any] = {
        "uid": "0",
        "sudo": "",
        "podman": {"Client": {"Version": "5.8.6", "APIVersion": "5.8.6", "OsArch": "linux/amd64"}},
        "info": INFO,
        "criu": "Version: 4.2.1\nGitID: v4.2.1",
        "machine": "6f4a1b2c-0000-4000-8000-000000000000",
        "runtime_dir": "",
        "tools": "\n".join(f"/usr/bin/{tool}" for tool in TOOLS.split()),
        **said,
    }
    return "".join(
        f"\n@@{name}\n{text if isinstance(text, str) else json.dumps(text)}\n"
        for name, text in parts.items()
        if text is not None
    )


def test_podman_5_8() -> None:
    survey = read_survey("old", answer())
    info = survey.info
    assert (info.label, info.podman_version, info.rootless) == ("old", (5, 8, 6), False)
    assert (info.storage_driver, info.graph_root) == ("overlay", "/var/lib/containers/storage")
    assert (info.runtime, info.criu_version, info.architecture) == ("crun", (4, 2, 1), "amd64")
    assert (info.kernel, info.os, info.hostname) == ("6.18.2", "debian forky", "old")
    assert info.machine_id == "6f4a1b2c-0000-4000-8000-000000000000"
    assert (survey.sudo, survey.timeout) == (False, True)
    assert survey.service_socket == "/run/podman/podman.sock"


@pytest.mark.parametrize(
    "text,version",
    [
        ("4.3.1", (4, 3, 1)),
        ("5.4.0-dev", (5, 4, 0)),
        ("6.0.0-rc1", (6, 0, 0)),
        ("v5.8", (5, 8)),
        ("5", (5,)),
        ("10.0", (10, 0)),
    ],
)
def test_versions(text: str, version: tuple[int, ...]) -> None:
    told = read_survey("old", answer(podman={"Client": {"Version": text}}))
    assert told.info.podman_version == version


def test_version_without_a_client() -> None:
    assert read_survey("old", answer(podman={"Version": "4.9.3"})).info.podman_version == (4, 9, 3)


@pytest.mark.parametrize("text", ["4.2.9", "3.4.4", "1.0", "", "unknown", None])
def test_too_old(text: str | None) -> None:
    with pytest.raises(HostUnfit, match="is too old") as raised:
        read_survey("old", answer(podman={"Client": {"Version": text}}))
    assert "4.3" in raised.value.todo


def test_rootless() -> None:
    info = {**INFO, "host": {**INFO["host"], "security": {"rootless": True}}}
    survey = read_survey("old", answer(uid="1000", info=info, runtime_dir="/run/user/1000"))
    assert survey.info.rootless
    assert not survey.sudo
    assert survey.service_socket == "/run/user/1000/podman/podman.sock"
    bare = read_survey("old", answer(uid="1001", info=info, runtime_dir=""))
    assert bare.service_socket == "/run/user/1001/podman/podman.sock"


def test_sudo() -> None:
    survey = read_survey("old", answer(uid="1000", sudo="yes", runtime_dir="/run/user/1000"))
    assert survey.sudo
    assert not survey.info.rootless
    assert survey.service_socket == "/run/podman/podman.sock"
    assert not read_survey("old", answer(uid="0", sudo="yes")).sudo


@pytest.mark.parametrize(
    "text,version",
    [
        ("Version: 4.2.1\nGitID: v4.2.1", (4, 2, 1)),
        ("Version: 3.17", (3, 17)),
        ("", None),
        ("criu: not found", None),
    ],
)
def test_criu(text: str, version: tuple[int, ...] | None) -> None:
    assert read_survey("old", answer(criu=text)).info.criu_version == version


def test_no_timeout_program() -> None:
    assert not read_survey("old", answer(tools=answer_tools("timeout"))).timeout


def answer_tools(missing: str) -> str:
    return "\n".join(f"/bin/{tool}" for tool in TOOLS.split() if tool != missing)


def test_no_podman() -> None:
    with pytest.raises(HostUnfit, match="Podman is not installed"):
        read_survey("old", answer(tools=answer_tools("podman"), podman="", info=""))
    with pytest.raises(HostUnfit, match="Podman is not installed"):
        read_survey("old", answer(tools=""))


@pytest.mark.parametrize("tool", ["tar", "sha256sum", "tee", "mktemp", "mkfifo"])
def test_a_missing_tool_is_named(tool: str) -> None:
    with pytest.raises(HostUnfit, match=f"^old: {tool} not found"):
        read_survey("old", answer(tools=answer_tools(tool)))


@pytest.mark.parametrize("broken", ["", "Error: x", "null", "[]", '"5.8"', "5", None])
@pytest.mark.parametrize("section", ["podman", "info"])
def test_podman_that_does_not_answer(section: str, broken: str | None) -> None:
    with pytest.raises(HostUnfit, match="Podman does not answer"):
        read_survey("old", answer(**{section: broken}))


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"host": None, "store": None},
        {"host": [], "store": "x"},
        {"host": {"security": None, "ociRuntime": None, "distribution": None}},
    ],
)
def test_gaps_in_podman_info(info: Any) -> None:
    told = read_survey("old", answer(info=info)).info
    assert (told.rootless, told.graph_root, told.runtime, told.os) == (False, "", "", "")


@pytest.mark.parametrize("output", ["", "Welcome!\n", "fish: Unknown command\n@@", "@@uid\n0\n"])
def test_no_posix_shell(output: str) -> None:
    with pytest.raises(HostUnfit, match="POSIX shell"):
        read_survey("old", output)


def test_a_greeting_before_the_answers() -> None:
    told = read_survey("old", "Last login: today\n*** @@ keep out ***\n" + answer())
    assert told.info.podman_version == (5, 8, 6)


@given(st.text())
def test_any_garbage_is_a_host_that_is_unfit(text: str) -> None:
    with pytest.raises(HostUnfit):
        read_survey("old", text)


def test_sections() -> None:
    assert sections("x\n@@a\n1\n\n@@b\n@@c\n 2 \n") == {"a": "1", "b": "", "c": "2"}
    assert version_tuple("") == ()
    assert dotted((5, 8, 6)) == "5.8.6"
    assert dotted(()) == "?"


RUNTIMES = """crun version 1.8.1
commit: f8a096be060b22ccd3d5f3ebe44108517fbf6c30
rundir: /run/crun
spec: 1.0.0
+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF +YAJL
runc version 1.1.15+ds1
commit: 1.1.15+ds1-2+b4
spec: 1.2.0
go: go1.24.4
libseccomp: 2.6.0"""


@pytest.mark.parametrize(
    "text,runtimes",
    [
        (RUNTIMES, (Runtime("crun", (1, 8, 1), False), Runtime("runc", (1, 1, 15)))),
        (
            RUNTIMES.replace("+YAJL", "+CRIU +YAJL"),
            (Runtime("crun", (1, 8, 1)), Runtime("runc", (1, 1, 15))),
        ),
        ("crun version UNKNOWN\n+CRIU", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_runtimes(text: str | None, runtimes: tuple[Runtime, ...]) -> None:
    assert read_survey("old", answer(runtimes=text)).info.runtimes == runtimes
