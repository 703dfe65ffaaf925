"""Plants a known defect in a copy of the engine and runs the test that must notice it.

The copy of `reverse_etl` stands first on the path of a pytest of its own, so the checkout is never touched.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "tests/proof"
TESTS = f"{FOLDER}/test_tool_defects.py"
SLEEPERS = "test_sleeping_workers.py::"
ROWS = "test_troubles_have_rows.py::"
# Imported before pytest, so that the copy is the one package of its name; a defect that can not even be imported
# proves nothing, and ends with its own exit code.
_STILLBORN = 9
_RUN = f"""
import sys
try:
    import reverse_etl.engine, reverse_etl.handoff, reverse_etl.exception_actions
    assert reverse_etl.__file__.startswith(sys.argv[1]), reverse_etl.__file__
except Exception as error:
    print(repr(error))
    sys.exit({_STILLBORN})
import pytest
sys.exit(pytest.main(sys.argv[2:]))
"""


@dataclass(frozen=True)
class Mutant:
    """A defect: `old` stands exactly once in `file` of reverse_etl, and `new` in its place is the defect."""

    name: str
    # Whose defect it is, or which handler is removed.
    like: str
    file: str
    old: str
    new: str
    # The test that must fail: of test_tool_defects.py, with its file, or with its whole path.
    test: str


@dataclass(frozen=True)
class Ran:
    exit_code: int
    said: str

    @property
    def passed(self) -> bool:
        return self.exit_code == 0

    @property
    def was_noticed(self) -> bool:
        """Did a test fail? Anything else (no such test, not importable) is a mistake in the list of mutants."""
        return self.exit_code == 1


def source(mutant: Mutant) -> str:
    return (ROOT / "reverse_etl" / mutant.file).read_text(encoding="utf-8")


def plant(mutant: Mutant | None, folder: Path) -> Path:
    """A copy of the engine in this folder, with the defect in it; None: the engine as it is."""
    shutil.copytree(ROOT / "reverse_etl", folder / "reverse_etl", ignore=shutil.ignore_patterns("__pycache__"))
    if mutant is not None:
        text = source(mutant)
        if text.count(mutant.old) != 1:
            raise ValueError(f"{mutant.name}: its text stands {text.count(mutant.old)} times in {mutant.file}")
        changed = text.replace(mutant.old, mutant.new)
        ast.parse(changed)
        (folder / "reverse_etl" / mutant.file).write_text(changed, encoding="utf-8")
    return folder


def run(folder: Path, test: str) -> Ran:
    """Run a regression test against the copy in this folder; a file with nothing after its `::` is run whole."""
    place = "" if test.startswith("tests/") else f"{FOLDER}/"
    wanted = f"{place}{test}".rstrip(":") if "::" in test else f"{TESTS}::{test}"
    options = ("-n", "0", "-q", "-x", "--no-header", "-p", "no:randomly", f"--basetemp={folder / 'pytest'}", wanted)
    done = subprocess.run(
        [sys.executable, "-P", "-c", _RUN, str(folder), *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return Ran(done.returncode, done.stdout[-3000:] + done.stderr[-1000:])
