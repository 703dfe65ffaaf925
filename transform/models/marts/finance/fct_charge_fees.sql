with

movements as (
    select * from {{ ref('can_processor_movements') }}
),

fee_taxes as (
    select * from {{ ref('fct_fee_taxes') }}
),

fees as (
    select movements.*, movements.processing_fee_minor - coalesce(fee_taxes.tax_minor, 0) as net_fee_minor
    from movements
    left join fee_taxes using (movement_id)
    where movements.movement_type in ('charge', 'fee')
),

-- A processor may take the fee of a charge as a movement of its own: the fee of the first movement of that charge. A fee given back is one of a refund.
later_fees as (
    select platform, account_id, charge_reference, currency_code, {{ sum_minor('net_fee_minor') }} as net_fee_minor
    from fees
    where movement_type = 'fee' and charge_reference is not null and net_fee_minor > 0
    group by platform, account_id, charge_reference, currency_code
),

later_of_charges as (
    select
        fees.movement_id, later_fees.net_fee_minor,
        row_number() over (
            partition by fees.platform, fees.account_id, fees.charge_reference, fees.currency_code order by fees.occurred_at, fees.movement_id
        ) as nth
    from fees
    inner join later_fees using (platform, account_id, charge_reference, currency_code)
    where fees.movement_type = 'charge'
),

charges as (
    select
        fees.movement_id, fees.platform, fees.account_id, fees.entity_id, fees.charge_reference, fees.order_reference, fees.movement_date,
        fees.currency_code, fees.amount_minor as charged_minor, methods.payment_method, methods.card_brand, methods.payer_country,
        fees.net_fee_minor + coalesce(later_of_charges.net_fee_minor, 0) as fee_minor
    from fees
    left join later_of_charges
        on fees.movement_id = later_of_charges.movement_id
        and later_of_charges.nth = 1
    left join {{ ref('can_charge_methods') }} as methods
        on fees.platform = methods.platform
        and fees.account_id = methods.account_id
        and fees.charge_reference = methods.charge_reference
    where fees.movement_type = 'charge'
),

-- Every row of the contract that may hold for the charge; where the payer's country decides and is not known, nothing is asked.
asked as (
    select
        charges.movement_id, contracts.component, contracts.contract_version,
        contracts.applies_to != 'any' and charges.payer_country is null as is_open,
        {{ share_of_minor('cast(charges.charged_minor as hugeint)', 'contracts.rate_ppm', '1000000') }} + contracts.fixed_minor as component_minor,
        row_number() over (
            partition by charges.movement_id, contracts.component
            order by
                contracts.card_brand = '*', case contracts.applies_to when 'inside' then 1 when 'outside' then 2 else 3 end,
                contracts.payment_method = '*', contracts.valid_from desc, contracts.payer_countries
        ) as nth
    from charges
    inner join {{ ref('fee_contracts') }} as contracts
        on charges.platform = contracts.platform
        and charges.account_id = contracts.account_id
        and charges.currency_code = contracts.currency_code
        and contracts.payment_method in ('*', charges.payment_method)
        and contracts.card_brand in ('*', charges.card_brand)
        and charges.movement_date between contracts.valid_from and coalesce(contracts.valid_to, charges.movement_date)
        and (
            contracts.applies_to = 'any'
            or charges.payer_country is null
            or (contracts.applies_to = 'inside') = (' ' || contracts.payer_countries || ' ' like '% ' || charges.payer_country || ' %')
        )
    where charges.charged_minor >= 0
),

expected as (
    select
        movement_id, case when not bool_or(is_open) then {{ sum_minor('component_minor') }} end as expected_fee_minor, max(contract_version) as contract_version,
        {{ sorted_list('component', 'component') }} as components
    from asked
    where nth = 1
    group by movement_id
)

select
    charges.movement_id, charges.platform, charges.account_id, charges.entity_id, charges.charge_reference, matches.order_id,
    coalesce(orders.order_number, charges.order_reference) as order_number, charges.movement_date, {{ month_key('charges.movement_date') }} as period_month,
    charges.payment_method, charges.card_brand, charges.payer_country, charges.charged_minor, charges.fee_minor,
    case when charges.charged_minor > 0 then {{ half_even_divide('cast(charges.fee_minor as hugeint) * 1000000', 'charges.charged_minor') }} end as effective_rate_ppm,
    expected.expected_fee_minor, charges.fee_minor - expected.expected_fee_minor as difference_minor, expected.components, expected.contract_version,
    charges.currency_code
from charges
left join expected using (movement_id)
left join {{ ref('fct_payment_matches') }} as matches using (movement_id)
left join {{ ref('can_orders') }} as orders on matches.order_id = orders.order_id
