"""Each kind of probe against a container that really moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lab.driver import IMAGE, Podferry, Told, state
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab

PROGRAM = """
nc -ll -p 2525 -e echo 220 ready &
count=0
while :; do
  count=$((count+1)); echo "beats: $count" >/run/new
  [ -e /run/held ] || mv /run/new /run/beats
  sleep 1
done
"""
TLS_IMAGE = """
cd /; mkdir -p /tmp/tls; cd /tmp/tls
openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 30 -subj /CN=tls 2>/dev/null
echo 'orders: 11' >page
needs=$(ldd /usr/bin/openssl | grep -o '/[^ ]*')
tar -ch page key cert /usr/bin/openssl $needs 2>/dev/null | podman import -q - localhost/tls
"""


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


def probes_are(podferry: Podferry, text: str) -> None:
    file = podferry.state / "config" / "podferry" / "probes.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def probed(told: Told) -> dict[str, Any]:
    found: dict[str, Any] = told.item["evidence"]["probes"]
    return found


def test_a_banner_a_file_and_a_command_are_asked_on_both_hosts(
    podferry: Podferry, pair: Pair, tmp_path: Path
) -> None:
    old, new = pair
    flags = ["--name", "web", "-p", "2525:2525"]
    old.ssh(["podman", "run", "-d", *flags, IMAGE, "/bin/sh", "-c", PROGRAM])
    old.ssh("until podman exec web cat /run/beats; do :; done")
    smoke = tmp_path / "smoke"
    smoke.write_text("orders 7\n")
    probes_are(
        podferry,
        "[web.banner]\ntcp = ':2525'\nmatch = '^220 '\n"
        "[web.beats]\nfile = '/run/beats'\nnumber = 'beats: (\\d+)'\n"
        f"[web.smoke]\ncommand = ['cat', '{smoke}']\nnumber = 'orders (\\d+)'\n",
    )

    told = podferry.move("web", dwell=2)

    assert told.code == 0, told.item["reason"]
    seen = probed(podferry("verify", "--json"))
    assert seen["verdict"] == "expected", seen
    for words in (seen["before"], seen["after"]):
        assert "banner open" in words
        assert "beats " in words
        assert "smoke exit 0, 7" in words

    # Each of them is seen to fail, too.
    new.ssh("podman exec web sh -c 'kill -9 2; touch /run/held; echo beats: 0 >/run/beats'")
    smoke.write_text("orders 6\n")
    told = podferry("verify", "--json")
    assert told.code == 1, told
    worse = "\n".join(probed(told)["detail"])
    assert "banner: refused" in worse
    assert "beats: 0 after" in worse
    assert "smoke: 6 after 7" in worse


def serve_tls(host: LabHost) -> None:
    host.ssh(TLS_IMAGE)
    words = "openssl s_server -quiet -accept 8443 -cert /cert -key /key -WWW"
    host.ssh(f"podman run -d --name tls -p 8443:8443 localhost/tls /usr/bin/{words}")


def test_https_is_asked_whoever_signed_it(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    serve_tls(old)
    probes_are(
        podferry,
        "[tls.page]\nhttps = ':8443/page'\nstatus = 200\nnumber = 'orders: (\\d+)'\n",
    )
    old.ssh("until curl -ks https://127.0.0.1:8443/page; do sleep 0.1; done")

    told = podferry.move("tls", dwell=2)

    assert told.code == 0, told
    assert state(new, "tls") == "running"
    seen = probed(podferry("verify", "--json"))
    assert seen["verdict"] == "same", seen
    assert seen["before"] == seen["after"] == "page 200, 11"

    new.ssh("podman exec tls /usr/bin/openssl version; podman stop -t0 tls")
    told = podferry("verify", "--json")
    assert told.code == 1
    assert probed(told)["verdict"] == "different"
