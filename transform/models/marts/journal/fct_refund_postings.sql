with

refunds as (
    select
        refunds.*,
        'je:' || refunds.entity_id || ':' || refunds.refund_id || ':refunded' as event_id,
        'je:' || refunds.entity_id || ':' || refunds.refund_id || ':released' as release_event_id,
        coalesce(order_rates.rate_date, refunds.entry_date) as rate_date
    from {{ ref('fct_settled_refunds') }} as refunds
    left join {{ ref('fct_order_rates') }} as order_rates using (order_id)
),

lines as (
    select
        refund_lines.net_minor, refunds.event_id, refunds.order_id, refunds.currency_code, refunds.rate_date,
        refunds.is_advance, refunds.recognised_date, refunds.release_event_id,
        case when refund_lines.line_type = 'adjustment' and refund_lines.net_minor < 0 then 'restocking' else 'return' end as posting_key,
        case when refund_lines.line_type = 'adjustment' and refund_lines.net_minor < 0 then '' else refund_lines.line_type end as detail
    from {{ ref('can_refund_lines') }} as refund_lines
    inner join refunds using (refund_id)
),

-- What was never revenue is given back from what was paid in advance; once the order is recognised, both appear, and what is credited.
given_back as (
    select case when is_advance then release_event_id else event_id end as event_id, order_id, posting_key, detail,
        cast(null as varchar) as sub_account, cast(null as varchar) as movement_id, net_minor as signed_minor, currency_code, rate_date
    from lines
    where not is_advance or recognised_date is not null
    union all
    select event_id, order_id, 'deferred', '', null, null, advance_minor, currency_code, rate_date
    from refunds
    where is_advance
    {%- for key, amount in [('deferred', 'advance_minor'), ('receivable', 'credited_minor')] %}
    union all
    select release_event_id, order_id, '{{ key }}', '', null, null, -{{ amount }}, currency_code, rate_date
    from refunds
    where is_advance and recognised_date is not null
    {%- endfor %}
),

paid_back as (
    select event_id, order_id,
        case when tender in ('clearing', 'refund_due') then tender when tender = 'terms' then 'receivable' else 'tender' end,
        case when tender in ('clearing', 'refund_due', 'terms') then '' else tender end,
        sub_account, movement_id, -money_minor, money_currency_code, entry_date
    from refunds
),

-- Goods and money of one refund may differ: the rest is credited, owed to the buyer, or unexplained.
rests as (
    {%- for key, amount in [
        ('receivable', 'case when is_advance then 0 else -credited_minor end'), ('refund_due', 'credited_minor - unpaid_minor'),
        ('overpayment', 'returned_minor'), ('suspense', 'beyond_minor - returned_minor'),
    ] %}
    select event_id, order_id, '{{ key }}', '', null, null, {{ amount }}, currency_code, rate_date
    from refunds
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

postings as (
    select * from given_back
    union all
    select * from paid_back
    union all
    select * from rests
)

select * from postings where signed_minor != 0
