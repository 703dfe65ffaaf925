"""Assets from dbt (staging to activation) and the snapshot published from them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets

from orchestration import activation, build, environment, failed_checks, warehouse
from orchestration.checks import SNAPSHOT
from orchestration.resources import OWNERS, WRITERS

UNIQUE_ID = "dagster_dbt/unique_id"
LAYERS = ("seeds", "staging", "canonical", "marts", "activation")


class ClaimsAsChecks(DagsterDbtTranslator):
    """Keys as dbt gives them; of the tests only those that claim something about the business become asset checks.

    A thousand "not null" lights would hide the one that matters. They run and stop what depends on them all the same.
    """

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        test = manifest["nodes"][unique_id]
        claims = test["name"].startswith("assert_") or "identity" in test.get("tags", [])
        if not claims or asset_spec.metadata[UNIQUE_ID] != _subject(manifest, unique_id):
            return None
        return dg.AssetCheckSpec(
            name=test["name"],
            asset=asset_spec.key,
            description=failed_checks.meaning(test) or None,
            metadata={UNIQUE_ID: unique_id, **_identity(test)},
        )


def _identity(test: Mapping[str, Any]) -> dict[str, str]:
    """Number of an identity, and whether its failure blocks pushes and the close or only warns."""
    told = {**test.get("meta", {}), **test.get("config", {}).get("meta", {})}
    return {name: str(told[name]) for name in ("identity", "severity") if name in told}


def _subject(manifest: Mapping[str, Any], test_id: str) -> str | None:
    """The model a claim is shown at: of those it reads the one furthest down a row's way."""
    parents = [parent for parent in manifest["parent_map"].get(test_id, ()) if parent in manifest["nodes"]]
    return max(parents, key=lambda parent: (LAYERS.index(manifest["nodes"][parent]["schema"]), parent), default=None)


def dbt_variables() -> dict[str, str]:
    """Settings of a build that come from the environment (`CARTWHEEL_AS_OF`, `CARTWHEEL_RFM_WINDOW_MONTHS`, …)."""
    names = {
        "as_of": "CARTWHEEL_AS_OF",
        "rfm_window_months": "CARTWHEEL_RFM_WINDOW_MONTHS",
        "rfm_merge_minutes": "CARTWHEEL_RFM_MERGE_MINUTES",
    }
    return {variable: os.environ[name] for variable, name in names.items() if os.environ.get(name)}


def dbt_project() -> DbtProject:
    """The dbt project, its manifest parsed anew when a file of the project is newer than it."""
    folder = environment.TRANSFORM
    project = DbtProject(
        project_dir=folder, profiles_dir=folder, target_path=os.environ["CARTWHEEL_DBT_TARGET"], target="duckdb"
    )
    if _is_stale(project):
        with build.worker() as dbt:
            build.parse(dbt)
    return project


def _is_stale(project: DbtProject) -> bool:
    if not project.manifest_path.exists():
        return True
    made = project.manifest_path.stat().st_mtime
    watched = ("models", "macros", "seeds", "tests", "dbt_project.yml")
    files = [
        path for name in watched for path in (environment.TRANSFORM / name, *(environment.TRANSFORM / name).rglob("*"))
    ]
    return any(path.stat().st_mtime > made for path in files if path.is_file())


class DbtRunner(dg.ConfigurableResource):  # type: ignore[type-arg]
    """How the dbt asset runs dbt. only_tables: after a whole build, what holds rows is made anew of newer rows.

    Views and seeds are what they were, and no test runs.
    """

    only_tables: bool = False

    def run(self, select: list[str]) -> build.Built:
        arguments = ["run", "--exclude", "config.materialized:view"] if self.only_tables else ["build"]
        if "dbt" in KEPT:
            return build.run(select, dbt_variables(), KEPT["dbt"], arguments)
        with build.worker() as fresh:
            return build.run(select, dbt_variables(), fresh, arguments)


# A dbt process somebody keeps over several builds (the demo does); a run of its own starts a fresh one.
KEPT: dict[str, build.Worker] = {}


