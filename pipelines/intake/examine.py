"""The doctor's word on webhooks: per account of a platform that sends them, whether they can be verified."""

from __future__ import annotations

import dlt

from pipelines.doctor import Finding, LookUp, configured
from pipelines.intake.signatures import schemes


def examine(
    platform: str, environment: LookUp = configured, *, accounts: tuple[str, ...] | None = None
) -> tuple[Finding, ...]:
    """One finding per configured account; none for a platform without webhooks."""
    scheme = schemes().get(platform)
    if scheme is None:
        return ()
    accounts = accounts or tuple(dlt.config.get(f"sources.{platform}.accounts", list) or ["main"])

    def value(account: str, name: str) -> str | None:
        return environment(f"sources.{platform}.{account}.{name}") or environment(f"sources.{platform}.{name}")

    found = []
    for account in accounts:
        if not (value(account, "base_url") or value(account, scheme.secret)):
            continue
        key = f"SOURCES__{platform.upper()}__{scheme.secret.upper()}"
        if value(account, scheme.secret):
            found.append(Finding(platform, account, "webhooks", "ok", f"webhooks are verified with {key}"))
        else:
            says = f"webhooks are refused, and changes are known from polling only; to receive them, set {key}"
            found.append(Finding(platform, account, "webhooks", "attention", says))
    return tuple(found)
