"""The audit of what was loaded runs by itself: every night over a week, once a week over what may come a month late."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner

from orchestration.cli import cartwheel
from orchestration.completeness_audit import DAYS_TAG, audit_assets
from orchestration.schedules import schedules
from tests.orchestration import published_home


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    published_home.settle_in(tmp_path / "home", "http://127.0.0.1:9", monkeypatch)


def test_it_looks_back_a_week_every_night_and_five_weeks_once_a_week_unless_paused() -> None:
    nightly, weekly = (schedule for schedule in schedules() if schedule.job_name == "audit_completeness")
    assert (nightly.cron_schedule.split()[2:], weekly.cron_schedule.split()[2:]) == (["*"] * 3, ["*", "*", "0"])
    for schedule, days in ((nightly, None), (weekly, "35")):
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        asked = schedule()
        assert isinstance(asked, dg.RunRequest)
        assert asked.tags.get(DAYS_TAG) == days
    why = ["--by", "Ann", "--because", "the platform asks for quiet"]
    done = CliRunner().invoke(cartwheel, ["flows", "pause", "audit_completeness", *why])
    assert done.exit_code == 0, done.output
    assert all(isinstance(schedule(), dg.SkipReason) for schedule in (nightly, weekly))


@pytest.mark.parametrize(("tags", "days"), [({}, 7), ({DAYS_TAG: "35"}, 35)])
def test_what_the_schedule_asks_for_is_what_is_counted(tags: dict[str, str], days: int) -> None:
    done = dg.materialize([audit_assets()[0]], tags=tags, instance=dg.DagsterInstance.ephemeral())
    (event,) = done.get_asset_materialization_events()
    said = event.materialization.metadata
    first, last = (date.fromisoformat(str(said[name].value)) for name in ("first day", "last day"))
    assert (last - first).days + 1 == days
