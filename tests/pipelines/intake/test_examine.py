"""The doctor says per platform whether its webhooks can be verified, and never with what."""

from __future__ import annotations

from pipelines.intake.examine import examine

ADDRESS = {"sources.shopify.base_url": "https://shop.example"}


def test_a_configured_platform_without_a_webhook_secret_is_told_which_key_to_set() -> None:
    (finding,) = examine("shopify", ADDRESS.get, accounts=("main",))
    assert (finding.subject, finding.state) == ("webhooks", "attention")
    assert "SOURCES__SHOPIFY__WEBHOOK_SECRET" in finding.advice
    assert not finding.is_failure


def test_a_secret_is_said_to_be_there_and_not_shown() -> None:
    keys = {**ADDRESS, "sources.shopify.eu.webhook_secret": "very-secret-value"}
    main, eu = examine("shopify", keys.get, accounts=("main", "eu"))
    assert (main.state, eu.state) == ("attention", "ok")
    assert "very-secret-value" not in eu.advice


def test_paypal_is_verified_by_its_webhooks_id() -> None:
    (finding,) = examine("paypal", {"sources.paypal.webhook_id": "8PT"}.get, accounts=("main",))
    assert (finding.state, "SOURCES__PAYPAL__WEBHOOK_ID" in finding.advice) == ("ok", True)


def test_nothing_is_said_of_what_is_not_configured_or_sends_no_webhooks() -> None:
    assert examine("shopify", {}.get, accounts=("main",)) == ()
    assert examine("bank", {"sources.bank.base_url": "x"}.get, accounts=("main",)) == ()
