"""Things built once for all assets: the pool that keeps writers in line, the owners, the Dagster home."""

from __future__ import annotations

import os
from pathlib import Path

from orchestration import environment
from reverse_etl.sync import Lane

# Every asset that writes the warehouse draws from this pool; its limit is one (see `instance_settings`).
WRITERS = "warehouse"

OWNERS = {"finance": "team:finance", "operations": "team:operations", "analytics": "team:analytics", "crm": "team:crm"}
TEAMS = {
    Lane.STOCK: "operations",
    Lane.TRACKING: "operations",
    Lane.NOTICES: "operations",
    Lane.LEDGER: "finance",
    Lane.SEGMENTS: "crm",
}


def destination_pool(destination: str) -> str:
    """The pool of everything that sends to a destination: one at a time, so that its pace is kept once for all."""
    return f"destination_{destination}"


def reading_pool(destination: str) -> str:
    """The pool of what reads back from a destination; pushes do not wait for it, it gives way to them."""
    return f"reading_{destination}"


def instance_settings() -> str:
    """dagster.yaml for a home of ours: one writer at a time, no telemetry, runs kept in SQLite beside the warehouse."""
    return "\n".join(
        [
            "concurrency:",
            "  pools:",
            "    granularity: op",
            "    default_limit: 1",
            "run_monitoring:",
            "  enabled: true",
            # A run whose process died would keep its place in a pool, and everybody else out, for ever.
            "  free_slots_after_run_end_seconds: 30",
            # Runs whose process died, as often as their job allows; what failed by its own word is not tried again.
            "run_retries:",
            "  enabled: true",
            "  max_retries: 0",
            "  retry_on_asset_or_op_failure: false",
            "telemetry:",
            "  enabled: false",
            # No sign-up dialog in front of an operator at night.
            "nux:",
            "  enabled: false",
            "",
        ]
    )


def dagster_home() -> Path:
    """DAGSTER_HOME of this Cartwheel home, made and configured if missing; exported for child processes."""
    folder = environment.home() / "dagster"
    folder.mkdir(exist_ok=True)
    settings = folder / "dagster.yaml"
    if not settings.exists():
        settings.write_text(instance_settings())
    os.environ["DAGSTER_HOME"] = str(folder)
    return folder
