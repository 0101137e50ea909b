"""stub"""

from __future__ import annotations

import dataclasses
import json
import re
import time
from pathlib import Path

from core.archive.sidecar import *
from core.journal.journal import runs_folder


def folder() -> Path:
    f = runs_folder().parent / "archives"
    f.mkdir(mode=0o700, parents=True, exist_ok=True)
    return f


def place_for(output, name, alone):
    new = re.sub(r"[^A-Za-z0-9_.-]", "_", name) + time.strftime("-%Y%m%d-%H%M%S.tar")
    if output is None:
        return folder() / new
    if output.is_dir():
        return output / new
    return output


def write_sidecar(archive: Path, sidecar: Sidecar):
    p = archive.with_name(archive.name + ".json")
    p.write_text(json.dumps(dataclasses.asdict(sidecar)))
    p.chmod(0o600)
