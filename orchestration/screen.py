"""Where the verbs write: results to the screen, trouble beside it; values are never wrapped, coloured or cut."""

from __future__ import annotations

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

screen = Console()
trouble = Console(stderr=True)


def say(console: Console, text: str) -> None:
    """One line as it is: not wrapped, not coloured, brackets kept."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def print_wide(table: Table) -> None:
    """A table as wide as its content: a terminal wraps long lines, but no value is cut."""
    width = Measurement.get(screen, screen.options.update(max_width=10_000), table).maximum
    Console(width=max(width, screen.width)).print(table)
