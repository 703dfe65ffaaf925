with

refunds as (
    select refund_id, refund_date from {{ ref('can_refunds') }} where refund_status in ('succeeded', 'pending')
),

refund_lines as (
    select refund_lines.*, refunds.refund_date
    from {{ ref('can_refund_lines') }} as refund_lines
    inner join refunds using (refund_id)
),

sold as (
    select * from {{ ref('fct_tax_treatments') }}
),

line_taxes as (
    select order_line_id, {{ sum_minor('abs(tax_minor)') }} as tax_minor
    from sold
    group by order_line_id
),

-- A platform says how much tax went back with a line, not of which rate: what the line bore, in the same proportions.
by_line as (
    select refund_lines.refund_line_id, 'line' as basis, sold.tax_line_id, abs(sold.tax_minor) as weight_minor
    from refund_lines
    inner join line_taxes using (order_line_id)
    inner join sold using (order_line_id)
    where line_taxes.tax_minor != 0 or refund_lines.tax_minor = 0
),

-- Tax given back for no line of the order, or for one that bore none: what the order bore.
by_order as (
    select refund_lines.refund_line_id, 'order' as basis, sold.tax_line_id, abs(sold.tax_minor) as weight_minor
    from refund_lines
    inner join sold using (order_id)
    where refund_lines.tax_minor != 0 and sold.tax_minor != 0
        and refund_lines.refund_line_id not in (select refund_line_id from by_line)
),

bases as (
    select * from by_line
    union all
    select * from by_order
),

-- Tax of an order that bore none, or that this warehouse never saw, belongs to no place we know.
based as (
    select refund_lines.*, coalesce(bases.basis, 'nothing') as basis, bases.tax_line_id, coalesce(bases.weight_minor, 0) as weight_minor
    from refund_lines
    left join bases using (refund_line_id)
    where bases.refund_line_id is not null or refund_lines.tax_minor != 0
),

taxed as (
    {{ largest_remainder('based', group_by='refund_line_id', order_by='tax_line_id', total='tax_minor', weight='weight_minor', share='tax_share_minor') }}
),

shared as (
    {{ largest_remainder('taxed', group_by='refund_line_id', order_by='tax_line_id', total='net_minor', weight='weight_minor', share='net_share_minor') }}
)

select
    'return:' || shared.refund_line_id || ':' || coalesce(shared.tax_line_id, 'unknown') as refund_tax_line_id,
    shared.refund_line_id,
    shared.refund_id,
    shared.refund_date,
    shared.order_id,
    shared.entity_id,
    shared.basis,
    shared.tax_line_id,
    shared.line_type,
    coalesce(sold.jurisdiction, 'unknown') as jurisdiction,
    coalesce(sold.scheme, 'unregistered') as scheme,
    sold.tax_name,
    sold.rate_ppm,
    sold.tax_code,
    coalesce(sold.box, 'unmapped') as box,
    -- Several taxes on one line share its base; a refund that names no line gives back a part of each.
    cast(case
        when shared.basis = 'order' then shared.net_share_minor
        when sold.is_compound then shared.net_minor + coalesce(sum(case when not sold.is_compound then shared.tax_share_minor end) over (partition by shared.refund_line_id), 0)
        else shared.net_minor
    end as bigint) as taxable_minor,
    shared.tax_share_minor as tax_minor,
    shared.currency_code
from shared
left join sold using (tax_line_id)
