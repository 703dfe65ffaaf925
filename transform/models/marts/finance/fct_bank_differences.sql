with

payouts as (
    select * from {{ ref('fct_payouts') }}
),

bank_lines as (
    select * from {{ ref('can_bank_lines') }}
),

links as (
    select * from {{ ref('fct_payout_bank_links') }}
),

invoice_payments as (
    select * from {{ ref('fct_invoice_payments') }}
),

-- A payout whose listed items do not make its amount: expected where the processor does not list them.
residues as (
    select
        'payout:' || payout_id as difference_id, 'payout:' || payout_id as money_atom_id, 'amount' as part, entity_id,
        bank_value_date as part_date, currency_code,
        case when is_automatic then 'UNX-00' else 'BNK-04' end as reason_code,
        platform_payout_id as reference, unexplained_minor as amount_minor,
        'amount of the payout less the net of its listed movements' as evidence
    from payouts
    where bank_line_id is not null and unexplained_minor != 0 and is_content_listed
),

unlisted as (
    select
        payout_id, entity_id, currency_code, platform_payout_id as reference, amount_minor,
        payout_status in ('failed', 'canceled') as is_returned,
        sent_date, bank_value_date, {{ month_key('sent_date') }} as sent_month, {{ month_key('bank_value_date') }} as bank_month
    from payouts
    where not is_content_listed
),

-- Where no content is listed, a payout takes its amount off the balance when it is sent, and is under way until it is at the bank.
rolled_forward as (
    select 'payout:' || payout_id, 'payout:' || payout_id, 'amount', entity_id, sent_date, currency_code, 'BNK-04', reference, amount_minor,
        'taken off a balance whose payouts list no movements'
    from unlisted
    union all
    select 'payout:' || payout_id || ':open', 'payout:' || payout_id, case when bank_month is null then 'existence' else 'timing' end, entity_id,
        sent_date, currency_code, case when is_returned then 'BNK-02' else 'TIM-03' end, reference, -amount_minor, case when is_returned then 'the bank sent it back' else 'not at the bank by the end of the month' end
    from unlisted
    where bank_month is null or bank_month != sent_month
    union all
    select 'payout:' || payout_id || ':banked', 'payout:' || payout_id, 'timing', entity_id, bank_value_date, currency_code, 'TIM-02', reference, amount_minor,
        'sent in ' || sent_month
    from unlisted
    where bank_month != sent_month
),

-- An invoice that is paid at the bank is no longer open.
paid_invoices as (
    select 'invoice:' || bank_line_id, 'bank:' || bank_line_id, 'existence', entity_id, value_date, currency_code, 'TND-03', order_number, amount_minor,
        'paid at the bank on ' || cast(value_date as varchar)
        || case match_strength when 3 then ', known by its amount alone' when 4 then ', matched by hand' else '' end || ', open after it ' || cast(open_after_minor as varchar) || ' minor units'
    from invoice_payments
),

candidates as (
    select bank_line_id, {{ sorted_list('order_number', 'order_number') }} as order_numbers from {{ ref('fct_invoice_candidates') }} group by bank_line_id
),

-- Money out for rent or wages is no settlement; money in that no payout or invoice explains might be.
lone_deposits as (
    select
        'bank_line:' || bank_lines.bank_line_id, 'bank:' || bank_lines.bank_line_id, 'existence', bank_lines.entity_id, bank_lines.value_date, bank_lines.currency_code,
        'BNK-01', coalesce(bank_lines.reference, bank_lines.platform_bank_line_id), bank_lines.amount_minor,
        'money in, no payout carries this reference and amount: ' || coalesce(bank_lines.description, '')
        || coalesce('; open invoices of this amount: ' || candidates.order_numbers, '')
    from bank_lines
    left join candidates
        on bank_lines.bank_line_id = candidates.bank_line_id
    left join links
        on bank_lines.bank_line_id = links.bank_line_id
    left join invoice_payments
        on bank_lines.bank_line_id = invoice_payments.bank_line_id
    where links.payout_id is null and invoice_payments.bank_line_id is null and bank_lines.amount_minor > 0
),

-- A payout counts on the day its last part came; a part of an earlier month is said in both.
early_parts as (
    select links.*, payouts.platform_payout_id, payouts.bank_value_date
    from links
    inner join payouts using (payout_id)
),

split_over_months as (
    {%- for side, day, sign in [('early', 'value_date', ''), ('late', 'bank_value_date', '-')] %}
    select 'split:' || payout_bank_link_id || ':{{ side }}', 'split:' || payout_bank_link_id || ':{{ side }}', 'timing', entity_id, {{ day }},
        currency_code, 'BNK-03', platform_payout_id, {{ sign }}amount_minor, 'the bank split the payout: this part came on ' || cast(value_date as varchar)
    from early_parts
    where {{ month_key('value_date') }} != {{ month_key('bank_value_date') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

differences as (
    select * from residues
    union all
    select * from lone_deposits
    union all
    select * from rolled_forward
    union all
    select * from paid_invoices
    union all
    select * from split_over_months
)

select
    difference_id, money_atom_id, 'processor_to_bank' as pair, part, entity_id, part_date, {{ month_key('part_date') }} as period_month,
    currency_code, 'storefront_to_bank' as bridge, 'processor' as from_system, 'bank' as to_system,
    reason_code, cast(null as varchar) as order_id, reference, amount_minor, evidence, cast(null as varchar) as channel,
    false as is_shared
from differences
