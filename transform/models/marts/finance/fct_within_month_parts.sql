with

atoms as (
    select * from {{ ref('fct_money_atoms') }}
),

payouts as (
    select * from {{ ref('fct_payouts') }}
),

links as (
    select * from {{ ref('fct_payout_bank_links') }}
),

-- What both systems have, on two days of one month. Fees are said on the day of the movement, other amounts that differ on the later system's
-- day (fct_money_atom_parts): what is left of an atom of the bank is what came there, of any other what the first system says.
moved as (
    {%- for pair, bridge, first, second, amount, first_label, second_label in [
        ('storefront_to_processor', 'storefront_to_bank', 'storefront', 'processor', 'storefront',
            'placed, charged on another day of the month', 'charged, placed on another day of the month'),
        ('processor_to_bank', 'storefront_to_bank', 'processor', 'bank', 'bank',
            'moved at the processor, at the bank on another day of the month', 'at the bank, moved at the processor on another day of the month'),
        ('storefront_to_net_revenue', 'storefront_to_net_revenue', 'contents', 'recognised', 'recognised',
            'placed, revenue on another day of the month', 'revenue, placed on another day of the month'),
        ('net_revenue_to_books', 'net_revenue_to_books', 'recognised', 'books', 'recognised',
            'revenue, booked on another day of the month', 'booked, revenue on another day of the month'),
    ] %}
    select money_atom_id, component, entity_id, currency_code, '{{ bridge }}' as bridge, '{{ pair }}' as pair, order_id,
        {{ first }}_date as first_date, {{ second }}_date as second_date, {{ amount }}_minor as amount_minor,
        '{{ first_label }}' as first_label, '{{ second_label }}' as second_label
    from atoms
    where {{ first }}_date != {{ second }}_date and {{ amount }}_minor != 0
    union all
    {%- endfor %}
    -- What a payout that lists no content takes off the balance when it is sent.
    select 'payout:' || payout_id, 'payout', entity_id, currency_code, 'storefront_to_bank', 'processor_to_bank', cast(null as varchar), sent_date,
        bank_value_date, amount_minor, 'sent, at the bank on another day of the month', 'at the bank, sent on another day of the month'
    from payouts
    where not is_content_listed and sent_date != bank_value_date and amount_minor != 0
    union all
    -- Its atoms are at the bank on the day its last part came.
    select 'split:' || links.payout_bank_link_id, 'part of a split payout', links.entity_id, links.currency_code, 'storefront_to_bank', 'processor_to_bank',
        cast(null as varchar), payouts.bank_value_date, links.value_date, links.amount_minor,
        'payout in parts, one of them on another day of the month', 'part of a payout, the last on another day of the month'
    from links
    inner join payouts using (payout_id)
    where links.value_date != payouts.bank_value_date and links.amount_minor != 0
),

within_month as (
    select *, {{ month_key('first_date') }} as period_month
    from moved
    where {{ month_key('first_date') }} = {{ month_key('second_date') }}
),

parts as (
    {%- for side, other, sign in [('first', 'second', '-'), ('second', 'first', '')] %}
    select
        money_atom_id, component, entity_id, {{ side }}_date as part_date, period_month, currency_code, bridge, pair, '{{ side }}' as side,
        {{ side }}_label as label, {{ other }}_date as other_date, order_id, cast({{ sign }}amount_minor as bigint) as amount_minor
    from within_month
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    money_atom_id || ':' || pair || ':' || side as within_month_part_id, money_atom_id, component, entity_id, part_date, period_month,
    currency_code, bridge, pair, side, 'TIM-12' as reason_code, label, other_date, order_id, amount_minor
from parts
