with

discounts as (
    select * from {{ ref('fct_early_payment_discounts') }}
),

-- Every tax of the order gives up its share; the sum is the tax of the discount, to the minor unit.
taxed as (
    select
        treatments.*, discounts.event_id, discounts.discount_id, discounts.discount_date, discounts.recognised_date,
        discounts.tax_minor as given_up_minor, discounts.net_minor, discounts.worth_minor - discounts.order_tax_minor as order_net_minor,
        abs(treatments.tax_minor) as weight_minor
    from {{ ref('fct_tax_treatments') }} as treatments
    inner join discounts using (order_id)
),

shared as (
    {{ largest_remainder('taxed', group_by='discount_id', order_by='tax_line_id', total='given_up_minor', weight='weight_minor', share='tax_share_minor') }}
)

select
    'discount:' || discount_id || ':' || tax_line_id as discount_tax_line_id, discount_id, event_id, discount_date, recognised_date, entity_id, order_id,
    tax_line_id, line_type, jurisdiction, scheme, tax_name, rate_ppm, tax_code, box,
    case
        when order_net_minor > 0 then cast({{ half_even_divide('cast(taxable_minor as hugeint) * net_minor', 'order_net_minor') }} as bigint) else 0
    end as taxable_minor,
    tax_share_minor as tax_minor, currency_code
from shared
