"""What is put right for CRIU, by the scripts that the hosts run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from core.podman.real.quirks import REAL_BINDS


def test_sources_of_mounts_are_named_by_where_they_lead(tmp_path: Path) -> None:
    real = tmp_path / "we ird&#.x[1]"
    real.mkdir()
    link, lead = tmp_path / "l&k #.$x*[2]<>", tmp_path / "lead"
    link.symlink_to(real)
    lead.symlink_to(link)
    dead = tmp_path / "dead"
    dead.symlink_to("nowhere")
    sources = [str(link), str(lead), str(dead), str(real), "tmpfs", f"{link}/"]
    written = json.dumps({"mounts": [{"source": s, "destination": str(link)} for s in sources]})
    for sign, code in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        written = written.replace(sign, code)
    config = tmp_path / "config.json"
    config.write_text(written)

    script = REAL_BINDS + 'real_binds "$1"'
    subprocess.run(["sh", "-euc", script, "podferry", str(config)], check=True)

    mounts = json.loads(config.read_text())["mounts"]
    assert [m["source"] for m in mounts] == [
        str(real),
        str(real),
        str(dead),
        str(real),
        "tmpfs",
        f"{link}/",
    ]
    assert {m["destination"] for m in mounts} == {str(link)}
