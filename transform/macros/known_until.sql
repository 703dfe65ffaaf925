{#
    The newest day anything in the warehouse speaks of, over all companies: a month that ended before it, or on it, is over. A processor's balance
    says when it was read, so that a month without a sale after it ends all the same.
#}
{% macro known_until() -%}
    (
        select max(known_date)
        from (
            select max(order_date) as known_date from {{ ref('can_orders') }} where not is_test
            union all
            select max(movement_date) from {{ ref('can_processor_movements') }}
            union all
            select max(value_date) from {{ ref('can_bank_lines') }}
            union all
            select cast(max(as_of_at) as date) from {{ ref('can_processor_balances') }}
        ) as known
    )
{%- endmacro %}
