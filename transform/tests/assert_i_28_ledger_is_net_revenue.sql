{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-28', 'severity': 'blocks'}) }}
-- I-28: income and contra-income accounts of the journal are net revenue, per entity, month and currency, credit positive.
-- A failure means that the journal and the revenue table tell two stories. Entries that are held are left out on both
-- sides, and so is the provision for returns: net revenue holds what happened, not what is expected.
with

held as (
    select event_id from {{ ref('fct_journal_entries') }} where entry_status = 'held'
),

posted as (
    select entity_id, period_month, currency_code, -signed_minor as amount_minor
    from {{ ref('fct_journal_lines') }}
    where account_number in (select account_number from {{ ref('chart_of_accounts') }} where account_type in ('income', 'contra_income')) and recipe != 'J-36' and event_id not in (select event_id from held)
),

earned as (
    select
        entity_id, event_month as period_month, currency_code, net_revenue_minor as amount_minor,
        'je:' || entity_id || ':' || case
            when event_type = 'sale' then order_id || ':captured'
            when net_revenue_id like 'lost:%' then refund_id || ':lost'
            when event_type = 'discount' then refund_id || ':discounted'
            else refund_id || ':refunded'
        end as event_id
    from {{ ref('fct_net_revenue') }}
),

compared as (
    select entity_id, period_month, currency_code, amount_minor from posted
    union all
    select entity_id, period_month, currency_code, -amount_minor
    from earned
    where event_id not in (select event_id from held)
)

select entity_id, period_month, currency_code, {{ sum_minor('amount_minor') }} as difference_minor
from compared
group by entity_id, period_month, currency_code
having sum(amount_minor) != 0
