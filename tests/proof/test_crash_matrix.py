"""Killed at any step in any situation, the receiver counts one effect: docs/crash-matrix.md, run against the twins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.proof import crash_matrix
from tests.proof.crash_cells import STEPS, Cell, Situation, cells
from tests.proof.twin_records import SUBJECTS, UNSAID

# A stride that is prime to all three sides of the matrix: the sample meets each step, situation and guard.
SAMPLE = list(cells())[::13]


def test_the_sample_meets_every_step_situation_and_guard() -> None:
    assert {cell.step for cell in SAMPLE} == set(STEPS)
    assert {cell.situation for cell in SAMPLE} == set(Situation)
    assert {cell.subject for cell in SAMPLE} == set(SUBJECTS)


def test_the_published_matrix_holds_every_cell_and_each_keeps_its_promise() -> None:
    published = crash_matrix.committed(crash_matrix.DOCUMENT.read_text())
    assert set(published) == set(cells())
    assert crash_matrix.broken(published) == {}
    # No guard but the one of messages may leave anything out, and it does so in some cell.
    assert {cell.subject.guard for cell, text in published.items() if text.startswith(UNSAID)} == {"at most once"}


def test_a_sample_of_the_matrix_is_as_published(tmp_path) -> None:
    published = crash_matrix.committed(crash_matrix.DOCUMENT.read_text())
    found = crash_matrix.run(SAMPLE, tmp_path)
    assert crash_matrix.broken(found) == {}
    assert found == {cell: published[cell] for cell in SAMPLE}


def test_cells_are_on_postgresql_as_published(tmp_path, new_store) -> None:
    check_on_postgresql(SAMPLE[::9], tmp_path, new_store)


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_a_sample_of_the_matrix_is_on_postgresql_as_published(tmp_path, new_store) -> None:
    check_on_postgresql(SAMPLE, tmp_path, new_store)


def check_on_postgresql(chosen: list[Cell], folder: Path, new_store: Callable[[], str]) -> None:
    published = crash_matrix.committed(crash_matrix.DOCUMENT.read_text())
    assert crash_matrix.run(chosen, folder, new_store) == {cell: published[cell] for cell in chosen}


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_the_whole_matrix_is_as_published(tmp_path) -> None:
    found = crash_matrix.run(cells(), tmp_path)
    assert crash_matrix.broken(found) == {}
    assert crash_matrix.render(found) == crash_matrix.DOCUMENT.read_text()
