"""Completion and the manual page, as a shell and man get them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.errors import HostUnreachable
from tui.cli import main
from tui.commands import completing
from tui.commands.man import page
from tui.remembered import Pair, SeenNames, remember_names, remember_pair

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "ssh_config"
    config.write_text("Host lab-old lab-new *\nHost $(id) 'a b'\n")
    monkeypatch.setenv("PODFERRY_SSH_CONFIG", str(config))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def completed(words: str) -> list[str]:
    """What bash is given for a line whose last word is being typed."""
    environment = {
        "_PODFERRY_COMPLETE": "bash_complete",
        "COMP_WORDS": f"podferry {words}",
        "COMP_CWORD": str(len(f"{words}x".split())),
    }
    done = CliRunner().invoke(main, [], prog_name="podferry", env=environment)
    return [line.partition(",")[2] for line in done.output.splitlines() if line]


def test_commands_and_hosts_complete_the_first_word() -> None:
    assert completed("mov") == ["move"]
    assert completed("lab-") == ["lab-old", "lab-new"]
    assert {"move", "ls", "lab-old"} <= {*completed("")}
    assert "open" not in completed("")


@pytest.mark.parametrize("words", ["ls lab-", "move lab-", "move x lab-", "lab-old lab-"])
def test_hosts_complete_where_a_host_stands(words: str) -> None:
    assert completed(words) == ["lab-old", "lab-new"]


def test_what_was_opened_comes_first_and_what_a_shell_would_obey_never() -> None:
    remember_pair(Pair("ssh://root@h:22", "`id`"))
    found = completed("ls ")
    assert found[0] == "ssh://root@h:22"
    assert not any(c in word for word in found for c in "`$( ;")


def test_runs_complete() -> None:
    assert completed("accept la") == ["last"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert f"_PODFERRY_COMPLETE={shell}_complete" in done.output


def test_another_shell_is_refused() -> None:
    assert CliRunner().invoke(main, ["completion", "tcsh"]).exit_code == 2


def test_the_script_is_right_for_bash() -> None:
    script = CliRunner().invoke(main, ["completion", "bash"]).output
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_the_manual_has_every_visible_command_and_option() -> None:
    text = "\n".join(page(main)).replace("\\-", "-")
    for name, command in main.commands.items():
        assert (f".SS podferry {name} " in f"{text} ") is not command.hidden
        for parameter in command.params if not command.hidden else ():
            if parameter.param_type_name == "option":
                assert max(parameter.opts, key=len) in text


@pytest.mark.skipif(not shutil.which("groff"), reason="There is no groff.")
def test_groff_has_nothing_to_say_of_the_manual() -> None:
    text = CliRunner().invoke(main, ["man"]).output
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z"],
        input=text,
        text=True,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_the_wheel_carries_them(tmp_path: Path) -> None:
    tool = Path(sys.executable).with_name("uv")
    subprocess.run(
        [
            tool,
            "build",
            "--quiet",
            "--wheel",
            "--offline",
            "--python",
            sys.executable,
            "--no-build-isolation",
            "--out-dir",
            tmp_path,
            ROOT,
        ],
        check=True,
        env={**os.environ, "UV_NO_CONFIG": "1"},
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for end in (
        "data/share/man/man1/podferry.1",
        "data/share/bash-completion/completions/podferry",
        "data/share/zsh/site-functions/_podferry",
        "data/share/fish/vendor_completions.d/podferry.fish",
    ):
        assert any(name.endswith(end) for name in names), end


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that were asked what is on them; `gone` cannot be reached."""
    told: list[str] = []

    async def ask(host: str) -> SeenNames:
        told.append(host)
        if host == "gone":
            raise HostUnreachable("no answer", host=host)
        return SeenNames(time.time(), ("shop", "web"), ("shop-a", "shop-b", "web"))

    monkeypatch.setattr(completing, "_ask", ask)
    return told


def test_names_on_the_host_complete_and_are_asked_for_once(asked: list[str]) -> None:
    assert completed("move old new ") == ["shop", "web"]
    assert completed("move old new shop w") == ["web"]
    assert completed("check old new shop=kube ") == ["web"]
    assert completed("checkpoint old shop-") == ["shop-a", "shop-b"]
    assert completed("export other w") == ["web"]
    assert asked == ["old", "other"]


def test_a_host_that_cannot_be_reached_offers_what_was_last_seen_there(asked: list[str]) -> None:
    assert completed("move gone new ") == []
    remember_names("gone", SeenNames(1.0, ("db",), ("db",)))
    assert completed("move gone new ") == ["db"]


def test_a_hostile_name_is_never_offered(asked: list[str]) -> None:
    remember_names("bad", SeenNames(time.time(), ("$(id)", "a b", "web"), ()))
    assert completed("move bad new ") == ["web"]
    assert asked == []


def test_a_run_without_a_journal_offers_no_items() -> None:
    assert completed("accept last ") == []


COMPLETED = {
    "bash": """
eval "$(podferry completion bash)"
COMP_WORDS=(podferry move old new w); COMP_CWORD=4
_podferry_completion podferry w new
printf '%s\\n' "${COMPREPLY[@]}"
""",
    "zsh": """
autoload -Uz compinit; compinit -u -d "$HOME/dump"
compadd() { print -l -- "${@[-1]}" ${(P)@[-1]} }
_describe() { print -l -- ${(P)@[-1]} }
eval "$(podferry completion zsh)"
words=(podferry move old new w); CURRENT=5
_podferry_completion
""",
    "fish": """
podferry completion fish | source
complete -C "podferry move old new w"
""",
}


@pytest.mark.parametrize("shell", list(COMPLETED))
def test_each_shell_completes_a_name(shell: str, tmp_path: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"There is no {shell}.")
    remember_names("old", SeenNames(time.time(), ("shop", "web-1", "web-2"), ()))
    bin_folder = Path(sys.executable).parent
    done = subprocess.run(
        [shell, "-c", COMPLETED[shell]],
        env={**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    words = {word.partition(":")[0].strip() for word in done.stdout.splitlines()}
    assert {"web-1", "web-2"} <= words, done
    assert "shop" not in words
    assert done.stderr == ""
