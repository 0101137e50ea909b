"""What was measured, against what it was to be."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass
class Comparison:
    """Samples of both contenders for one task; less is better."""

    name: str
    unit: str
    at_most: float
    """Podferry's share of the script's median."""
    podferry: list[float] = field(default_factory=list)
    script: list[float] = field(default_factory=list)
    podferry_says: list[float] = field(default_factory=list)
    """Podferry's own figure for the same runs, where it gives one."""
    gave_up: list[str] = field(default_factory=list)
    """What a contender said that did not move the item and was measured again."""
    raw: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Median against median."""
        return median(self.podferry) / median(self.script)

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.ratio <= self.at_most


@dataclass
class Figure:
    """One number of Podferry alone, against a limit; less is better."""

    name: str
    unit: str
    value: float
    at_most: float | None
    """None: told for comparison only."""
    samples: list[float] = field(default_factory=list)
    raw: list[dict[str, Any]] = field(default_factory=list)

    @property
    def met(self) -> bool | None:
        """Whether the limit is kept; None where there is none."""
        return None if self.at_most is None else self.value <= self.at_most
