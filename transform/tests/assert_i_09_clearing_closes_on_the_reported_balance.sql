{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-09', 'severity': 'blocks'}) }}
-- I-09: per processor account and currency, opening and the movements of every month make its closing, the next month opens with it, and the latest one is the balance that the processor reports.
-- A failure means that a movement is missing or read twice. It does not say which.
with

months as (
    select
        *,
        lag(computed_closing_minor) over (partition by platform, account_id, currency_code order by period_month) as previous_closing_minor
    from {{ ref('fct_clearing_months') }}
)

select *
from months
where opening_minor + charges_minor + refunds_minor + fees_minor + disputes_minor + dispute_fees_minor
        + reserves_minor + conversions_minor + adjustments_minor + payouts_minor != computed_closing_minor
    or opening_minor != coalesce(previous_closing_minor, 0)
    or computed_closing_minor != coalesce(reported_closing_minor, computed_closing_minor)
