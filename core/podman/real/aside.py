"""Making room in a volume that exists, so that its contents can come back."""

from __future__ import annotations

from collections.abc import Sequence

from core.podman.real.carrying import Carrying

_SET_ASIDE = r"""
d=$1 a=$1.podferry
[ -d "$a" ] || mv -T -- "$d" "$a" || exit 1
mkdir -p -- "$d" && chmod --reference="$a" -- "$d" && chown --reference="$a" -- "$d" || exit 1
chcon --reference="$a" -- "$d" 2>/dev/null || :
"""
"""Empties the volume whose folder is $1; what was in it lies beside it."""

_BRING_BACK = r"""
[ ! -d "$1.podferry" ] || { rm -rf -- "$1" && mv -T -- "$1.podferry" "$1"; }
"""
"""Undoes it, whatever the volume holds by now."""


class Aside(Carrying):
    """The part of Engine that sets volumes' contents aside."""

    async def set_aside_volume(self, name: str) -> None:
        """See Engine."""
        folder = await self._mountpoint(name)
        shown = ("mv", "-T", folder, f"{folder}.podferry")
        await self._work_on(folder, _SET_ASIDE, shown)

    async def bring_back_volume(self, name: str) -> None:
        """See Engine."""
        folder = await self._mountpoint(name)
        shown = ("mv", "-T", f"{folder}.podferry", folder)
        await self._work_on(folder, _BRING_BACK, shown)

    async def drop_aside(self, name: str) -> None:
        """See Engine."""
        aside = f"{await self._mountpoint(name)}.podferry"
        await self._run((*self._as_root, "rm", "-rf", "--", aside))

    async def _work_on(self, folder: str, script: str, shown: Sequence[str]) -> None:
        await self._run((*self._as_root, "sh", "-c", script, "podferry", folder), shown=shown)
