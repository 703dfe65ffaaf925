"""The asset graph from API to push: merges the modules of this folder and nothing else."""

from __future__ import annotations

import dagster as dg

from orchestration import environment

environment.prepare()

# The imports below read the environment that `prepare` has just set.
from orchestration.activate import push_jobs, sync_assets, sync_models  # noqa: E402
from orchestration.checks import checks  # noqa: E402
from orchestration.completeness_audit import audit_assets, audit_job  # noqa: E402
from orchestration.drift_checks import drift_assets, drift_job  # noqa: E402
from orchestration.exceptions import exception_checks  # noqa: E402
from orchestration.inbox_retention import retention_asset, retention_job  # noqa: E402
from orchestration.ingest import raw_assets  # noqa: E402
from orchestration.lane_watch import lane_asset, lane_check, lane_sensor  # noqa: E402
from orchestration.schedules import schedules  # noqa: E402
from orchestration.sensors import change_sensor, due_sensor  # noqa: E402
from orchestration.transform import DbtRunner, dbt_project, published_tables, snapshot_asset, transform_assets  # noqa: E402
from orchestration.webhook_silence import webhook_check  # noqa: E402

project = dbt_project()
raw = raw_assets()
models = transform_assets(project)
snapshot = snapshot_asset(published_tables(models))
pushes = sync_assets()

refresh_warehouse = dg.define_asset_job(
    "refresh_warehouse",
    selection=dg.AssetSelection.assets(*raw, models, snapshot),
    description="Reads every configured platform, builds and tests all models, publishes the snapshot.",
)
check_drift = drift_job()
audit_completeness = audit_job()
expire_inbox = retention_job()
jobs = push_jobs()

defs = dg.Definitions(
    assets=[*raw, models, snapshot, *pushes, *drift_assets(), *audit_assets(), lane_asset(), retention_asset()],
    asset_checks=[*checks(), *exception_checks(), lane_check(), webhook_check()],
    jobs=[refresh_warehouse, *jobs.values(), check_drift, audit_completeness, expire_inbox],
    schedules=schedules(),
    sensors=[
        *(change_sensor(sync, model, jobs[sync]) for sync, model in sync_models()),
        due_sensor(jobs),
        lane_sensor(refresh_warehouse),
    ],
    resources={"dbt": DbtRunner()},
    # One writer at a time makes parallel steps pointless, and a step in a process of its own costs seconds.
    executor=dg.in_process_executor,
)
