with

taxes as (
    select * from {{ ref('fct_tax_lines') }}
),

-- Several taxes on one line share its base, so a base counts once for each tax it bears.
boxes as (
    select
        entity_id,
        period_month,
        box,
        jurisdiction,
        scheme,
        rate_ppm,
        currency_code,
        max(tax_code) as tax_code,
        {{ sum_minor("case when event_type in ('sale', 'advance', 'advance_settled') then taxable_minor else 0 end") }} as sold_minor,
        {{ sum_minor("case when event_type in ('return', 'discount', 'advance_return', 'advance_return_settled') then taxable_minor else 0 end") }} as returned_minor,
        {{ sum_minor('taxable_minor') }} as taxable_minor,
        {{ sum_minor('tax_minor') }} as tax_minor,
        count(distinct order_id) as orders
    from taxes
    group by entity_id, period_month, box, jurisdiction, scheme, rate_ppm, currency_code
)

select
    entity_id || ':' || period_month || ':' || box || ':' || jurisdiction || ':' || scheme || ':' || coalesce(cast(rate_ppm as varchar), 'unstated') || ':' || currency_code
        as tax_box_id,
    entity_id,
    period_month,
    box,
    jurisdiction,
    scheme,
    rate_ppm,
    tax_code,
    sold_minor,
    returned_minor,
    taxable_minor,
    tax_minor,
    orders,
    currency_code
from boxes
