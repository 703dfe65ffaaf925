with

orders as (
    select * from {{ ref('fct_order_reconciliation') }}
),

order_lines as (
    select * from {{ ref('can_order_lines') }}
),

net_revenue as (
    select * from {{ ref('fct_net_revenue') }}
),

contents as (
    select
        order_id,
        {{ sum_minor('tax_minor') }} as tax_minor,
        {{ sum_minor("case when line_type = 'gift_card' then net_minor else 0 end") }} as gift_card_minor,
        {{ sum_minor("case when line_type in ('tip', 'duty') then net_minor else 0 end") }} as tip_minor,
        {{ sum_minor("case when line_type = 'cash_rounding' then net_minor else 0 end") }} as cash_rounding_minor,
        {{ sum_minor("case when line_type in ('product', 'shipping', 'fee') then net_minor else 0 end") }} as revenue_minor,
        {{ sum_minor('net_minor + tax_minor') }} as lines_minor
    from order_lines
    group by order_id
),

filled as (
    select
        orders.*,
        coalesce(contents.tax_minor, 0) as tax_minor,
        coalesce(contents.gift_card_minor, 0) as gift_card_minor_sold,
        coalesce(contents.tip_minor, 0) as tip_minor,
        coalesce(contents.cash_rounding_minor, 0) as cash_rounding_minor,
        coalesce(contents.revenue_minor, 0) as revenue_minor,
        case when orders.total_minor - contents.lines_minor = roundings.rounding_minor then roundings.rounding_minor else 0 end as tax_rounding_minor,
        case when orders.total_minor - contents.lines_minor = roundings.rounding_minor then 0 else orders.total_minor - coalesce(contents.lines_minor, 0) end as unlisted_minor,
        case when orders.recognised_date is not null then {{ month_key('orders.recognised_date') }} end as recognised_month
    from orders
    left join contents using (order_id)
    left join {{ ref('fct_tax_roundings') }} as roundings
        on orders.order_id = roundings.order_id
),

-- The parts of an order's total that are never revenue, whenever it is recognised.
parts as (
    {%- for column, code, words in [
        ('tax_minor', 'LIA-04', 'tax lines of the order'),
        ('gift_card_minor_sold', 'LIA-03', 'gift cards sold in the order'),
        ('tip_minor', 'LIA-02', 'tips and duties of the order'),
        ('cash_rounding_minor', 'RND-02', 'cash rounding of the order'),
        ('tax_rounding_minor', 'TAX-06', 'tax the header of the order states more than its lines'),
        ('unlisted_minor', 'UNX-00', 'total of the order less the sum of its lines'),
    ] %}
    select order_id || ':{{ code }}' as difference_key, entity_id, order_month as period_month, currency_code, '{{ code }}' as reason_code,
        order_id, order_number as reference, -{{ column }} as amount_minor, '{{ words }}' as evidence
    from filled
    where {{ column }} != 0
    union all
    {%- endfor %}
    select order_id || ':placed', entity_id, order_month, currency_code,
        case when recognition_policy = 'on_fulfilment' then 'TIM-10' when recognised_month is null and is_cancelled then 'SRC-05' else 'TIM-04' end,
        order_id, order_number, -revenue_minor,
        case when recognised_month is null then 'net of tax, not captured' else 'net of tax, recognised on ' || cast(recognised_date as varchar) end
    from filled
    where revenue_minor != 0 and (recognised_month is null or recognised_month != order_month)
    union all
    select order_id || ':recognised', entity_id, recognised_month, currency_code,
        case when recognition_policy = 'on_fulfilment' then 'TIM-10' else 'TIM-04' end, order_id, order_number, revenue_minor,
        'net of tax, placed on ' || cast(order_date as varchar)
    from filled
    where revenue_minor != 0 and recognised_month != order_month
),

given_back as (
    select net_revenue.refund_id, net_revenue.order_id, net_revenue.entity_id, net_revenue.event_month, net_revenue.currency_code,
        coalesce(max(net_revenue.order_number), net_revenue.refund_id) as reference,
        case
            when max(net_revenue.event_type) = 'discount' then 'REF-06'
            when orders.order_month is null or orders.order_month = net_revenue.event_month then 'REF-01' else 'TIM-07'
        end as reason_code,
        {{ sum_minor('net_revenue.net_revenue_minor') }} as amount_minor
    from net_revenue
    left join orders
        on net_revenue.order_id = orders.order_id
    where net_revenue.event_type != 'sale'
    group by net_revenue.refund_id, net_revenue.order_id, net_revenue.entity_id, net_revenue.event_month, net_revenue.currency_code, orders.order_month
),

differences as (
    select * from parts
    union all
    select 'refund:' || refund_id || ':' || currency_code, entity_id, event_month, currency_code, reason_code, order_id, reference,
        amount_minor, case reason_code when 'REF-06' then 'discount for paying early, net of tax' else 'returned lines of the refund, net of tax' end
    from given_back
    where amount_minor != 0
),

placed as (
    select differences.*, orders.channel, coalesce(orders.is_processor_connected, true) or differences.reason_code = 'UNX-00' as is_by_order
    from differences
    left join orders
        on differences.order_id = orders.order_id
),

-- A channel without a connected processor differs as a whole: one row a month, unless the order contradicts itself.
rows_kept as (
    select difference_key, entity_id, period_month, currency_code, reason_code, order_id, reference, amount_minor, evidence
    from placed
    where is_by_order
    union all
    select entity_id || ':' || channel || ':' || period_month || ':' || currency_code || ':' || reason_code, entity_id, period_month,
        currency_code, reason_code, null, channel || ' ' || period_month, {{ sum_minor('amount_minor') }},
        'channel ' || channel || ': ' || cast(count(*) as varchar) || ' amounts together'
    from placed
    where not is_by_order
    group by entity_id, channel, period_month, currency_code, reason_code
    having sum(amount_minor) != 0
)

select
    'recognition:' || difference_key as difference_id, entity_id, period_month, currency_code,
    'storefront_to_net_revenue' as bridge, 'storefront' as from_system, 'net_revenue' as to_system,
    reason_code, order_id, reference, amount_minor, evidence
from rows_kept