def transform_assets(project: DbtProject) -> dg.AssetsDefinition:
    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        name="dbt_build",
        pool=WRITERS,
        dagster_dbt_translator=ClaimsAsChecks(),
    )
    def dbt_build(context: dg.AssetExecutionContext, dbt: DbtRunner) -> Iterator[Any]:
        specs = {spec.metadata[UNIQUE_ID]: spec for spec in context.assets_def.specs}
        keys = context.selected_asset_keys
        select = [] if context.is_subset is False else [name.split(".")[2] for name in specs if specs[name].key in keys]
        built = dbt.run(select)
        checks = {spec.metadata[UNIQUE_ID]: spec for spec in context.assets_def.check_specs if spec.metadata}
        counts = _row_counts()
        wrong = {check.unique_id: check.rows for check in failed_checks.standing()}
        for node in built.done:
            if node.unique_id in specs and node.status != "failed":
                yield _materialized(specs[node.unique_id].key, node, counts)
            elif node.unique_id in checks and checks[node.unique_id].key in context.selected_asset_check_keys:
                yield _checked(checks[node.unique_id], node, wrong.get(node.unique_id, ()))
        context.log.info(f"{len(built.done)} models, seeds and tests; failed: {', '.join(built.failures) or 'none'}")
        if built.succeeded:
            return
        if built.nodes and not context.is_subset:
            # The snapshot asset waits for every model, so it will not run; what is sound goes out all the same, and the
            # pushes that depend on none of the failures with it.
            context.log_event(dg.AssetMaterialization(SNAPSHOT, metadata=publish_snapshot()))
        raise dg.Failure(
            f"dbt build failed: {', '.join(built.failures) or 'it could not start'}", metadata={"dbt": built.words}
        )

    return dbt_build


def _materialized(key: dg.AssetKey, node: build.Node, counts: dict[tuple[str, str], int]) -> dg.MaterializeResult[None]:
    metadata: dict[str, Any] = {"seconds": node.seconds}
    rows = counts.get((key.path[-2], key.path[-1]))
    if rows is not None:
        metadata["dagster/row_count"] = rows
    return dg.MaterializeResult(asset_key=key, metadata=metadata)


def _checked(spec: dg.AssetCheckSpec, node: build.Node, wrong: Sequence[str]) -> dg.AssetCheckResult:
    metadata = {"status": node.status, **({"found wrong": "\n".join(wrong)} if wrong else {})}
    warned = node.status.startswith("warn")
    return dg.AssetCheckResult(
        passed=node.status == "pass",
        asset_key=spec.asset_key,
        check_name=spec.name,
        severity=dg.AssetCheckSeverity.WARN if warned else dg.AssetCheckSeverity.ERROR,
        metadata=metadata,
    )


def _row_counts() -> dict[tuple[str, str], int]:
    with duckdb.connect(str(warehouse.path()), read_only=True) as connection:
        found = connection.execute(
            "select schema_name, table_name, estimated_size from duckdb_tables() where database_name = current_database()"
        ).fetchall()
    return {(schema, table): size for schema, table, size in found}


def snapshot_asset(published_keys: list[dg.AssetKey]) -> dg.AssetsDefinition:
    @dg.asset(
        key=SNAPSHOT,
        group_name="published",
        deps=published_keys,
        kinds={"duckdb"},
        owners=[OWNERS["analytics"]],
        pool=WRITERS,
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=timedelta(hours=2), warn_window=timedelta(minutes=30)
        ),
        description=(
            "Marts and activation as a versioned read-only file: what `cartwheel query` and BI tools open while "
            "pipelines write."
        ),
    )
    def snapshot() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata=publish_snapshot())

    return snapshot


def publish_snapshot() -> dict[str, Any]:
    """Publishes what is sound and says in metadata what changed, and what a failed check held back."""
    earlier = {table: content for found in warehouse.publications()[-1:] for table, content in found.tables.items()}
    found = activation.publish(datetime.now(UTC))
    changed = [table for table, content in found.tables.items() if earlier.get(table) != content]
    rows = "\n".join(f"| {table} | {content.rows} |" for table, content in found.tables.items())
    return {
        "version": found.version,
        "file": dg.MetadataValue.path(str(warehouse.current_snapshot())),
        "tables changed": ", ".join(changed) or "none",
        "checks that fail": ", ".join(check.name for check in found.failed) or "none",
        "held back": ", ".join(found.held_back) or "none",
        "syncs blocked": ", ".join(activation.blocked_syncs(found)) or "none",
        "tables": dg.MetadataValue.md(f"| table | rows |\n|---|---|\n{rows}"),
    }


def published_tables(models: dg.AssetsDefinition) -> list[dg.AssetKey]:
    """Keys of the models that a snapshot holds."""
    return sorted(key for key in models.keys if key.path[0] in warehouse.PUBLISHED_SCHEMAS)
