{#
    Minor units of one currency → minor units of another at a rate given as decimal text; exact integer arithmetic over both
    currencies' exponents and one rounding, half-even (half_even_divide). A NULL or unreadable rate gives NULL, never 1 (CUR-03).

    rate is units of to_currency for one unit of from_currency. Where a source quotes the pair the other way round, name the
    currency of which one unit is priced in rate_base_currency: the amount is then divided by the rate, not multiplied by a
    rounded inverse. A pair the rate does not belong to gives NULL.
#}
{% macro convert_minor(amount_minor, from_currency, to_currency, rate, rate_base_currency=none) -%}
    {{ return(adapter.dispatch('convert_minor', 'cartwheel')(amount_minor, from_currency, to_currency, rate, rate_base_currency)) }}
{%- endmacro %}

{% macro default__convert_minor(amount_minor, from_currency, to_currency, rate, rate_base_currency) -%}
    {%- set digits = "cast(replace(" ~ exact_rate(rate) ~ ", '.', '') as hugeint)" -%}
    {%- set scale = "cast(rpad('1', cast(1 + length(split_part(" ~ rate ~ " || '.', '.', 2)) as integer), '0') as hugeint)" -%}
    {%- set amount = "cast(" ~ amount_minor ~ " as hugeint)" -%}
    {%- set from_units = "(" ~ minor_units_per_major(from_currency) ~ ")" -%}
    {%- set to_units = "(" ~ minor_units_per_major(to_currency) ~ ")" -%}
    {%- set base = rate_base_currency or from_currency -%}
    case
        when {{ exact_rate(rate) }} is null then null
        when {{ base }} = {{ from_currency }}
            then {{ half_even_divide(amount ~ " * " ~ digits ~ " * " ~ to_units, scale ~ " * " ~ from_units) }}
        when {{ base }} = {{ to_currency }}
            then {{ half_even_divide(amount ~ " * " ~ scale ~ " * " ~ to_units, digits ~ " * " ~ from_units) }}
    end
{%- endmacro %}
