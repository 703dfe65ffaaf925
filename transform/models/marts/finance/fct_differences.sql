with

parts as (
    select * from {{ ref('fct_money_atom_parts') }}
),

-- Several parts are one difference: those of a channel that differs as a whole, and those of one thing that is several atoms.
together as (
    select difference_id, entity_id, period_month, currency_code, bridge, from_system, to_system, reason_code, channel,
        max(order_id) as order_id, max(reference) as reference, {{ sum_minor('amount_minor') }} as amount_minor, max(evidence) as evidence, count(*) as parts,
        min(case when part = 'existence' then part_date end) as waits_since
    from parts
    where is_shared
    group by difference_id, entity_id, period_month, currency_code, bridge, from_system, to_system, reason_code, channel
    having sum(amount_minor) != 0
),

differences as (
    select difference_id, entity_id, period_month, currency_code, bridge, from_system, to_system, reason_code, order_id, reference, amount_minor, evidence,
        case when part = 'existence' then part_date end as waits_since
    from parts
    where not is_shared
    union all
    select
        difference_id, entity_id, period_month, currency_code, bridge, from_system, to_system, reason_code,
        case when channel is null then order_id end,
        case when channel is null then reference else channel || ' ' || period_month end,
        amount_minor,
        case
            when channel is null then evidence
            else case to_system
                when 'processor' then 'no processor is connected for channel ' || channel
                when 'books' then 'channel ' || channel || ' is not kept in these books'
                else 'channel ' || channel
            end || ': ' || cast(parts as varchar) || ' amounts together'
        end,
        case when channel is null then waits_since end
    from together
    {%- for model, condition in [
        ('fct_charge_differences', 'where bridge is null'), ('fct_close_differences', ''), ('fct_tax_differences', ''), ('fct_allocation_differences', ''),
        ('fct_fee_differences', ''),
    ] %}
    union all
    select difference_id, entity_id, period_month, currency_code, bridge, from_system, to_system, reason_code, order_id, reference, amount_minor, evidence,
        cast(null as date)
    from {{ ref(model) }}
    {{ condition }}
    {%- endfor %}
),

reason_codes as (
    select * from {{ ref('reason_codes') }}
),

-- What the other system still has nothing of, though by its reason it should have by now, does not clear by itself.
dated as (
    select
        differences.*, {{ add_days('differences.waits_since', 'clearing_times.clear_days') }} as clear_by,
        coalesce({{ add_days('differences.waits_since', 'clearing_times.clear_days') }} < {{ known_until() }}, false) as is_overdue
    from differences
    left join {{ ref('clearing_times') }} as clearing_times using (reason_code)
),

explained as (
    select
        dated.difference_id,
        dated.entity_id,
        dated.period_month,
        dated.currency_code,
        dated.bridge,
        dated.from_system,
        dated.to_system,
        dated.reason_code,
        reason_codes.meaning as reason,
        dated.order_id,
        dated.reference,
        dated.amount_minor,
        dated.evidence,
        dated.clear_by,
        dated.is_overdue,
        reason_codes.needs_a_human or dated.is_overdue as needs_a_human,
        case when dated.is_overdue and reason_codes.action = 'wait' then 'ask why it has not come' else nullif(reason_codes.action, 'none') end
            as suggested_action
    from dated
    left join reason_codes on dated.reason_code = reason_codes.reason_code
)

select * from explained
