"""The plan, shown before anything happens."""

from tui.screens.plan.screen import PlanScreen

__all__ = ["PlanScreen"]
