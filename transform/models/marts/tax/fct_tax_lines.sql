with

recognitions as (
    select * from {{ ref('fct_order_recognitions') }}
),

test_orders as (
    select order_id from {{ ref('can_orders') }} where is_test
),

treatments as (
    select * from {{ ref('fct_tax_treatments') }}
),

returned as (
    select * from {{ ref('fct_refund_tax_lines') }}
),

sales as (
    select
        'sale:' || treatments.tax_line_id as tax_event_id,
        'sale' as event_type,
        recognitions.recognised_date as event_date,
        recognitions.recognised_date as supply_date,
        treatments.entity_id,
        treatments.order_id,
        cast(null as varchar) as refund_id,
        treatments.tax_line_id,
        treatments.line_type,
        treatments.jurisdiction,
        treatments.scheme,
        treatments.tax_name,
        treatments.rate_ppm,
        treatments.tax_code,
        treatments.box,
        treatments.taxable_minor,
        treatments.tax_minor,
        treatments.currency_code
    from treatments
    inner join recognitions using (order_id)
    where recognitions.recognised_date is not null
),

-- As in fct_net_revenue: what comes back of an order that never counted does not count, what comes back of an order never seen does.
returns as (
    select
        returned.refund_tax_line_id as tax_event_id,
        'return' as event_type,
        greatest(returned.refund_date, coalesce(recognitions.recognised_date, returned.refund_date)) as event_date,
        coalesce(recognitions.recognised_date, returned.refund_date) as supply_date,
        coalesce(recognitions.entity_id, returned.entity_id) as entity_id,
        returned.order_id,
        returned.refund_id,
        returned.tax_line_id,
        returned.line_type,
        returned.jurisdiction,
        returned.scheme,
        returned.tax_name,
        returned.rate_ppm,
        returned.tax_code,
        returned.box,
        -returned.taxable_minor as taxable_minor,
        -returned.tax_minor as tax_minor,
        returned.currency_code
    from returned
    left join recognitions
        on returned.order_id = recognitions.order_id
    left join test_orders
        on returned.order_id = test_orders.order_id
    where (recognitions.order_id is null or recognitions.recognised_date is not null) and test_orders.order_id is null
),

-- The cents by which a header differs from its lines belong to the tax that weighs most in the order.
heaviest as (
    select tax_line_id, order_id, row_number() over (partition by order_id order by abs(tax_minor) desc, tax_line_id) as place
    from treatments
),

roundings as (
    select
        'rounding:' || roundings.order_id as tax_event_id,
        'rounding' as event_type,
        sales.event_date,
        sales.supply_date,
        sales.entity_id,
        sales.order_id,
        sales.refund_id,
        sales.tax_line_id,
        sales.line_type,
        sales.jurisdiction,
        sales.scheme,
        sales.tax_name,
        sales.rate_ppm,
        sales.tax_code,
        sales.box,
        cast(0 as bigint) as taxable_minor,
        roundings.rounding_minor as tax_minor,
        sales.currency_code
    from {{ ref('fct_tax_roundings') }} as roundings
    inner join heaviest
        on roundings.order_id = heaviest.order_id
        and heaviest.place = 1
    inner join sales
        on heaviest.tax_line_id = sales.tax_line_id
),

events as (
    select * from sales
    union all
    select * from returns
    union all
    select * from roundings
    union all
    select discount_tax_line_id, 'discount', discount_date, recognised_date, entity_id, order_id, discount_id, tax_line_id, line_type, jurisdiction,
        scheme, tax_name, rate_ppm, tax_code, box, -taxable_minor, -tax_minor, currency_code
    from {{ ref('fct_discount_tax_lines') }}
    union all
    select tax_event_id, event_type, event_date, supply_date, entity_id, order_id, refund_id, tax_line_id, line_type, jurisdiction, scheme, tax_name,
        rate_ppm, tax_code, box, taxable_minor, tax_minor, currency_code
    from {{ ref('fct_advance_tax_lines') }}
)

select
    tax_event_id, event_type, event_date, {{ month_key('event_date') }} as period_month, supply_date, entity_id, order_id, refund_id, tax_line_id,
    line_type, jurisdiction, scheme, tax_name, rate_ppm, tax_code, box, taxable_minor, tax_minor, currency_code
from events
