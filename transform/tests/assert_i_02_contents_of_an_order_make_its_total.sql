{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-02', 'severity': 'blocks'}) }}
-- I-02: revenue, tax, gift cards, tips with duties and both kinds of rounding are the whole of an order, but for what no line lists; what is called a rounding
-- of the tax is just the cents the header rounds, and what nobody lists is never just these. Each order has its contents once.
-- A failure means that a part of an order is missing from its bridge, or stands in it under another name.
with

contents as (
    select
        order_id, count(*) as times,
        {{ sum_minor('revenue_minor + tax_minor + gift_card_minor + tip_minor + cash_rounding_minor + tax_rounding_minor + unlisted_minor') }} as contents_minor,
        {{ sum_minor('tax_rounding_minor') }} as tax_rounding_minor, {{ sum_minor('unlisted_minor') }} as unlisted_minor
    from {{ ref('fct_order_contents') }}
    group by order_id
)

select coalesce(orders.order_id, contents.order_id) as order_id, orders.total_minor, contents.contents_minor
from {{ ref('fct_order_reconciliation') }} as orders
full outer join contents on orders.order_id = contents.order_id
left join {{ ref('fct_tax_roundings') }} as roundings on contents.order_id = roundings.order_id
where contents.times is distinct from 1
    or orders.total_minor is distinct from contents.contents_minor
    or contents.tax_rounding_minor not in (0, coalesce(roundings.rounding_minor, 0))
    or (contents.unlisted_minor != 0 and contents.unlisted_minor = roundings.rounding_minor)
