"""What `cartwheel completeness` does: counts, says a line per resource and a line per day that differs."""

from __future__ import annotations

from datetime import UTC, date, datetime

from orchestration import environment, warehouse
from orchestration.screen import say, screen, trouble
from orchestration.verbs import Refused, progress_display
from pipelines import completeness
from pipelines.completeness import Counted, counted_platforms, window


def run(wanted: tuple[str, ...], since: date | None, until: date | None, *, heal: bool) -> int:
    environment.prepare()
    known = counted_platforms()
    for name in wanted:
        if name not in known:
            raise Refused(f"'{name}' does not count its records. Those that do: {', '.join(known)}.")
    first, last = window(datetime.now(UTC))
    first, last = since or min(first, until or first), until or last
    if first > last:
        raise Refused(f"--since {first} lies after --until {last}")
    chosen, found = wanted or tuple(known), list[Counted]()
    with progress_display() as progress, warehouse.writing("cartwheel completeness"):
        task = progress.add_task("count", total=len(chosen))
        for platform in chosen:
            progress.update(task, description=f"count {platform}")
            found += completeness.audit(platform, first, last, lambda: datetime.now(UTC), heal=heal)
            progress.advance(task)
    say(screen, f"{first} to {last}, by the platforms' own days")
    for one in found:
        _tell(one)
    if not found:
        say(screen, "no platform that counts its records is configured")
    return 1 if any(one.error or any(day.lacks for day in one.differing) for one in found) else 0


def _tell(counted: Counted) -> None:
    name = f"{counted.platform}.{counted.resource}"
    if counted.error is not None:
        say(trouble, f"{name}: {counted.error}")
        return
    records = sum(day.platform_records for day in counted.days)
    healed = f", {len(counted.healed)} days read again and complete" if counted.healed else ""
    say(screen, f"{name}: {records} there, {sum(day.loaded_records for day in counted.days)} here{healed}")
    for day in counted.differing:
        amounts = (
            "" if day.platform_total == day.loaded_total else f", amounts {day.platform_total} and {day.loaded_total}"
        )
        why = " (no longer shown there)" if day.missing < 0 else ""
        say(
            trouble,
            f"  {day.day} {day.account_id}: {day.platform_records} there, {day.loaded_records} here{amounts}{why}",
        )
