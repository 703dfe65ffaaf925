with

orders as (
    select * from {{ ref('fct_order_contents') }}
),

shares as (
    select * from {{ ref('fct_book_shares') }}
),

-- The parts of an order's total that are never revenue, whenever it is recognised.
never_revenue as (
    {%- for column, code, words in [
        ('tax_minor', 'LIA-04', 'tax lines of the order'),
        ('gift_card_minor', 'LIA-03', 'gift cards sold in the order'),
        ('tip_minor', 'LIA-02', 'tips and duties of the order'),
        ('cash_rounding_minor', 'RND-02', 'cash rounding of the order'),
        ('tax_rounding_minor', 'TAX-06', 'tax the header of the order states more than its lines'),
        ('unlisted_minor', 'UNX-00', 'total of the order less the sum of its lines'),
    ] %}
    select order_id || ':{{ code }}' as difference_key, 'content:' || order_id || ':{{ code }}' as money_atom_id, 'existence' as part,
        entity_id, order_date as part_date, currency_code, '{{ code }}' as reason_code, order_id, order_number as reference,
        -{{ column }} as amount_minor, '{{ words }}' as evidence, false as is_shared
    from orders
    where {{ column }} != 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

unrecognised as (
    select order_id || ':placed', 'revenue:je:' || entity_id || ':' || order_id || ':captured:0', 'existence', entity_id, order_date, currency_code,
        case when recognition_policy = 'on_fulfilment' then 'TIM-10' when is_cancelled then 'SRC-05' else 'TIM-04' end,
        order_id, order_number, -revenue_minor, 'net of tax, not captured', false
    from orders
    where revenue_minor != 0 and recognised_date is null
),

-- As many parts as there are documents that make the order's whole; one, where there is one or none.
sold as (
    select
        shares.money_atom_id, shares.share_minor, shares.event_month, shares.event_date, shares.documents > 1 as is_shared,
        case when orders.recognition_policy = 'on_fulfilment' then 'TIM-10' else 'TIM-04' end as moved_code,
        orders.order_id, orders.order_number, orders.order_date, orders.order_month, orders.entity_id, orders.currency_code
    from shares
    inner join orders using (order_id)
    where shares.event_type = 'sale' and shares.share_minor != 0 and shares.event_month != orders.order_month
),

moved as (
    {%- for key, day, sign, words in [
        ('placed', 'order_date', '-', "'net of tax, recognised on ' || cast(event_date as varchar)"),
        ('recognised', 'event_date', '', "'net of tax, placed on ' || cast(order_date as varchar)"),
    ] %}
    select order_id || ':{{ key }}', money_atom_id, 'timing', entity_id, {{ day }}, currency_code, moved_code, order_id, order_number,
        {{ sign }}share_minor, {{ words }}, is_shared
    from sold
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

given_back as (
    select 'refund:' || shares.refund_id || ':' || shares.currency_code, shares.money_atom_id, 'existence', shares.entity_id, shares.event_date,
        shares.currency_code,
        case
            when shares.is_discount then 'REF-06'
            when orders.order_month is null or orders.order_month = shares.event_month then 'REF-01' else 'TIM-07'
        end,
        shares.order_id, coalesce(orders.order_number, shares.refund_id), shares.share_minor,
        case when shares.is_discount then 'discount for paying early, net of tax' else 'returned lines of the refund, net of tax' end,
        shares.documents > 1
    from shares
    left join orders using (order_id)
    where shares.event_type = 'refund' and shares.share_minor != 0
),

parts as (
    select * from never_revenue
    union all
    select * from unrecognised
    union all
    select * from moved
    union all
    select * from given_back
),

-- A channel without a connected processor differs as a whole: one row a month, unless the order contradicts itself.
placed as (
    select parts.*, {{ month_key('parts.part_date') }} as period_month, case when not orders.is_processor_connected and parts.reason_code != 'UNX-00' then orders.channel end as channel
    from parts
    left join orders using (order_id)
)

select
    'recognition:' || case
        when channel is null then difference_key
        else entity_id || ':' || channel || ':' || period_month || ':' || currency_code || ':' || reason_code
    end as difference_id,
    money_atom_id, 'storefront_to_net_revenue' as pair, part, entity_id, part_date, period_month, currency_code,
    'storefront_to_net_revenue' as bridge, 'storefront' as from_system, 'net_revenue' as to_system, reason_code, order_id, reference,
    amount_minor, evidence, channel, is_shared or channel is not null as is_shared
from placed
