"""The connect script's answers, of all the hosts that there are."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import HostUnfit
from core.podman.model import Runtime
from core.podman.real.survey import Login, read_login, read_survey, sections
from core.podman.version import dotted, version_tuple

TOOLS = "podman tar sha256sum tee mktemp mkfifo timeout"
INFO: dict[str, Any] = {
    "host": {
        "arch": "amd64",
        "distribution": {"distribution": "debian", "version": "unknown", "codename": "forky"},
        "hostname": "old",
        "kernel": "6.18.2",
        "networkBackend": "netavark",
        "ociRuntime": {"name": "crun", "version": "crun version 1.28"},
        "security": {"rootless": False},
    },
    "store": {"graphDriverName": "overlay", "graphRoot": "/var/lib/containers/storage"},
    "version": {"Version": "5.8.6", "APIVersion": "5.8.6"},
}


def answer(**said: Any) -> str:
    """What the script prints; a section that is None is left out."""
    parts: dict[str, Any] = {
        "uid": "0",
        "sudo": "",
        "info": INFO,
        "criu": "Version: 4.2.1\nGitID: v4.2.1",
        "machine": "6f4a1b2c-0000-4000-8000-000000000000",
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
    told = read_survey("old", answer(info={**INFO, "version": {"Version": text}}))
    assert told.info.podman_version == version


@pytest.mark.parametrize("text", ["4.2.9", "3.4.4", "1.0", "", "unknown", None])
def test_too_old(text: str | None) -> None:
    with pytest.raises(HostUnfit, match="is too old") as raised:
        read_survey("old", answer(info={**INFO, "version": {"Version": text}}))
    assert "4.3" in raised.value.todo


def test_rootless() -> None:
    info = {**INFO, "host": {**INFO["host"], "security": {"rootless": True}}}
    survey = read_survey("old", answer(uid="1000", info=info))
    assert survey.info.rootless
    assert not survey.sudo


@pytest.mark.parametrize(
    "told,login",
    [
        ("0\nyes\n/run/user/0\n", Login(False, "/run/podman/podman.sock")),
        ("0\nno\n\n", Login(False, "/run/podman/podman.sock")),
        ("1000\nyes\n/run/user/1000\n", Login(True, "/run/podman/podman.sock")),
        ("1000\nno\n/run/user/1000\n", Login(False, "/run/user/1000/podman/podman.sock")),
        ("1001\nno\n\n", Login(False, "/run/user/1001/podman/podman.sock")),
    ],
)
def test_login(told: str, login: Login) -> None:
    assert read_login(told) == login


def test_sudo() -> None:
    survey = read_survey("old", answer(uid="1000", sudo="yes"))
    assert survey.sudo
    assert not survey.info.rootless
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
        read_survey("old", answer(tools=answer_tools("podman"), info=""))
    with pytest.raises(HostUnfit, match="Podman is not installed"):
        read_survey("old", answer(tools=""))


@pytest.mark.parametrize("tool", ["tar", "sha256sum", "tee", "mktemp", "mkfifo"])
def test_a_missing_tool_is_named(tool: str) -> None:
    with pytest.raises(HostUnfit, match=f"^old: {tool} not found"):
        read_survey("old", answer(tools=answer_tools(tool)))


@pytest.mark.parametrize("broken", ["", "Error: x", "null", "[]", '"5.8"', "5", None])
def test_podman_that_does_not_answer(broken: str | None) -> None:
    with pytest.raises(HostUnfit, match="Podman does not answer"):
        read_survey("old", answer(info=broken))


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
    told = read_survey("old", answer(info={"version": INFO["version"], **info})).info
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


def test_what_criu_and_its_surroundings_say() -> None:
    host = {**INFO["host"], "cgroupVersion": "v2", "cgroupManager": "systemd"}
    host["security"] = {"rootless": False, "apparmorEnabled": True, "selinuxEnabled": False}
    info = read_survey(
        "old",
        answer(
            info={**INFO, "host": host},
            tools=f"{answer_tools('')}\n/usr/sbin/nft\n/usr/libexec/podman/catatonit\n",
            criu_trouble="Error (criu/cr-check.c:100): no\nDoes not look good.",
            criu_features="mem_dirty_track\nnetwork_lock_nftables",
            cpu="flags\t\t: fpu vme avx2",
            libcriu="\tlibcriu.so.2 (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/libcriu.so.2",
        ),
    ).info
    assert {"nft", "catatonit", "tar"} <= info.tools
    assert "criu" not in info.tools
    assert info.criu_trouble == "Error (criu/cr-check.c:100): no\nDoes not look good."
    assert info.criu_features == {"mem_dirty_track", "network_lock_nftables"}
    assert info.cpu_flags == {"fpu", "vme", "avx2"}
    assert info.libcriu
    assert info.lsm == {"apparmor"}
    assert (info.cgroup_version, info.cgroup_manager) == (2, "systemd")


def test_a_host_that_tells_nothing_of_them() -> None:
    info = read_survey("old", answer(libcriu="", cpu="")).info
    assert (info.criu_trouble, info.criu_features, info.criu_options) == ("", frozenset(), {})
    assert (info.cpu_flags, info.libcriu, info.lsm) == (frozenset(), False, frozenset())
    assert read_survey("old", answer()).info.libcriu is None


def test_arm_names_its_features() -> None:
    assert read_survey("old", answer(cpu="Features : fp asimd")).info.cpu_flags == {"fp", "asimd"}


@pytest.mark.parametrize(
    "runtime,version,read",
    [
        ("crun", "4.2", "crun"),
        ("crun", "4.2.1", "crun"),
        ("runc", "4.2.1", "runc"),
        ("runc", "4.1.1", "runc"),
    ],
)
def test_whose_criu_options_count(runtime: str, version: str, read: str) -> None:
    host = {**INFO["host"], "ociRuntime": {"name": runtime}}
    said = {
        "info": {**INFO, "host": host},
        "criu": f"Version: {version}",
        "criu_default": "ghost-limit 1M\nlog-level=4",
        "criu_runc": "network-lock runc\nghost-limit=2M",
        "criu_crun": "network-lock crun\nghost-limit=2M",
    }
    options = read_survey("old", answer(**said)).info.criu_options
    assert options == {"log-level": "4", "ghost-limit": "2M", "network-lock": read}
    without = read_survey("old", answer(**{**said, "criu_crun": None})).info.criu_options
    assert without["network-lock"] == "runc"


def test_crun_with_a_criu_before_4_2_reads_only_what_all_read() -> None:
    said = {"criu": "Version: 4.1.1", "criu_default": "ghost-limit 1M", "criu_crun": "tcp-close"}
    options = read_survey("old", answer(**said, criu_runc="tcp-close")).info.criu_options
    assert options == {"ghost-limit": "1M"}


def test_an_empty_file_for_crun_is_read_instead_of_runcs() -> None:
    said = answer(criu_runc="tcp-close", criu_crun="")
    assert read_survey("old", said).info.criu_options == {}


@pytest.mark.parametrize(
    "line,options",
    [
        ("tcp-close", {"tcp-close": ""}),
        ("  --ghost-limit   3M  # big", {"ghost-limit": "3M"}),
        ("manage-cgroups=ignore", {"manage-cgroups": "ignore"}),
        ("ghost-limit = 3M", {"ghost-limit": "3M"}),
        ('lsm-profile "apparmor:x y"', {"lsm-profile": "apparmor:x y"}),
        ("# tcp-close", {}),
        ("external mnt[]:m", {"external": "mnt[]:m"}),
    ],
)
def test_lines_of_a_criu_configuration(line: str, options: dict[str, str]) -> None:
    assert read_survey("old", answer(criu_default=line)).info.criu_options == options
