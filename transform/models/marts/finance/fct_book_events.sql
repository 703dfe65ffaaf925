with

net_revenue as (
    select * from {{ ref('fct_net_revenue') }}
),

recognitions as (
    select * from {{ ref('fct_order_recognitions') }} where recognised_date is not null
),

order_lines as (
    select * from {{ ref('can_order_lines') }}
),

-- What came back before its order counted is no return of that day, but one on the day it counts.
waiting as (
    select refunds.refund_id
    from {{ ref('can_refunds') }} as refunds
    inner join recognitions using (order_id)
    where recognitions.recognition_policy = 'on_fulfilment' and refunds.refund_date < recognitions.recognised_date
),

-- Numbered as the people who type them do: every refund that paid something, in order.
numbered_refunds as (
    select refund_id, row_number() over (partition by order_id order by refunded_at, refund_id) as nth
    from {{ ref('can_refunds') }}
    where refund_status = 'succeeded' and amount_minor > 0
),

sale_contents as (
    select
        order_id,
        {{ sum_minor('tax_minor') }} as tax_minor,
        {{ sum_minor("case when line_type in ('product', 'shipping', 'fee') then discount_minor else 0 end") }} as discount_minor,
        {{ sum_minor("case when line_type = 'gift_card' then net_minor else 0 end") }} as gift_card_minor,
        {{ sum_minor("case when line_type in ('product', 'shipping', 'fee') then net_minor else 0 end") }} as net_revenue_minor
    from order_lines
    group by order_id
),

sales as (
    select
        'je:' || recognitions.entity_id || ':' || recognitions.order_id || ':captured:0' as book_event_id,
        'sale' as event_type,
        recognitions.entity_id,
        recognitions.channel,
        recognitions.order_id,
        cast(null as varchar) as refund_id,
        false as is_discount,
        recognitions.order_number as reference,
        recognitions.recognised_date as event_date,
        recognitions.currency_code,
        sale_contents.net_revenue_minor as expected_net_revenue_minor,
        sale_contents.tax_minor,
        sale_contents.discount_minor,
        sale_contents.gift_card_minor
    from recognitions
    inner join sale_contents using (order_id)
),

returned as (
    select
        refund_id, order_id, entity_id, channel, currency_code, event_date, event_type = 'discount' as is_discount, max(order_number) as order_number,
        {{ sum_minor('net_revenue_minor') }} as net_revenue_minor,
        {{ sum_minor('tax_minor') }} as tax_minor
    from net_revenue
    where event_type != 'sale'
    group by refund_id, order_id, entity_id, channel, currency_code, event_date, event_type = 'discount'
),

refunds as (
    select
        'je:' || returned.entity_id || ':' || returned.refund_id
            || case when returned.is_discount then ':discounted:0' when waiting.refund_id is not null then ':released:0' else ':refunded:0' end
            as book_event_id,
        'refund' as event_type,
        returned.entity_id,
        returned.channel,
        returned.order_id,
        returned.refund_id,
        returned.is_discount,
        returned.order_number
            || case when returned.is_discount then '-D1' else '-R' || cast(numbered_refunds.nth as varchar) end as reference,
        returned.event_date,
        returned.currency_code,
        returned.net_revenue_minor as expected_net_revenue_minor,
        returned.tax_minor,
        cast(0 as bigint) as discount_minor,
        cast(0 as bigint) as gift_card_minor
    from returned
    left join numbered_refunds using (refund_id)
    left join waiting on returned.refund_id = waiting.refund_id
),

events as (
    select * from sales
    union all
    select * from refunds
)

select
    book_event_id, event_type, entity_id, channel, order_id, refund_id, is_discount, reference, event_date,
    {{ month_key('event_date') }} as event_month, currency_code, expected_net_revenue_minor, tax_minor, discount_minor, gift_card_minor,
    upper(replace(trim(reference), '#', '')) as number_key
from events
