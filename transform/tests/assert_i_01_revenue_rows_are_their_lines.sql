{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-01', 'severity': 'blocks'}) }}
-- I-01: gross less discount is net in every row of net revenue, and each row carries its own line's units, amounts and tax; a return with the sign turned;
-- a dispute lost as goods given back is its share of the order. A discount for paying early has no line: it is what the buyer kept, in net and tax.
-- A failure means that a row of revenue is not the line it says it is.
with

sold as (
    select
        net_revenue.net_revenue_id
    from {{ ref('fct_net_revenue') }} as net_revenue
    left join {{ ref('can_order_lines') }} as lines on net_revenue.order_line_id = lines.order_line_id
    where net_revenue.event_type = 'sale'
        and (
            lines.order_line_id is null
            or lines.order_id != net_revenue.order_id
            or lines.gross_minor != net_revenue.gross_minor
            or lines.discount_minor != net_revenue.discount_minor
            or lines.net_minor != net_revenue.net_revenue_minor
            or lines.tax_minor != net_revenue.tax_minor
            or lines.quantity != net_revenue.quantity
        )
),

given_back as (
    select
        net_revenue.net_revenue_id
    from {{ ref('fct_net_revenue') }} as net_revenue
    left join {{ ref('can_refund_lines') }} as lines on net_revenue.net_revenue_id = 'return:' || lines.refund_line_id
    where net_revenue.event_type not in ('sale', 'discount') and net_revenue.net_revenue_id not like 'lost:%'
        and (
            lines.refund_line_id is null
            or lines.refund_id != net_revenue.refund_id
            or -lines.net_minor != net_revenue.net_revenue_minor
            or -lines.tax_minor != net_revenue.tax_minor
            or -lines.quantity != net_revenue.quantity
        )
),

-- A dispute lost by a company that counts it as goods given back has no refund line: it is its share of the order without tax.
lost as (
    select
        net_revenue.net_revenue_id
    from {{ ref('fct_net_revenue') }} as net_revenue
    left join {{ ref('fct_lost_disputes') }} as disputes
        on net_revenue.net_revenue_id = 'lost:' || disputes.dispute_id || ':' || disputes.currency_code
    where net_revenue.net_revenue_id like 'lost:%'
        and (
            disputes.dispute_id is null
            or not disputes.is_return
            or -disputes.returned_minor != net_revenue.net_revenue_minor
            or -disputes.tax_minor != net_revenue.tax_minor
        )
),

discounted as (
    select
        coalesce(net_revenue.net_revenue_id, discounts.discount_id) as net_revenue_id
    from (select * from {{ ref('fct_net_revenue') }} where event_type = 'discount') as net_revenue
    full outer join {{ ref('fct_early_payment_discounts') }} as discounts on net_revenue.refund_id = discounts.discount_id
    where net_revenue.net_revenue_minor is distinct from -discounts.net_minor
        or net_revenue.tax_minor is distinct from -discounts.tax_minor
        or net_revenue.order_id is distinct from discounts.order_id
        or net_revenue.event_date is distinct from discounts.discount_date
)

select net_revenue_id from sold
union all
select net_revenue_id from discounted
union all
select net_revenue_id from lost
union all
select net_revenue_id from given_back
union all
select net_revenue_id
from {{ ref('fct_net_revenue') }}
where gross_minor - discount_minor != net_revenue_minor
