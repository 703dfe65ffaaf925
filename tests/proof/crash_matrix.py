"""The crash matrix as the Markdown table in docs/: `python -m tests.proof.crash_matrix` runs every cell and writes it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from reverse_etl import engine, settings
from sandbox.server import Sandbox
from tests.proof.crash_cells import STEPS, Cell, CrashTest, Situation, cells, environ
from tests.proof.twin_records import SUBJECTS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "crash-matrix.md"
ORDERS = 60

_HEAD = """\
# Crash matrix

Each number is an **effect count**: how often the receiving platform says a record was changed. It is counted by the
sandbox's twin of the platform (`world.effects`, by natural key, after each change it commits), never read from our
ledger. The promise of the engine is that every number is 1.

Of one guard it is another: what can be neither looked up nor repeated under a key, a message to people, is sent **at most
once** ([0046](decisions/0046-a-message-is-sent-at-most-once.md)). There a 0 may stand, never a 2, and with each 0 the row in
the queue that tells a person; it has no look-up, so no step of one comes. Mail goes the same way; its faults are in `tests/reverse_etl/test_destination_email.py`.

The pushing process is a real one and dies of signal 9. In each cell one process brings the situation about, one is killed
at the step, and then the plan is pushed until nothing is left to do:

| situation | what happens |
|---|---|
| {before} | a process dies with its request written down and not sent; the next one dies at the step |
| {reply_lost} | the twin does the work, the connection is cut before the answer, the process dies in doubt; the next one dies at the step |
| {not_recorded} | a process dies with the answer in its hand; the next one dies at the step |
| {duplicate} | a process stands still at the step while a second one pushes the same plan, before and after the first one's lease ends; then the first wakes and goes on |
| {expired} | a process dies at the step; 48 hours later the twin has forgotten every idempotency key, and a new process goes on |

Steps, in the order of a delivery in doubt: `looked_up_written` (the look-up is in the ledger, not sent), `looked_up` (its
answer is here, not recorded), `look_up_recorded` (it is in the ledger), `written_ahead` (the write is in the ledger, not sent), `answered` (its answer is here, not
recorded), `recorded`. To bring a delivery to its look-up, the first answer is lost where the situation does not do that.

A star marks a way on which the step does not come: the look-up had settled the delivery, nothing was written again, and
the process ended by itself. A batch shows the number of its worst record.
"""

_TAIL = """\
`make proof` runs all {count} cells and compares them with this file; the default test run does so for a sample of them. To
write the file anew: `.venv/bin/python -m tests.proof.crash_matrix`.
"""


def run(chosen: Iterable[Cell], folder: Path, new_store: Callable[[], str] | None = None) -> dict[Cell, str]:
    """Run cells against one sandbox, each with a ledger of its own: under `folder`, or where `new_store` makes one."""
    found = {}
    with Sandbox(orders=ORDERS) as sandbox:
        empty = folder / "empty"
        empty.mkdir(parents=True)
        engine.open_ledger(settings.read(environ(sandbox, empty), empty)).close()
        for cell in chosen:
            home = folder / str(cell.number)
            home.mkdir()
            store = new_store() if new_store is not None else empty / "operations.sqlite"
            found[cell] = str(CrashTest(sandbox, cell, home, store).run())
    return found


def render(found: Mapping[Cell, str]) -> str:
    """The whole document."""
    names = {situation.name.lower(): situation.value for situation in Situation}
    head = ["situation", "killed at", *(f"{subject.guard}: `{subject.sync}`" for subject in SUBJECTS)]
    lines = [_HEAD.format(**names), _row(head), _row(["---"] * len(head))]
    for situation in Situation:
        for step in STEPS:
            lines.append(_row([situation.value, f"`{step}`", *(found[Cell(step, situation, of)] for of in SUBJECTS)]))
    return "\n".join([*lines, "", _TAIL.format(count=len(found))])


def committed(text: str) -> dict[Cell, str]:
    """The cells of a document."""
    rows = [[part.strip() for part in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    found = {}
    for row in rows:
        if len(row) == 2 + len(SUBJECTS) and row[1].strip("`") in STEPS:
            step, situation = row[1].strip("`"), Situation(row[0])
            found |= {Cell(step, situation, of): text for of, text in zip(SUBJECTS, row[2:], strict=True)}
    return found


def broken(found: Mapping[Cell, str]) -> dict[Cell, str]:
    """Cells that say what their guard may not."""
    return {cell: text for cell, text in found.items() if text.rstrip("*") not in cell.subject.may_say}


def _row(parts: Iterable[str]) -> str:
    return f"| {' | '.join(parts)} |"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        found = run(cells(), Path(folder))
    DOCUMENT.write_text(render(found), encoding="utf-8")
    wrong = len(broken(found))
    print(f"{len(found)} cells, {wrong} of them broke the promise: {DOCUMENT.name}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
