with

-- Movement of each account in the month, debit positive: equal movements of every month make equal closings.
ledger as (
    select entity_id, period_month, account_number, currency_code, {{ sum_minor('debits_minor - credits_minor') }} as moved_minor
    from {{ ref('fct_trial_balance') }}
    group by entity_id, period_month, account_number, currency_code
),

orders as (
    select *, {{ month_key('recognised_date') }} as recognised_month
    from {{ ref('fct_order_reconciliation') }}
    where recognised_date is not null
),

gift_cards_sold as (
    select orders.entity_id, orders.recognised_month, lines.currency_code, lines.net_minor + lines.tax_minor as amount_minor
    from {{ ref('can_order_lines') }} as lines
    inner join orders using (order_id)
    where lines.line_type = 'gift_card'
),

refunds as (
    select refunds.entity_id, {{ month_key('refunds.refund_date') }} as period_month, refunds.tender_type, refunds.currency_code, refunds.amount_minor
    from {{ ref('can_refunds') }} as refunds
    inner join orders using (order_id)
    where refunds.refund_status = 'succeeded' and refunds.tender_type in ('gift_card', 'store_credit')
),

-- What came in later than the order, by the processor or by the bank; before the order counts there is nothing to receive it on.
received as (
    select orders.entity_id, {{ month_key('greatest(matches.charge_date, orders.recognised_date)') }} as period_month, orders.currency_code,
        matches.charge_minor as amount_minor
    from {{ ref('fct_payment_matches') }} as matches
    inner join orders using (order_id)
    where matches.movement_id is not null
    union all
    select orders.entity_id, {{ month_key('greatest(payments.value_date, orders.recognised_date)') }}, orders.currency_code, payments.amount_minor
    from {{ ref('fct_invoice_payments') }} as payments
    inner join orders using (order_id)
),

-- What moved the balance by the account of its own system, debit positive.
told as (
    select entity_id, period_month, 'I-14' as check_code, currency_code,
        computed_closing_minor - opening_minor as amount_minor
    from {{ ref('fct_clearing_months') }}
    union all
    select entity_id, recognised_month, 'I-15', currency_code, -amount_minor from gift_cards_sold
    union all
    select entity_id, recognised_month, 'I-15', currency_code, gift_card_minor from orders
    union all
    select entity_id, period_month, 'I-15', currency_code, -amount_minor from refunds where tender_type = 'gift_card'
    union all
    select entity_id, recognised_month, 'I-16', currency_code, store_credit_minor from orders
    union all
    select entity_id, period_month, 'I-16', currency_code, -amount_minor from refunds where tender_type = 'store_credit'
    union all
    select entity_id, period_month, 'I-17', currency_code, -tax_minor from {{ ref('fct_tax_boxes') }}
    union all
    select entity_id, recognised_month, 'I-19', currency_code, total_minor - gift_card_minor - store_credit_minor - manual_minor from orders
    union all
    select entity_id, period_month, 'I-19', currency_code, -amount_minor from received
    union all
    select entity_id, event_month, 'I-28', currency_code, -net_revenue_minor from {{ ref('fct_net_revenue') }}
),

checked_accounts as (
    {%- for check, number in [('I-14', '1100'), ('I-15', '2200'), ('I-16', '2210'), ('I-17', '2100'), ('I-19', '1200')] %}
    select account_number, '{{ check }}' as check_code from {{ ref('chart_of_accounts') }} where account_number = '{{ number }}'
    union all
    {%- endfor %}
    select account_number, 'I-28' from {{ ref('chart_of_accounts') }} where account_number between '4000' and '4060'
),

sides as (
    select ledger.entity_id, ledger.period_month, checked_accounts.check_code, ledger.currency_code,
        ledger.moved_minor as ledger_minor, cast(0 as bigint) as told_minor
    from ledger
    inner join checked_accounts using (account_number)
    union all
    select entity_id, period_month, check_code, currency_code, 0, amount_minor from told
),

balances as (
    select entity_id, period_month, check_code, currency_code, {{ sum_minor('ledger_minor') }} as ledger_minor,
        {{ sum_minor('told_minor') }} as told_minor
    from sides
    group by entity_id, period_month, check_code, currency_code
    having sum(abs(ledger_minor) + abs(told_minor)) != 0
)

select
    entity_id || ':' || period_month || ':' || check_code || ':' || currency_code as close_balance_id,
    entity_id, period_month, check_code, currency_code, ledger_minor, told_minor, ledger_minor - told_minor as difference_minor
from balances
