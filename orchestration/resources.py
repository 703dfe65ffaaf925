"""Things built once for all assets: the pool that keeps writers in line, the dbt project, the executor's manners."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dagster_dbt import DbtCliResource, DbtProject

from orchestration import environment

# Every asset that writes the warehouse draws from this pool; its limit is one (see `instance_settings`).
WRITERS = "warehouse"

OWNERS = {"finance": "team:finance", "operations": "team:operations", "analytics": "team:analytics", "crm": "team:crm"}


def dbt_executable() -> str:
    return str(Path(sys.executable).with_name("dbt"))


def dbt_project() -> DbtProject:
    """The dbt project, its manifest parsed anew when a file of the project is newer than it."""
    target = Path(os.environ["CARTWHEEL_DBT_TARGET"])
    project = DbtProject(
        project_dir=environment.TRANSFORM, profiles_dir=environment.TRANSFORM, target_path=target, target="duckdb"
    )
    if _is_stale(target / "manifest.json"):
        parse(target)
    return project


def parse(target: Path) -> None:
    """Writes manifest.json. Raises RuntimeError with dbt's own words when a model does not parse."""
    command = [dbt_executable(), "--quiet", "parse", "--profiles-dir", str(environment.TRANSFORM)]
    arguments = ["--project-dir", str(environment.TRANSFORM), "--target-path", str(target)]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"dbt could not read the project:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")


def _is_stale(manifest: Path) -> bool:
    if not manifest.exists():
        return True
    made = manifest.stat().st_mtime
    watched = ("models", "macros", "seeds", "tests")
    files = [path for folder in watched for path in (environment.TRANSFORM / folder).rglob("*") if path.is_file()]
    files.append(environment.TRANSFORM / "dbt_project.yml")
    return any(path.stat().st_mtime > made for path in files)


def dbt_cli(project: DbtProject) -> DbtCliResource:
    return DbtCliResource(project_dir=project, dbt_executable=dbt_executable())


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
