"""`cartwheel`: one function per verb. Heavy imports live inside the functions, so that `--help` is instant."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from orchestration.cli_close import close
from orchestration.cli_completeness import completeness
from orchestration.cli_exceptions import audit, exceptions
from orchestration.cli_explain import explain, replay
from orchestration.cli_flows import flows
from orchestration.cli_handoff import handoff
from orchestration.cli_plans import approve, drift
from orchestration.cli_sandbox import happen, subscribe
from orchestration.cli_serve import inbox, serve
from orchestration.cli_tax import tax

CHANNELS = ["shopify", "woocommerce", "amazon"]
FORMATS = click.Choice(["table", "csv", "json"])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cartwheel")
def cartwheel() -> None:
    """From cart, all the way round, and back: extract, reconcile, plan, push.

    Everything is kept in the folder CARTWHEEL_HOME (default .cartwheel). Without configuration the commands
    act on the local sandbox; see `cartwheel doctor`.
    """


@cartwheel.command()
@click.option("--orders", default=500, show_default=True, help="Orders in the sandbox's world.")
@click.option("--seed", default=7, show_default=True, help="Same seed, same world, byte for byte.")
def demo(orders: int, seed: int) -> None:
    """One whole turn on a fresh sandbox: extract, build, plan, push, and again to show nothing is left."""
    from orchestration.demo import run

    run(orders=orders, seed=seed)


@cartwheel.command()
@click.option("--port", default=3000, show_default=True, help="Port of the Dagster UI.")
@click.option("--sandbox-port", default=8787, show_default=True)
@click.option("--webhook-port", default=8080, show_default=True)
@click.option("--orders", default=500, show_default=True, help="Orders in the sandbox's world.")
@click.option("--seed", default=7, show_default=True)
def up(port: int, sandbox_port: int, webhook_port: int, orders: int, seed: int) -> None:
    """Sandbox, webhooks and Dagster UI on 127.0.0.1, with the world loaded. Ctrl-C stops them all."""
    from orchestration.up import run

    run(port=port, sandbox_port=sandbox_port, webhook_port=webhook_port, orders=orders, seed=seed)


@cartwheel.group(invoke_without_command=True)
@click.option("--port", default=8787, show_default=True)
@click.option("--orders", default=500, show_default=True, help="Orders in the world; up to a million.")
@click.option("--seed", default=7, show_default=True)
@click.pass_context
def sandbox(context: click.Context, port: int, orders: int, seed: int) -> None:
    """The local twin of the platforms, in the foreground; or, with a subcommand, something done to a running one."""
    if context.invoked_subcommand is None:
        from orchestration.up import run_sandbox

        run_sandbox(port=port, orders=orders, seed=seed)


@sandbox.command()
@click.option("--channel", default="shopify", show_default=True, type=click.Choice(CHANNELS))
@click.option("--sku", default=None, help="Default: the first product with stock.")
@click.option("--quantity", default=1, show_default=True, type=click.IntRange(min=1))
@click.option("--email", default=None, help="Buyer's address; default: a new guest.")
@click.option("--company", default=None, help="A company that buys on terms, and pays later.")
@click.option("--terms", default=None, help="Its terms, such as net_30 or 2_10_net_30; default: net_30.")
@click.option("--po-number", default=None, help="Its own number of the order.")
def order(
    channel: str,
    sku: str | None,
    quantity: int,
    email: str | None,
    company: str | None,
    terms: str | None,
    po_number: str | None,
) -> None:
    """Places an order on a channel of the running sandbox: paid by card, or by a company on terms."""
    from orchestration.up import place_order

    click.echo(place_order(channel, sku, quantity, email, company=company, terms=terms, po_number=po_number))


@sandbox.command()
@click.option("--amount-minor", required=True, type=click.IntRange(min=1), help="Cents received.")
@click.option("--reference", required=True, help="What the payer wrote, such as an invoice's number.")
def transfer(amount_minor: int, reference: str) -> None:
    """Lets money arrive at the bank of the running sandbox."""
    from orchestration.up import receive_at_bank

    click.echo(receive_at_bank(amount_minor, reference))


@sandbox.command()
@click.argument("code", required=False)
def mishap(code: str | None) -> None:
    """Makes a discrepancy of the reason CODE happen in the running sandbox; without CODE, lists them."""
    from orchestration.up import let_happen, mishaps_text

    click.echo(let_happen(code) if code else mishaps_text())


@sandbox.command()
def effects() -> None:
    """What the sandbox's platforms say was done to them: the receiver's own count."""
    from orchestration.up import effects_text

    click.echo(effects_text())


@cartwheel.group()
def files() -> None:
    """The file drop: channels without a connector."""


@files.command()
@click.argument("kind", required=False)
def contract(kind: str | None) -> None:
    """Prints the columns a file may and must have (orders, order_lines, payments, …)."""
    from pipelines.files.contract import render

    click.echo(render(kind))


@cartwheel.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--set-aside", is_flag=True, help="A bad row waits in raw_files.refused_rows; the rest of its file is loaded."
)
def load(directory: Path, set_aside: bool) -> None:
    """Loads CSV, Parquet and JSONL files from DIRECTORY; refused files are named with row, column and reason."""
    from orchestration.verbs import load_files

    sys.exit(load_files(directory, set_aside=set_aside))


@cartwheel.command()
@click.argument("platforms", nargs=-1)
@click.option("--since", default=None, help="Re-read from this UTC moment (ISO 8601) instead of the remembered cursor.")
def extract(platforms: tuple[str, ...], since: str | None) -> None:
    """Reads platforms (default: all configured) into the warehouse."""
    from orchestration.verbs import extract_platforms

    sys.exit(extract_platforms(platforms, since))


@cartwheel.command()
@click.argument("select", nargs=-1)
@click.option("--as-of", default=None, help="The day RFM looks from (YYYY-MM-DD); default: the newest order's day.")
@click.option("--rfm-window", default=None, help="Months RFM looks back, or 'all'; default 24.")
@click.option(
    "--rfm-merge-minutes", default=None, type=int, help="Split checkouts within so many minutes are one order."
)
def build(select: tuple[str, ...], as_of: str | None, rfm_window: str | None, rfm_merge_minutes: int | None) -> None:
    """Builds and tests the models (all, or those of the dbt selection SELECT), then publishes the snapshot."""
    from orchestration.verbs import build_models

    settings = {"as_of": as_of, "rfm_window_months": rfm_window, "rfm_merge_minutes": rfm_merge_minutes}
    sys.exit(build_models(select, {key: value for key, value in settings.items() if value is not None}))


@cartwheel.command()
@click.argument("syncs", nargs=-1)
@click.option("--format", "output", default="text", show_default=True, type=click.Choice(["text", "json"]))
@click.option("--limit", default=20, show_default=True, help="Records shown per sync in text; 0 shows all.")
def plan(syncs: tuple[str, ...], output: str, limit: int) -> None:
    """Says what a push would change, record by record and field by field, and stores that plan. Sends nothing."""
    from orchestration.verbs import plan_syncs

    sys.exit(plan_syncs(syncs, output, limit))


@cartwheel.command()
@click.argument("syncs", nargs=-1)
@click.option("--plan", "reference", default=None, help="Send exactly this plan, by its id or hash.")
def push(syncs: tuple[str, ...], reference: str | None) -> None:
    """Sends the newest plan of each sync (making one where there is none); refuses one that is stale or unapproved."""
    from orchestration.verbs import push_syncs

    if syncs and reference:
        raise click.UsageError("name syncs or a plan, not both")
    sys.exit(push_syncs(syncs, reference))


@cartwheel.command()
@click.argument("sql")
@click.option("--format", "output", default="table", show_default=True, type=FORMATS)
def query(sql: str, output: str) -> None:
    """Runs SQL on the published snapshot (schemas marts and activation), also while a pipeline writes."""
    from orchestration.verbs import run_query

    sys.exit(run_query(sql, output))


@cartwheel.command()
def doctor() -> None:
    """Says per connection what is configured, reachable, expiring or missing. Prints no secret."""
    from orchestration.verbs import examine

    sys.exit(examine())


cartwheel.add_command(close)
cartwheel.add_command(explain)
cartwheel.add_command(replay)
cartwheel.add_command(flows)
cartwheel.add_command(handoff)
cartwheel.add_command(approve)
cartwheel.add_command(drift)
cartwheel.add_command(exceptions)
cartwheel.add_command(audit)
cartwheel.add_command(tax)
cartwheel.add_command(serve)
sandbox.add_command(subscribe)
sandbox.add_command(happen)
cartwheel.add_command(inbox)
cartwheel.add_command(completeness)


def main() -> None:
    """Entry point: mistakes and refusals come out as one or two lines on stderr, never as a traceback."""
    try:
        cartwheel.main(prog_name="cartwheel", standalone_mode=False)
    except click.UsageError as error:
        asked = error.ctx.command_path if error.ctx else "cartwheel"
        click.echo(f"{asked}: {error.format_message()}\nSee `{asked} --help`.", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except Exception as error:
        if not _is_expected(error):
            raise
        # A database error shows its statement otherwise, which helps nobody at night.
        click.echo(f"cartwheel: {getattr(error, 'orig', None) or error}", err=True)
        sys.exit(1)


def _is_expected(error: Exception) -> bool:
    """Errors that are told, not traced: each of ours says what to do. Modules not imported can't have raised."""
    expected = {
        "orchestration.environment": ("EnvironmentRefused",),
        "orchestration.warehouse": ("WarehouseBusy", "NothingPublished"),
        "orchestration.verbs": ("Refused",),
        "orchestration.close.month": ("CloseRefused",),
        "orchestration.demo": ("StepFailed",),
        "pipelines.errors": ("ExtractionError",),
        "reverse_etl.errors": ("DeliveryError",),
        # The operational store went away or its disk is full: nothing was sent that was not written down.
        "sqlalchemy.exc": ("OperationalError",),
    }
    kinds = tuple(
        getattr(sys.modules[module], kind)
        for module, names in expected.items()
        if module in sys.modules
        for kind in names
    )
    return isinstance(error, kinds)


if __name__ == "__main__":
    main()
