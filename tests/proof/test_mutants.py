"""Each defect known from other tools, planted in our engine, is noticed by a test; and so is each handler taken out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.proof import mutation
from tests.proof.mutants import MUTANTS
from tests.proof.mutation import Mutant, Ran

SAMPLE = MUTANTS[:: max(1, len(MUTANTS) // 2)][:2]
SIDE_BY_SIDE = 2


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_still_fits_the_engine(mutant: Mutant) -> None:
    assert mutation.source(mutant).count(mutant.old) == 1
    assert mutant.old != mutant.new


@pytest.mark.parametrize("mutant", SAMPLE, ids=lambda mutant: mutant.name)
def test_a_sample_of_planted_defects_is_noticed(mutant: Mutant, tmp_path: Path) -> None:
    ran = mutation.run(mutation.plant(mutant, tmp_path), mutant.test)
    assert ran.was_noticed, ran.said


@pytest.mark.proof
def test_the_engine_as_it_is_passes_what_the_mutants_fail(tmp_path: Path) -> None:
    folder = mutation.plant(None, tmp_path)
    for file in ("test_tool_defects.py::", mutation.ROWS, mutation.SLEEPERS):
        ran = mutation.run(folder, file)
        assert ran.passed, ran.said


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_every_planted_defect_is_noticed(tmp_path: Path, record_property) -> None:
    def killed(mutant: Mutant) -> Ran:
        folder = tmp_path / mutant.name.replace(" ", "-")
        folder.mkdir()
        try:
            return mutation.run(mutation.plant(mutant, folder), mutant.test)
        except ValueError as error:
            return Ran(-1, str(error))

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        ran = dict(zip(MUTANTS, pool.map(killed, MUTANTS), strict=True))
    survived = {mutant.name: result.said for mutant, result in ran.items() if not result.was_noticed}
    record_property("mutants killed", f"{len(MUTANTS) - len(survived)}/{len(MUTANTS)}")
    if survived:
        record_property("mutants that survived", ", ".join(survived))
    assert not survived, survived
