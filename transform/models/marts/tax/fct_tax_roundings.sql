with

headers as (
    select order_id, entity_id, order_number, tax_minor, currency_code
    from {{ ref('can_orders') }}
    where not is_test
),

lines as (
    select order_id, {{ sum_minor('tax_minor') }} as tax_minor, count(case when tax_minor != 0 then 1 end) as taxed_lines
    from {{ ref('can_order_lines') }}
    group by order_id
)

select
    headers.order_id,
    headers.entity_id,
    headers.order_number,
    headers.tax_minor as header_tax_minor,
    lines.tax_minor as lines_tax_minor,
    lines.taxed_lines,
    headers.tax_minor - lines.tax_minor as rounding_minor,
    headers.currency_code
from headers
inner join lines using (order_id)
where headers.tax_minor != lines.tax_minor and abs(headers.tax_minor - lines.tax_minor) <= lines.taxed_lines
