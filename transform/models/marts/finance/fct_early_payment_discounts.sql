with

settlements as (
    select * from {{ ref('fct_invoice_settlements') }} where discount_minor > 0
),

recognitions as (
    select * from {{ ref('fct_order_recognitions') }}
),

worths as (
    select * from {{ ref('fct_order_worths') }} where worth_minor > 0
)

-- A discount on what was sold, and so on its tax (J-21).
select
    'je:' || settlements.entity_id || ':' || settlements.source_key || ':discounted' as event_id,
    settlements.source_key as discount_id,
    settlements.entity_id,
    settlements.order_id,
    recognitions.order_number,
    recognitions.channel,
    recognitions.recognition_policy,
    recognitions.recognised_date,
    settlements.settled_date as discount_date,
    settlements.currency_code,
    settlements.discount_minor,
    cast({{ share_of_minor('settlements.discount_minor', 'worths.tax_minor', 'worths.worth_minor') }} as bigint) as tax_minor,
    cast(settlements.discount_minor - {{ share_of_minor('settlements.discount_minor', 'worths.tax_minor', 'worths.worth_minor') }} as bigint) as net_minor,
    worths.worth_minor,
    worths.tax_minor as order_tax_minor
from settlements
inner join recognitions on settlements.order_id = recognitions.order_id
inner join worths on settlements.order_id = worths.order_id
