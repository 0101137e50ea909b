"""Making room in a simulated volume that exists."""

from __future__ import annotations

from core.simulated.carrying import Carrying


class Aside(Carrying):
    """The part of Engine that sets volumes' contents aside."""

    async def set_aside_volume(self, name: str) -> None:
        """See Engine."""
        async with self._verb("set_aside_volume", name, ("mv", "-T", name, f"{name}.podferry")):
            volume = self._existing_volume(name)
            if volume.aside is None:
                volume.aside, volume.files = volume.files, {}

    async def bring_back_volume(self, name: str) -> None:
        """See Engine."""
        async with self._verb("bring_back_volume", name, ("mv", "-T", f"{name}.podferry", name)):
            volume = self._existing_volume(name)
            if volume.aside is not None:
                volume.files, volume.aside = volume.aside, None

    async def drop_aside(self, name: str) -> None:
        """See Engine."""
        async with self._verb("drop_aside", name, ("rm", "-rf", "--", f"{name}.podferry")):
            self._existing_volume(name).aside = None
