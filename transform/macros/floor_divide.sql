{# Integer division rounding down, BIGINT; the divisor is positive. Never `/` on money or units. #}
{% macro floor_divide(dividend, divisor) -%} {{ return(adapter.dispatch('floor_divide', 'cartwheel')(dividend, divisor)) }} {%- endmacro %}

{# DuckDB's // truncates towards zero, so a negative dividend is shifted first. #}
{% macro default__floor_divide(dividend, divisor) -%}
    cast(
        case
            when ({{ dividend }}) >= 0 then ({{ dividend }}) // ({{ divisor }})
            else -((-({{ dividend }}) + ({{ divisor }}) - 1) // ({{ divisor }}))
        end as bigint
    )
{%- endmacro %}
