"""The recorded rows of HubSpot and Klaviyo hold no money that a model should read: each field says why."""

from __future__ import annotations

import pytest

from tests.transform.recorded_money import Recorded

NOT_USED = {
    "hubspot": {
        "connector_seed/company_data.csv.property_annualrevenue": "an estimate of a company's size, typed or bought: no event of ours",
        "connector_seed/company_data.csv.property_hs_all-funky-a9384-syntax": "a property without a meaning, which looks like an amount",
        "connector_seed/contact_data.csv.property_annualrevenue": "an estimate of a company's size, typed or bought: no event of ours",
    },
    "klaviyo": {
        "connector_seed/event.csv.property_value": "what the storefront told Klaviyo of an order: the storefront's own order is read",
    },
}


@pytest.mark.parametrize("platform", sorted(NOT_USED))
def test_every_field_of_money_is_listed(platform: str) -> None:
    Recorded(platform, {}).assert_claimed({}, NOT_USED[platform])
