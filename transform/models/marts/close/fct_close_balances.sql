with

-- Movement of each account in the month, debit positive.
ledger as (
    select entity_id, period_month, account_number, currency_code, {{ sum_minor('debits_minor - credits_minor') }} as moved_minor
    from {{ ref('fct_trial_balance') }}
    group by entity_id, period_month, account_number, currency_code
),

revenue_accounts as (
    select account_number from {{ ref('chart_of_accounts') }} where account_type in ('income', 'contra_income')
),

orders as (
    select recognitions.entity_id, {{ month_key('recognitions.recognised_date') }} as recognised_month, recognitions.currency_code, worths.worth_minor
    from {{ ref('fct_order_recognitions') }} as recognitions
    inner join {{ ref('fct_order_worths') }} as worths using (order_id)
    where recognitions.recognised_date is not null
),

-- What came in on an order after it counted, by the processor, the bank or any tender; before that there is nothing to receive it on.
received as (
    select entity_id, {{ month_key('greatest(settled_date, recognised_date)') }} as period_month, currency_code,
        amount_minor - overpaid_minor as amount_minor
    from {{ ref('fct_settled_legs') }}
    where recognised_date is not null
    union all
    select entity_id, {{ month_key('greatest(entry_date, recognised_date)') }}, currency_code,
        credited_minor + case when tender = 'terms' then money_minor else 0 end
    from {{ ref('fct_settled_refunds') }}
    where recognised_date is not null
),

-- What moved the balance by the account of its own system, debit positive.
told as (
    select entity_id, period_month, 'I-14' as check_code, currency_code,
        computed_closing_minor - opening_minor as amount_minor
    from {{ ref('fct_clearing_months') }}
    union all
    select entity_id, period_month, case liability_type when 'gift_card' then 'I-15' else 'I-16' end, currency_code, opening_minor - closing_minor
    from {{ ref('fct_gift_card_liability') }}
    union all
    select entity_id, period_month, 'I-18', currency_code, opening_minor - closing_minor from {{ ref('fct_deferred_revenue') }}
    union all
    select entity_id, period_month, 'I-17', currency_code, -tax_minor from {{ ref('fct_tax_boxes') }}
    union all
    select entity_id, recognised_month, 'I-19', currency_code, worth_minor from orders
    union all
    select entity_id, period_month, 'I-19', currency_code, -amount_minor from received
    union all
    select entity_id, {{ month_key('discount_date') }}, 'I-19', currency_code, -discount_minor from {{ ref('fct_early_payment_discounts') }}
    union all
    select entity_id, event_month, 'I-28', currency_code, -net_revenue_minor from {{ ref('fct_net_revenue') }}
    -- Net revenue holds what happened; what the ledger expects beside it is its own.
    union all
    select entity_id, period_month, 'I-28', currency_code, signed_minor
    from {{ ref('fct_returns_provision_lines') }}
    inner join revenue_accounts using (account_number)
    where signed_base_minor is not null
),

checked_accounts as (
    {%- for check, account in [
        ('I-14', 'clearing'), ('I-15', 'tender_gift_card'), ('I-16', 'tender_store_credit'), ('I-17', 'tax'), ('I-17', 'tax_marketplace'),
        ('I-18', 'deferred'), ('I-19', 'receivable'),
    ] %}
    select entity_id, {{ account }} as account_number, '{{ check }}' as check_code from {{ ref('dim_posting_accounts') }}
    union
    {%- endfor %}
    select posting_accounts.entity_id, revenue_accounts.account_number, 'I-28'
    from {{ ref('dim_posting_accounts') }} as posting_accounts
    cross join revenue_accounts
),

sides as (
    select ledger.entity_id, ledger.period_month, checked_accounts.check_code, ledger.currency_code,
        ledger.moved_minor as ledger_minor, cast(0 as bigint) as told_minor
    from ledger
    inner join checked_accounts using (entity_id, account_number)
    union all
    select entity_id, period_month, check_code, currency_code, 0, amount_minor from told
),

moved as (
    select entity_id, period_month, check_code, currency_code, {{ sum_minor('ledger_minor') }} as ledger_minor,
        {{ sum_minor('told_minor') }} as told_minor
    from sides
    group by entity_id, period_month, check_code, currency_code
    having sum(abs(ledger_minor) + abs(told_minor)) != 0
),

-- Closings, not movements: what came late for a closed month is in the ledger as a correction of an open one.
closings as (
    select
        entity_id, period_month, check_code, currency_code,
        {%- for side in ['ledger', 'told'] %}
        cast(sum({{ side }}_minor) over (
            partition by entity_id, check_code, currency_code order by period_month rows unbounded preceding
        ) as bigint) as {{ side }}_minor{{ ',' if not loop.last }}
        {%- endfor %}
    from moved
)

select
    entity_id || ':' || period_month || ':' || check_code || ':' || currency_code as close_balance_id,
    entity_id, period_month, check_code, currency_code, ledger_minor, told_minor, ledger_minor - told_minor as difference_minor
from closings
