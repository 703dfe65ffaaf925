with

months as (
    select * from {{ ref('fct_clearing_months') }}
),

differences as (
    select
        'clearing:' || platform || ':' || account_id || ':' || period_month || ':' || currency_code as difference_id,
        'balance:' || platform || ':' || account_id || ':' || period_month || ':' || currency_code as money_atom_id,
        'processor_to_balance' as pair,
        'amount' as part,
        entity_id,
        balance_date as part_date,
        period_month,
        currency_code,
        'clearing' as bridge,
        'processor' as from_system,
        'processor_balance' as to_system,
        'UNX-00' as reason_code,
        cast(null as varchar) as order_id,
        'balance of ' || platform || ' ' || account_id || ' ' || period_month as reference,
        reported_closing_minor - computed_closing_minor as amount_minor,
        'the processor reports ' || cast(reported_closing_minor as varchar) || ' minor units, its movements make '
            || cast(computed_closing_minor as varchar) as evidence,
        cast(null as varchar) as channel,
        false as is_shared
    from months
    where reported_closing_minor != computed_closing_minor
)

select * from differences
