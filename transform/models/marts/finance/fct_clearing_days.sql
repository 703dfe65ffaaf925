with

movements as (
    select * from {{ ref('can_processor_movements') }}
),

daily as (
    select
        entity_id, movement_date as clearing_date, currency_code,
        {{ sum_minor("case when movement_type = 'charge' then amount_minor else 0 end") }} as charges_minor,
        {{ sum_minor("case when movement_type in ('refund', 'refund_failure') then amount_minor else 0 end") }} as refunds_minor,
        {{ sum_minor("case when movement_type in ('dispute', 'dispute_reversal') then amount_minor else 0 end - dispute_fee_minor") }} as disputes_minor,
        {{ sum_minor('dispute_fee_minor - fee_minor') }} as fees_minor,
        {{ sum_minor("case when movement_type in ('reserve_hold', 'reserve_release') then amount_minor else 0 end") }} as reserves_minor,
        {{ sum_minor("case when movement_type = 'currency_conversion' then amount_minor else 0 end") }} as conversions_minor,
        {{ sum_minor("case when movement_type in ('fee', 'payout_fee', 'financing', 'adjustment', 'unmapped') then amount_minor else 0 end") }} as adjustments_minor,
        {{ sum_minor("case when movement_type in ('payout', 'payout_failure') then amount_minor else 0 end") }} as payouts_minor,
        {{ sum_minor('net_minor') }} as net_minor
    from movements
    group by entity_id, movement_date, currency_code
),

-- What processors report beyond their movements, on the newest day of the company and currency.
reported as (
    select entity_id, balance_date as clearing_date, currency_code, {{ sum_minor('reported_closing_minor - computed_closing_minor') }} as beyond_minor
    from {{ ref('fct_clearing_months') }}
    where reported_closing_minor is not null
    group by entity_id, balance_date, currency_code
),

rolled as (
    select
        *,
        cast(sum(net_minor) over (
            partition by entity_id, currency_code order by clearing_date rows unbounded preceding
        ) as bigint) as computed_closing_minor
    from daily
)

select
    rolled.entity_id, rolled.clearing_date, rolled.currency_code, rolled.computed_closing_minor - rolled.net_minor as opening_minor,
    rolled.charges_minor, rolled.refunds_minor, rolled.fees_minor, rolled.disputes_minor, rolled.reserves_minor, rolled.conversions_minor,
    rolled.adjustments_minor, rolled.payouts_minor, rolled.computed_closing_minor,
    rolled.computed_closing_minor + reported.beyond_minor as reported_closing_minor
from rolled
left join reported using (entity_id, clearing_date, currency_code)
