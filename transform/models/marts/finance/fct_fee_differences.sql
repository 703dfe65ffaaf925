with

charges as (
    select * from {{ ref('fct_charge_fees') }} where difference_minor != 0
)

select
    'fee:' || movement_id as difference_id,
    entity_id,
    period_month,
    currency_code,
    -- No bridge walks over it: what was taken is in every total already, whether the contract allows it or not.
    cast(null as varchar) as bridge,
    'contract' as from_system,
    'processor' as to_system,
    'FEE-10' as reason_code,
    order_id,
    coalesce(order_number, charge_reference) as reference,
    difference_minor as amount_minor,
    'taken ' || {{ money_text('fee_minor', 'currency_code') }} || ' of ' || {{ money_text('charged_minor', 'currency_code') }}
    || coalesce(' by ' || card_brand, ' by ' || payment_method, '') || coalesce(' from ' || payer_country, '')
    || '; contract ' || contract_version || ' asks ' || {{ money_text('expected_fee_minor', 'currency_code') }} || ' (' || components || ')' as evidence
from charges
