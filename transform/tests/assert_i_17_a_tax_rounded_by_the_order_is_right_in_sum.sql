{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: a line whose one tax is off by less than a minor unit at the rate it should bear is rounded by the order (TAX-06) exactly where the taxes of that
-- rate and place are, in the order's sum, the rate of their bases to half a unit. Tax is told by its place, so that two places do not even out.
-- A failure means that a shop's rounding is taken for a wrong tax, or a wrong tax for rounding.
with

taxes as (
    select
        order_id, order_line_id, jurisdiction, rate_ppm, cast(rate_ppm as hugeint) * taxable_minor as asked_micros,
        cast(tax_minor as hugeint) * 1000000 as charged_micros
    from {{ ref('fct_tax_treatments') }}
),

orders as (
    select order_id, jurisdiction, rate_ppm, abs(sum(asked_micros) - sum(charged_micros)) * 2 <= 1000000 as is_right_in_sum
    from taxes
    group by order_id, jurisdiction, rate_ppm
),

lines as (
    select order_line_id, min(order_id) as order_id, min(jurisdiction) as jurisdiction, min(rate_ppm) as rate_ppm, max(abs(asked_micros - charged_micros)) as off_micros
    from taxes
    group by order_line_id
    having count(*) = 1
)

select checks.order_line_id
from {{ ref('fct_tax_checks') }} as checks
inner join lines using (order_line_id)
inner join orders
    on lines.order_id = orders.order_id
    and lines.jurisdiction = orders.jurisdiction
    and lines.rate_ppm = orders.rate_ppm
where checks.reason_code in ('TAX-01', 'TAX-03', 'TAX-06')
    and checks.rate_ppm = checks.expected_rate_ppm
    and checks.tax_minor != 0
    and lines.off_micros < 1000000
    and (checks.reason_code = 'TAX-06') != orders.is_right_in_sum
