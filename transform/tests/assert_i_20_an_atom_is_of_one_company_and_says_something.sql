{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: an atom has an amount other than nought in some system, or parts that cancel out; its processor's and its bank's side is its own
-- movement, of its entity and currency; a leg and its charge of one entity and currency are one atom.
-- A failure means that an amount stands in the wrong company, or that a row explains nothing.
with

atoms as (
    select * from {{ ref('fct_money_atoms') }}
),

pairs as (
    select matches.order_payment_id, matches.movement_id
    from {{ ref('fct_payment_matches') }} as matches
    inner join {{ ref('fct_order_reconciliation') }} as orders using (order_id)
    where matches.order_payment_id is not null
        and matches.movement_id is not null
        and matches.leg_entity_id = matches.charge_entity_id
        and matches.leg_currency_code = matches.charge_currency_code
)

select money_atom_id
from atoms
where coalesce(storefront_minor, 0) = 0
    and coalesce(processor_minor, 0) = 0
    and coalesce(bank_minor, 0) = 0
    and coalesce(recognised_minor, 0) = 0
    and coalesce(books_minor, 0) = 0
    and coalesce(contents_minor, 0) = 0
    and coalesce(balance_minor, 0) = 0
    -- A leg or an event of nought is one all the same; what is nought in every month may be something within one (a payout under way, its fee).
    and component != 'tender leg'
    and (component != 'revenue' or recognised_minor is null)
    and money_atom_id not in (select money_atom_id from {{ ref('fct_money_atom_parts') }})
union all
select atoms.money_atom_id
from atoms
inner join {{ ref('can_processor_movements') }} as movements using (movement_id)
where atoms.entity_id != movements.entity_id
    or atoms.currency_code != movements.currency_code
    or (movements.movement_type != 'payout' and atoms.processor_minor != movements.amount_minor)
    or (atoms.processor_minor is null) != (atoms.component = 'fee of a movement')
    or atoms.processor_date != movements.movement_date
union all
select 'leg:' || pairs.order_payment_id
from pairs
left join atoms on atoms.money_atom_id = 'leg:' || pairs.order_payment_id
where atoms.movement_id is distinct from pairs.movement_id
