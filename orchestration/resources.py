"""Things built once for all assets: the pool that keeps writers in line, the owners, the Dagster home."""

from __future__ import annotations

import os
from pathlib import Path

from orchestration import environment

# Every asset that writes the warehouse draws from this pool; its limit is one (see `instance_settings`).
WRITERS = "warehouse"

OWNERS = {"finance": "team:finance", "operations": "team:operations", "analytics": "team:analytics", "crm": "team:crm"}


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
