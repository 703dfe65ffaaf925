with

parts as (
    select * from {{ ref('fct_money_atom_parts') }}
),

-- Several parts are one difference: those of a channel that differs as a whole, and those of one thing that is several atoms.
together as (
    select difference_id, entity_id, period_month, currency_code, bridge, from_system, to_system, reason_code, channel,
        max(order_id) as order_id, max(reference) as reference, {{ sum_minor('amount_minor') }} as amount_minor, max(evidence) as evidence, count(*) as parts
    from parts
    where is_shared
    group by difference_id, entity_id, period_month, currency_code, bridge, from_system, to_system, reason_code, channel
    having sum(amount_minor) != 0
),

differences as (
    select difference_id, entity_id, period_month, currency_code, bridge, from_system, to_system, reason_code, order_id, reference, amount_minor, evidence
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
        end
    from together
    {%- for model, condition in [
        ('fct_charge_differences', 'where bridge is null'), ('fct_close_differences', ''), ('fct_tax_differences', ''), ('fct_allocation_differences', ''),
    ] %}
    union all
    select difference_id, entity_id, period_month, currency_code, bridge, from_system, to_system, reason_code, order_id, reference, amount_minor, evidence
    from {{ ref(model) }}
    {{ condition }}
    {%- endfor %}
),

reason_codes as (
    select * from {{ ref('reason_codes') }}
),

explained as (
    select
        differences.difference_id,
        differences.entity_id,
        differences.period_month,
        differences.currency_code,
        differences.bridge,
        differences.from_system,
        differences.to_system,
        differences.reason_code,
        reason_codes.meaning as reason,
        differences.order_id,
        differences.reference,
        differences.amount_minor,
        differences.evidence,
        reason_codes.needs_a_human,
        nullif(reason_codes.action, 'none') as suggested_action
    from differences
    left join reason_codes on differences.reason_code = reason_codes.reason_code
)

select * from explained
