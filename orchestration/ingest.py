"""Assets from platforms: one multi-asset per connector, one raw table each; a failing resource stops nobody else."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration import warehouse
from orchestration.ledger_import import ledger_assets
from orchestration.resources import OWNERS, WRITERS
from pipelines.connector import Connector
from pipelines.errors import ExtractionError
from pipelines.extract import Extracted, connector, extract, platforms
from pipelines.files.contract import KINDS, kind_of
from pipelines.files.load import Outcome, load

IS_READ = "is_read"


def raw_assets() -> list[dg.AssetsDefinition]:
    return [*(_platform_assets(connector(platform)) for platform in platforms()), _file_assets(), ledger_assets()]


def _platform_assets(declared: Connector) -> dg.AssetsDefinition:
    platform = declared.platform
    specs = [
        dg.AssetSpec(
            key=[f"raw_{platform}", resource.name],
            group_name=f"raw/{platform}",
            kinds={"dlt", "duckdb"},
            owners=[OWNERS["operations"]],
            description=_description(declared, resource.name),
        )
        for resource in declared.resources
    ]

    @dg.multi_asset(
        name=f"extract_{platform}", specs=specs, check_specs=_read_checks(specs), can_subset=True, pool=WRITERS
    )
    def extract_platform(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        selected = tuple(key.path[-1] for key in context.selected_asset_keys)
        with warehouse.writing(f"extract {platform}"):
            outcomes = {outcome.resource: outcome for outcome in _extract(declared, selected)}
        for name in selected:
            key, outcome = dg.AssetKey([f"raw_{platform}", name]), outcomes.get(name)
            if outcome is None:
                unconfigured = {
                    "not configured": f"set SOURCES__{platform.upper()}__BASE_URL; the table stays as it is"
                }
                yield _read(context, key, unconfigured, None)
            else:
                yield _read(context, key, _metadata(outcome), outcome.error)

    return extract_platform


def _extract(declared: Connector, selected: tuple[str, ...]) -> list[Extracted]:
    """What became of each resource; a platform configured in part is an error of all of them."""
    try:
        return extract(declared.platform, only=selected)
    except ExtractionError as error:
        return [Extracted(declared.platform, name, 0, {}, error) for name in selected]


def _read_checks(specs: list[dg.AssetSpec]) -> list[dg.AssetCheckSpec]:
    """A platform that does not answer must not hold up the others: it turns a light red, what it gave before stays."""
    text = "Fails when this table could not be read; it then holds what was read before, and the others go on."
    return [dg.AssetCheckSpec(IS_READ, asset=spec.key, description=text) for spec in specs]


def _read(
    context: dg.AssetExecutionContext, key: dg.AssetKey, metadata: dict[str, Any], error: object
) -> dg.MaterializeResult[None]:
    if error is not None:
        context.log.error(f"{key.to_user_string()}: {error}")
    verdict = dg.AssetCheckResult(
        passed=error is None, check_name=IS_READ, asset_key=key, metadata={"error": str(error)} if error else {}
    )
    chosen = dg.AssetCheckKey(key, IS_READ) in context.selected_asset_check_keys
    return dg.MaterializeResult(asset_key=key, metadata=metadata, check_results=[verdict] if chosen else [])


def _file_assets() -> dg.AssetsDefinition:
    """The file drop: whatever lies in the folder CARTWHEEL_FILE_DROP, the same as `cartwheel load FOLDER`."""
    specs = [
        dg.AssetSpec(
            key=["raw_files", kind.name],
            group_name="raw/files",
            kinds={"file", "duckdb"},
            owners=[OWNERS["operations"]],
            description=f"File drop, {kind.meaning}. `cartwheel files contract {kind.name}` prints the columns.",
        )
        for kind in KINDS
    ]

    @dg.multi_asset(name="extract_files", specs=specs, check_specs=_read_checks(specs), pool=WRITERS)
    def extract_files(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        folder, outcome = os.environ.get("CARTWHEEL_FILE_DROP"), Outcome()
        trouble: object = None
        if folder:
            with warehouse.writing("file drop"):
                try:
                    outcome = load(Path(folder), warehouse.path())
                except ExtractionError as error:
                    trouble = error
        for kind in KINDS:
            rows = {loaded.file: loaded.rows for loaded in outcome.loaded if loaded.kind == kind.name}
            refused = [str(refusal) for refusal in outcome.refused if kind_of(refusal.file) in (kind, None)]
            files = ", ".join(rows) or ("none" if folder else "set CARTWHEEL_FILE_DROP to a folder")
            metadata: dict[str, Any] = {"dagster/row_count": sum(rows.values()), "files": files}
            yield _read(context, dg.AssetKey(["raw_files", kind.name]), metadata, trouble or "\n".join(refused) or None)

    return extract_files


def _description(declared: Connector, name: str) -> str:
    resource = declared.resource(name)
    how = "read whole each time" if resource.snapshot else f"new and changed by `{resource.cursor}`"
    return f"{declared.platform} {name} as the API (version {declared.api_version}) gives them, {how}."


def _metadata(outcome: Extracted) -> dict[str, int | str]:
    metadata: dict[str, int | str] = {"dagster/row_count": outcome.rows}
    if outcome.undeclared:
        metadata["fields not declared"] = ", ".join(f"{name} ({count})" for name, count in outcome.undeclared.items())
    return metadata
