"""Killed at any step in any situation, the receiver counts one effect: docs/crash-matrix.md, run against the twins."""

from __future__ import annotations

import pytest

from tests.proof import crash_matrix
from tests.proof.crash_cells import STEPS, Situation, cells
from tests.proof.twin_records import SUBJECTS

# A stride that is prime to all three sides of the matrix: the sample meets each step, situation and guard.
SAMPLE = list(cells())[::13]


def test_the_sample_meets_every_step_situation_and_guard() -> None:
    assert {cell.step for cell in SAMPLE} == set(STEPS)
    assert {cell.situation for cell in SAMPLE} == set(Situation)
    assert {cell.subject for cell in SAMPLE} == set(SUBJECTS)


def test_the_published_matrix_holds_every_cell_and_each_is_one() -> None:
    published = crash_matrix.committed(crash_matrix.DOCUMENT.read_text())
    assert set(published) == set(cells())
    assert {text.rstrip("*") for text in published.values()} == {"1"}


def test_a_sample_of_the_matrix_is_as_published(tmp_path) -> None:
    published = crash_matrix.committed(crash_matrix.DOCUMENT.read_text())
    found = crash_matrix.run(SAMPLE, tmp_path)
    assert {text.rstrip("*") for text in found.values()} == {"1"}, found
    assert found == {cell: published[cell] for cell in SAMPLE}


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_the_whole_matrix_is_as_published(tmp_path) -> None:
    found = crash_matrix.run(cells(), tmp_path)
    wrong = {f"{cell.situation}, {cell.step}, {cell.subject.sync}": text for cell, text in found.items()}
    assert {name: text for name, text in wrong.items() if text.rstrip("*") != "1"} == {}
    assert crash_matrix.render(found) == crash_matrix.DOCUMENT.read_text()
