with

movements as (
    select *, {{ month_key('movement_date') }} as movement_month from {{ ref('can_processor_movements') }}
),

balances as (
    select * from {{ ref('can_processor_balances') }}
),

monthly as (
    select
        entity_id,
        movement_month as period_month,
        currency_code,
        {{ sum_minor("case when movement_type = 'charge' then amount_minor else 0 end") }} as charges_minor,
        {{ sum_minor("case when movement_type in ('refund', 'refund_failure') then amount_minor else 0 end") }} as refunds_minor,
        {{ sum_minor("case when movement_type in ('dispute', 'dispute_reversal') then amount_minor else 0 end") }} as disputes_minor,
        {{ sum_minor('-dispute_fee_minor') }} as dispute_fees_minor,
        {{ sum_minor('dispute_fee_minor - fee_minor') }} as fees_minor,
        {{ sum_minor("case when movement_type in ('payout', 'payout_failure') then amount_minor else 0 end") }} as payouts_minor,
        {{ sum_minor("case when movement_type in ('fee', 'adjustment', 'unmapped') then amount_minor else 0 end") }} as adjustments_minor,
        {{ sum_minor('net_minor') }} as net_minor
    from movements
    group by entity_id, movement_month, currency_code
),

rolled as (
    select
        *,
        cast(sum(net_minor) over (partition by entity_id, currency_code order by period_month rows unbounded preceding) as bigint) as computed_closing_minor,
        max(period_month) over (partition by entity_id, currency_code) as latest_month
    from monthly
),

-- The newest answer of every processor account; an account that was not asked leaves the month unreported.
newest as (
    select
        *,
        row_number() over (partition by platform, account_id, currency_code order by as_of_at desc nulls last, balance_id) as nth
    from balances
),

reported as (
    select entity_id, currency_code, {{ sum_minor('available_minor + pending_minor') }} as reported_minor
    from newest
    where nth = 1
    group by entity_id, currency_code
),

closed as (
    select
        rolled.entity_id,
        rolled.period_month,
        rolled.currency_code,
        rolled.computed_closing_minor - rolled.net_minor as opening_minor,
        rolled.charges_minor,
        rolled.refunds_minor,
        rolled.fees_minor,
        rolled.disputes_minor,
        rolled.dispute_fees_minor,
        rolled.adjustments_minor,
        rolled.payouts_minor,
        rolled.computed_closing_minor,
        reported.reported_minor as reported_closing_minor
    from rolled
    left join reported
        on rolled.entity_id = reported.entity_id
        and rolled.currency_code = reported.currency_code
        and rolled.period_month = rolled.latest_month
)

select * from closed
