{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: the tax of a refund line is given back where the order bore it: on the taxes of its own line, else of the order, and of no place only if the
-- order bore none; the shares add up to the cent.
-- A failure means that a return claims tax back from the wrong place, or twice.
with

parts as (
    select refund_line_id, sum(tax_minor) as tax_minor, count(*) as parts, count(tax_line_id) as known, min(basis) as basis, max(basis) as last_basis
    from {{ ref('fct_refund_tax_lines') }}
    group by refund_line_id
),

counted as (
    select lines.*
    from {{ ref('can_refund_lines') }} as lines
    inner join {{ ref('can_refunds') }} as refunds using (refund_id)
    where refunds.refund_status in ('succeeded', 'pending')
),

borne as (
    select order_id, order_line_id, sum(abs(tax_minor)) as tax_minor from {{ ref('fct_tax_treatments') }} group by order_id, order_line_id
),

of_orders as (
    select order_id, sum(tax_minor) as tax_minor from borne group by order_id
)

select coalesce(counted.refund_line_id, parts.refund_line_id) as refund_line_id
from counted
full outer join parts using (refund_line_id)
left join borne on counted.order_line_id = borne.order_line_id
left join of_orders on counted.order_id = of_orders.order_id
where counted.refund_line_id is null
    or coalesce(parts.tax_minor, 0) != counted.tax_minor
    or parts.basis != parts.last_basis
    or (counted.tax_minor != 0 and coalesce(parts.basis, '') != case
        when borne.tax_minor > 0 then 'line' when of_orders.tax_minor > 0 then 'order' else 'nothing' end)
    or (counted.tax_minor = 0 and borne.order_line_id is null and parts.refund_line_id is not null)
