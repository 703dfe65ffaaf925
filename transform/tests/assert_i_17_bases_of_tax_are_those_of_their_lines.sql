{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: a tax line has the base and the tax of what it is made from, a return and a discount with both signs turned; what is given back for no line of the
-- order is shared out among its taxes to the cent; a discount gives up the same share of each base as of the whole order, and its entry
-- the tax of each scheme; and the boxes of the returns hold the bases of their lines, as they do the tax.
-- A failure means that a return states a wrong base for a right tax. It does not mean that a rate is right; fct_tax_checks says that.
with

sources as (
    select 'sale:' || tax_line_id as tax_event_id, 'sale' as event_type, taxable_minor, tax_minor from {{ ref('fct_tax_treatments') }}
    union all
    select refund_tax_line_id, 'return', -taxable_minor, -tax_minor from {{ ref('fct_refund_tax_lines') }}
    union all
    select discount_tax_line_id, 'discount', -taxable_minor, -tax_minor from {{ ref('fct_discount_tax_lines') }}
    union all
    select tax_event_id, event_type, taxable_minor, tax_minor from {{ ref('fct_advance_tax_lines') }}
),

shared as (
    select refund_line_id, {{ sum_minor('taxable_minor') }} as taxable_minor
    from {{ ref('fct_refund_tax_lines') }}
    where basis = 'order'
    group by refund_line_id
),

posted as (
    select event_id, scheme, tax_minor from {{ ref('fct_discount_tax_lines') }}
    union all
    select event_id, detail, -signed_minor from {{ ref('fct_tax_postings') }} where source = 'discount' and detail != ''
),

boxes as (
    select entity_id, period_month, box, currency_code, taxable_minor from {{ ref('fct_tax_lines') }}
    union all
    select entity_id, period_month, box, currency_code, -taxable_minor from {{ ref('fct_tax_boxes') }}
    union all
    select entity_id, period_month, box, currency_code, taxable_minor - sold_minor - returned_minor from {{ ref('fct_tax_boxes') }}
)

select lines.tax_event_id as reference
from {{ ref('fct_tax_lines') }} as lines
left join sources
    on lines.tax_event_id = sources.tax_event_id
    and lines.event_type = sources.event_type
where lines.event_type != 'rounding'
    and (lines.taxable_minor is distinct from sources.taxable_minor or lines.tax_minor is distinct from sources.tax_minor)
union all
select shared.refund_line_id
from shared
left join {{ ref('can_refund_lines') }} as lines using (refund_line_id)
where shared.taxable_minor is distinct from lines.net_minor
union all
select lines.discount_tax_line_id
from {{ ref('fct_discount_tax_lines') }} as lines
inner join {{ ref('fct_tax_treatments') }} as taxes on lines.tax_line_id = taxes.tax_line_id
inner join {{ ref('fct_early_payment_discounts') }} as discounts on lines.discount_id = discounts.discount_id
where discounts.worth_minor > discounts.order_tax_minor
    and discounts.worth_minor - discounts.order_tax_minor < 2 * abs(
        cast(taxes.taxable_minor as hugeint) * discounts.net_minor
        - cast(lines.taxable_minor as hugeint) * (discounts.worth_minor - discounts.order_tax_minor)
    )
union all
select event_id || ' ' || scheme
from posted
group by event_id, scheme
having sum(tax_minor) != 0
union all
select entity_id || ' ' || period_month || ' ' || box || ' ' || currency_code
from boxes
group by entity_id, period_month, box, currency_code
having sum(taxable_minor) != 0
