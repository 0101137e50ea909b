"""The last line of a screen: its keys, as many as fit, each one to be clicked as well."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.actions import parse
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from tui.keymap import in_force


class KeyBar(Widget):
    """The bindings that a screen shows, the first being the most important ones.

    Textual's Footer is a widget per key and is composed anew whenever the focus moves.
    """

    DEFAULT_CSS = """
    KeyBar {
        height: 1;
        width: 1fr;
        text-wrap: nowrap;
        text-overflow: clip;
        background: $footer-background;
        color: $footer-description-foreground;
    }
    """
    _GAP = "  "

    def __init__(self, bindings: list[BindingType], id: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(id=id)
        self._shown = [b for b in bindings if isinstance(b, Binding) and b.show and b.description]
        self._spans: list[tuple[range, str]] = []

    def _offered(self) -> list[Binding]:
        """Those whose keys do something on the screen as it is."""
        offered = []
        for binding in self._shown:
            namespace, name, parameters = parse(binding.action)
            if namespace or self.screen.check_action(name, parameters) is not False:
                offered.append(binding)
        return offered

    def _label(self, binding: Binding) -> str:
        return self.app.get_key_display(in_force(binding))

    def render(self) -> Content:
        width = self.content_size.width
        # Help stands at the right end, so that it is there when others have no room.
        offered = self._offered()
        last = [b for b in offered if b.action == "help"]
        parts: list[str | tuple[str, str]] = []
        self._spans = []
        room = width - sum(self._width(b) for b in last)
        x = 0
        for binding in offered:
            if binding in last:
                continue
            if x + self._width(binding) > room:
                break
            x = self._append(parts, binding, x)
        for binding in last:
            gap = max(0, width - x - self._width(binding))
            parts.append(" " * gap)
            x = self._append(parts, binding, x + gap)
        return Content.assemble(*parts)

    def _width(self, binding: Binding) -> int:
        return 1 + cell_len(self._label(binding)) + 1 + cell_len(binding.description) + 1

    def _append(self, parts: list[str | tuple[str, str]], binding: Binding, x: int) -> int:
        key = self._label(binding)
        parts += [" ", (key, "bold $footer-key-foreground"), f" {binding.description} "]
        end = x + self._width(binding)
        self._spans.append((range(x, end), binding.action))
        return end

    async def on_click(self, event: events.Click) -> None:
        event.stop()
        for span, action in self._spans:
            if event.x in span:
                await self.screen.run_action(action)
                return
