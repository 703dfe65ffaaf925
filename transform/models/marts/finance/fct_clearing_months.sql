with

movements as (
    select *, {{ month_key('movement_date') }} as movement_month from {{ ref('can_processor_movements') }}
),

balances as (
    select * from {{ ref('can_processor_balances') }}
),

monthly as (
    select
        entity_id, platform, account_id, movement_month as period_month, currency_code,
        {{ sum_minor("case when movement_type = 'charge' then amount_minor else 0 end") }} as charges_minor,
        {{ sum_minor("case when movement_type in ('refund', 'refund_failure') then amount_minor else 0 end") }} as refunds_minor,
        {{ sum_minor("case when movement_type in ('dispute', 'dispute_reversal') then amount_minor else 0 end") }} as disputes_minor,
        {{ sum_minor('-dispute_fee_minor') }} as dispute_fees_minor,
        {{ sum_minor('dispute_fee_minor - fee_minor') }} as fees_minor,
        {{ sum_minor("case when movement_type in ('reserve_hold', 'reserve_release') then amount_minor else 0 end") }} as reserves_minor,
        {{ sum_minor("case when movement_type = 'currency_conversion' then amount_minor else 0 end") }} as conversions_minor,
        {{ sum_minor("case when movement_type in ('payout', 'payout_failure') then amount_minor else 0 end") }} as payouts_minor,
        {{ sum_minor("case when movement_type in ('fee', 'payout_fee', 'financing', 'adjustment', 'unmapped') then amount_minor else 0 end") }} as adjustments_minor,
        {{ sum_minor('net_minor') }} as net_minor, max(movement_date) as newest_date
    from movements
    group by entity_id, platform, account_id, movement_month, currency_code
),

-- An account that stood still while another of its company moved keeps its balance: without the row their sum would lack it.
entity_months as (
    select distinct entity_id, currency_code, period_month from monthly
),

first_months as (
    select entity_id, platform, account_id, currency_code, min(period_month) as first_month
    from monthly
    group by entity_id, platform, account_id, currency_code
),

filled as (
    select
        first_months.entity_id, first_months.platform, first_months.account_id, entity_months.period_month, first_months.currency_code
        {%- for part in ['charges', 'refunds', 'disputes', 'dispute_fees', 'fees', 'reserves', 'conversions', 'payouts', 'adjustments', 'net'] %},
        coalesce(monthly.{{ part }}_minor, 0) as {{ part }}_minor
        {%- endfor %},
        monthly.newest_date
    from first_months
    inner join entity_months
        on first_months.entity_id = entity_months.entity_id
        and first_months.currency_code = entity_months.currency_code
        and first_months.first_month <= entity_months.period_month
    left join monthly
        on first_months.entity_id = monthly.entity_id
        and first_months.platform = monthly.platform
        and first_months.account_id = monthly.account_id
        and first_months.currency_code = monthly.currency_code
        and entity_months.period_month = monthly.period_month
),

rolled as (
    select
        *,
        cast(sum(net_minor) over (
            partition by entity_id, platform, account_id, currency_code order by period_month rows unbounded preceding
        ) as bigint) as computed_closing_minor,
        max(period_month) over (partition by entity_id, platform, account_id, currency_code) as latest_month,
        max(newest_date) over (partition by entity_id, currency_code) as balance_date
    from filled
),

-- The newest answer of every processor account; an account that was not asked leaves the month unreported.
newest as (
    select
        *,
        row_number() over (partition by platform, account_id, currency_code order by as_of_at desc nulls last, balance_id) as nth
    from balances
),

closed as (
    select
        rolled.entity_id,
        rolled.platform,
        rolled.account_id,
        rolled.period_month,
        rolled.currency_code,
        rolled.computed_closing_minor - rolled.net_minor as opening_minor,
        rolled.charges_minor,
        rolled.refunds_minor,
        rolled.fees_minor,
        rolled.disputes_minor,
        rolled.dispute_fees_minor,
        rolled.reserves_minor,
        rolled.conversions_minor,
        rolled.adjustments_minor,
        rolled.payouts_minor,
        rolled.computed_closing_minor,
        cast(newest.available_minor + newest.pending_minor as bigint) as reported_closing_minor,
        case when newest.balance_id is not null then rolled.balance_date end as balance_date
    from rolled
    left join newest
        on rolled.platform = newest.platform
        and rolled.account_id = newest.account_id
        and rolled.currency_code = newest.currency_code
        and rolled.period_month = rolled.latest_month
        and newest.nth = 1
)

select * from closed
