with

settled as (
    select
        *,
        processing_fee_minor - fee_tax_minor as fee_1_minor, dispute_fee_minor as fee_2_minor, fee_tax_minor as fee_3_minor,
        fee_minor - processing_fee_minor - dispute_fee_minor as fee_4_minor
    from {{ ref('fct_settlement_movements') }}
),

banked as (
    select movement_id, bank_line_id, bank_value_date from {{ ref('fct_banked_movements') }}
),

-- A charge and its leg of one entity and currency are one atom; else one each, so that every entity and currency closes on its own.
legs as (
    select matches.movement_id, matches.order_payment_id
    from {{ ref('fct_payment_matches') }} as matches
    inner join {{ ref('fct_order_reconciliation') }} as orders using (order_id)
    where matches.order_payment_id is not null
        and matches.leg_entity_id = matches.charge_entity_id
        and matches.leg_currency_code = matches.charge_currency_code
),

{%- set codes = [
    "case when movement_type = 'refund' then 'FEE-02' when movement_type = 'payout' then 'FEE-05' else 'FEE-01' end",
    "'FEE-03'", "'FEE-09'", "'UNX-00'",
] %}

-- The first kind of fee stays with its movement; each further kind is an atom of its own, so that no atom differs for two reasons.
fees as (
    {%- for code in codes %}
    {%- set number = loop.index %}
    select
        movement_id, cast({{ number }} as bigint) as fee_number, {{ code }} as fee_reason_code, -fee_{{ number }}_minor as fee_share_minor,
        {% for before in range(1, number) %}fee_{{ before }}_minor = 0 and {% endfor %}true as is_first
    from settled
    where fee_{{ number }}_minor != 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

further as (
    select movement_id, {{ sum_minor('fee_share_minor') }} as fees_minor from fees where not is_first group by movement_id
),

atoms as (
    select
        coalesce('leg:' || legs.order_payment_id, 'movement:' || settled.movement_id) as money_atom_id, settled.movement_id, legs.order_payment_id,
        true as is_main, settled.movement_type as component, fees.fee_number, fees.fee_reason_code, fees.fee_share_minor,
        settled.net_minor - coalesce(further.fees_minor, 0) as net_share_minor, further.movement_id is null as is_only_atom
    from settled
    left join legs using (movement_id)
    left join fees
        on settled.movement_id = fees.movement_id
        and fees.is_first
    left join further
        on settled.movement_id = further.movement_id
    where legs.movement_id is not null or settled.amount_minor != 0 or settled.net_minor != 0 or fees.movement_id is not null
    union all
    select 'fee:' || movement_id || ':' || cast(fee_number as varchar), movement_id, null, false, 'fee of a movement', fee_number, fee_reason_code,
        fee_share_minor, fee_share_minor, false
    from fees
    where not is_first
)

select
    atoms.money_atom_id, atoms.movement_id, atoms.order_payment_id, atoms.is_main, atoms.is_only_atom, atoms.component,
    settled.entity_id, settled.currency_code, settled.order_id, settled.movement_date,
    case when atoms.is_main then settled.amount_minor end as amount_minor,
    atoms.fee_number, atoms.fee_reason_code, coalesce(atoms.fee_share_minor, 0) as fee_share_minor, atoms.net_share_minor,
    banked.bank_line_id, banked.bank_value_date
from atoms
inner join settled using (movement_id)
inner join banked using (movement_id)
