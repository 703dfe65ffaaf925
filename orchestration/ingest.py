"""Assets from platforms: one multi-asset per connector, one raw table each; a failing resource stops nobody else."""

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration import warehouse
from orchestration.ledger_import import ledger_assets
from orchestration.resources import OWNERS, WRITERS
from pipelines.connector import Connector
from pipelines.extract import Extracted, connector, extract, platforms
from pipelines.files.contract import KINDS
from pipelines.files.load import load


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
            skippable=True,
        )
        for resource in declared.resources
    ]

    @dg.multi_asset(name=f"extract_{platform}", specs=specs, can_subset=True, pool=WRITERS)
    def extract_platform(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        selected = tuple(key.path[-1] for key in context.selected_asset_keys)
        with warehouse.writing(f"extract {platform}"):
            outcomes = extract(platform, only=selected)
        if not outcomes:
            context.log.info(
                f"{platform} is not configured: nothing to read. Set SOURCES__{platform.upper()}__BASE_URL."
            )
        for outcome in outcomes:
            if outcome.error is None:
                yield dg.MaterializeResult(asset_key=[f"raw_{platform}", outcome.resource], metadata=_metadata(outcome))
        failures = [f"{outcome.resource}: {outcome.error}" for outcome in outcomes if outcome.error]
        if failures:
            raise dg.Failure(
                f"{platform}: {len(failures)} of {len(outcomes)} resources failed",
                metadata={"errors": "\n".join(failures)},
            )

    return extract_platform


def _file_assets() -> dg.AssetsDefinition:
    """The file drop: whatever lies in the folder CARTWHEEL_FILE_DROP, the same as `cartwheel load FOLDER`."""
    specs = [
        dg.AssetSpec(
            key=["raw_files", kind.name],
            group_name="raw/files",
            kinds={"file", "duckdb"},
            owners=[OWNERS["operations"]],
            description=f"File drop, {kind.meaning}. `cartwheel files contract {kind.name}` prints the columns.",
            skippable=True,
        )
        for kind in KINDS
    ]

    @dg.multi_asset(name="extract_files", specs=specs, pool=WRITERS)
    def extract_files(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        folder = os.environ.get("CARTWHEEL_FILE_DROP")
        if not folder:
            context.log.info("No file drop is configured: set CARTWHEEL_FILE_DROP to a folder.")
            return
        with warehouse.writing("file drop"):
            outcome = load(Path(folder), warehouse.path())
        for kind in KINDS:
            rows = {loaded.file: loaded.rows for loaded in outcome.loaded if loaded.kind == kind.name}
            if rows:
                yield dg.MaterializeResult(
                    asset_key=["raw_files", kind.name],
                    metadata={"dagster/row_count": sum(rows.values()), "files": ", ".join(rows)},
                )
        if outcome.refused:
            reasons = "\n".join(str(refusal) for refusal in outcome.refused)
            raise dg.Failure(f"{len(outcome.refused)} faults in the file drop", metadata={"refused": reasons})

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
