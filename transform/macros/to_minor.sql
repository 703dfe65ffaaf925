{#
    Decimal text or DECIMAL in major units → whole minor units (BIGINT), by the currency's ISO 4217 exponent.
    NULL stays NULL. A value with more decimals than its currency has is NULL too: `money_is_exact` tests on the
    staging model name such rows (SRC-06), nothing is rounded.
#}
{% macro to_minor(value, currency_code) -%}
    {{ return(adapter.dispatch('to_minor', 'cartwheel')(value, currency_code)) }}
{%- endmacro %}

{% macro default__to_minor(value, currency_code) -%}
    cast(
        case
            when cast({{ value }} as decimal(28, 6)) * {{ minor_units_per_major(currency_code) }}
                = round(cast({{ value }} as decimal(28, 6)) * {{ minor_units_per_major(currency_code) }}, 0)
                then round(cast({{ value }} as decimal(28, 6)) * {{ minor_units_per_major(currency_code) }}, 0)
        end as bigint
    )
{%- endmacro %}
