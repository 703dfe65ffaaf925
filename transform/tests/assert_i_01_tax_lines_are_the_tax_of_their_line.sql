{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-01', 'severity': 'blocks'}) }}
-- I-01: the taxes of a line add up to the tax of the line; no line's tax is without its parts.
-- A failure means that a mapping lost a tax or that the source contradicts itself. It does not mean that the rate is wrong.
with

parts as (
    select order_line_id, {{ sum_minor('tax_minor') }} as tax_minor
    from {{ ref('can_tax_lines') }}
    group by order_line_id
)

select lines.order_line_id, lines.currency_code, lines.tax_minor, parts.tax_minor as parts_tax_minor
from {{ ref('can_order_lines') }} as lines
left join parts using (order_line_id)
where lines.tax_minor != coalesce(parts.tax_minor, 0)
