{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-07', 'severity': 'blocks'}) }}
-- I-07: every charge is there once, with the whole fee its movements say less the tax on it, and the fee its contract asks: of each component the row
-- that no other row is nearer than. A difference is a row exactly where the two are not equal.
-- A failure means that a processor is asked for money it does not owe, or that money it took is not claimed.
with

fee_rows as (
    select movements.movement_id, movements.charge_reference, movements.platform, movements.account_id, movements.currency_code, movements.movement_type,
        movements.processing_fee_minor - coalesce((
            select sum(fees.amount_minor) from {{ ref('can_processor_fees') }} as fees where fees.movement_id = movements.movement_id and fees.fee_type = 'tax'
        ), 0) as fee_minor
    from {{ ref('can_processor_movements') }} as movements
    where movements.movement_type = 'charge' or (movements.movement_type = 'fee' and movements.charge_reference is not null)
),

-- What a charge cost may stand in several movements of one currency; together they are what its rows here say.
taken as (
    select charge_reference, platform, account_id, currency_code, sum(fee_minor) as fee_minor, count(case when movement_type = 'charge' then 1 end) as charges
    from fee_rows
    where movement_type = 'charge' or fee_minor > 0
    group by charge_reference, platform, account_id, currency_code
    having bool_or(movement_type = 'charge')
),

told as (
    select charge_reference, platform, account_id, currency_code, sum(fee_minor) as fee_minor, count(*) as charges
    from {{ ref('fct_charge_fees') }}
    group by charge_reference, platform, account_id, currency_code
),

holding as (
    select charges.movement_id, charges.charged_minor, charges.payer_country, contracts.*,
        case when contracts.card_brand = '*' then 0 else 1000 end
        + case contracts.applies_to when 'inside' then 200 when 'outside' then 100 else 0 end
        + case when contracts.payment_method = '*' then 0 else 10 end as nearness
    from {{ ref('fct_charge_fees') }} as charges
    inner join {{ ref('fee_contracts') }} as contracts
        on contracts.platform = charges.platform
        and contracts.account_id = charges.account_id
        and contracts.currency_code = charges.currency_code
        and (contracts.payment_method = '*' or contracts.payment_method = charges.payment_method)
        and (contracts.card_brand = '*' or contracts.card_brand = charges.card_brand)
        and contracts.valid_from <= charges.movement_date
        and (contracts.valid_to is null or contracts.valid_to >= charges.movement_date)
        and case
            when contracts.applies_to = 'any' or charges.payer_country is null then true
            else (position(charges.payer_country in contracts.payer_countries) > 0) = (contracts.applies_to = 'inside')
        end
    where charges.charged_minor >= 0
),

nearest as (
    select holding.*
    from holding
    where not exists (
        select 1
        from holding as others
        where others.movement_id = holding.movement_id
            and others.component = holding.component
            and (others.nearness, others.valid_from) > (holding.nearness, holding.valid_from)
    )
),

asked as (
    select movement_id, bool_or(applies_to != 'any' and payer_country is null) as is_open,
        sum(fixed_minor + {{ floor_divide('cast(charged_minor as hugeint) * rate_ppm + 500000', '1000000') }}) as asked_minor
    from nearest
    group by movement_id
)

select 'fee of ' || coalesce(taken.charge_reference, told.charge_reference) as trouble
from taken
full outer join told
    on taken.platform = told.platform
    and taken.account_id = told.account_id
    and taken.currency_code = told.currency_code
    and taken.charge_reference is not distinct from told.charge_reference
where taken.fee_minor is distinct from told.fee_minor or taken.charges is distinct from told.charges
union all
select 'contract of ' || charges.movement_id
from {{ ref('fct_charge_fees') }} as charges
left join asked using (movement_id)
where charges.expected_fee_minor is distinct from case when not asked.is_open then asked.asked_minor end
    or charges.difference_minor is distinct from charges.fee_minor - charges.expected_fee_minor
union all
select 'difference of ' || coalesce(charges.movement_id, differences.difference_id)
from (select * from {{ ref('fct_charge_fees') }} where difference_minor != 0) as charges
full outer join {{ ref('fct_fee_differences') }} as differences on 'fee:' || charges.movement_id = differences.difference_id
where charges.difference_minor is distinct from differences.amount_minor
    or charges.currency_code is distinct from differences.currency_code
    or charges.entity_id is distinct from differences.entity_id
