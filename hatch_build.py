"""What a wheel carries beside the code: the manual page and the shells' completions."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_COMPLETIONS = {
    "bash": "share/bash-completion/completions/podferry",
    "zsh": "share/zsh/site-functions/_podferry",
    "fish": "share/fish/vendor_completions.d/podferry.fish",
}


class Share(BuildHookInterface[Any]):
    """Makes them from the commands themselves, so that they cannot be out of date."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them to what is built; an editable install has none."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from tui.cli import main
        from tui.commands.completion import script
        from tui.commands.man import page

        texts = {"share/man/man1/podferry.1": "\n".join(page(main)) + "\n"}
        texts |= {path: script(main, shell) for shell, path in _COMPLETIONS.items()}
        self._made = tempfile.TemporaryDirectory()
        for number, (path, text) in enumerate(texts.items()):
            file = Path(self._made.name) / str(number)
            file.write_text(text)
            build_data["shared_data"][str(file)] = path

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was only made to be packed."""
        if version != "editable":
            self._made.cleanup()
