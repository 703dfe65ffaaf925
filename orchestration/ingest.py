"""Assets from platforms: one multi-asset per connector, one raw table each; a failing resource stops nobody else."""

from collections.abc import Iterator

import dagster as dg

from orchestration import warehouse
from orchestration.resources import OWNERS, WRITERS
from pipelines.connector import Connector
from pipelines.extract import Extracted, connector, extract, platforms


def raw_assets() -> list[dg.AssetsDefinition]:
    return [_platform_assets(connector(platform)) for platform in platforms()]


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


def _description(declared: Connector, name: str) -> str:
    resource = declared.resource(name)
    how = "read whole each time" if resource.snapshot else f"new and changed by `{resource.cursor}`"
    return f"{declared.platform} {name} as the API (version {declared.api_version}) gives them, {how}."


def _metadata(outcome: Extracted) -> dict[str, int | str]:
    metadata: dict[str, int | str] = {"dagster/row_count": outcome.rows}
    if outcome.undeclared:
        metadata["fields not declared"] = ", ".join(f"{name} ({count})" for name, count in outcome.undeclared.items())
    return metadata
