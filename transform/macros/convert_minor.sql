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

{#
    Every part of the sum is worked out once and named: written out wherever it is used, one conversion is nine thousand characters, and getting it
    ready takes longer than converting a hundred thousand rows. The names are its own: a table called like them would be read in their place.
#}
{% macro default__convert_minor(amount_minor, from_currency, to_currency, rate, rate_base_currency) -%}
    {%- set base = rate_base_currency or from_currency -%}
    list_transform(
        list_transform(
            [{
                'amount': cast({{ amount_minor }} as hugeint), 'rate': {{ exact_rate(rate) }},
                'from_units': cast({{ minor_units_per_major(from_currency) }} as hugeint), 'to_units': cast({{ minor_units_per_major(to_currency) }} as hugeint),
                'is_direct': {{ base }} = {{ from_currency }}, 'is_inverse': {{ base }} = {{ to_currency }}
            }],
            conversion_given -> {
                'amount': conversion_given.amount, 'from_units': conversion_given.from_units, 'to_units': conversion_given.to_units,
                'is_direct': conversion_given.is_direct, 'is_inverse': conversion_given.is_inverse,
                'digits': cast(replace(conversion_given.rate, '.', '') as hugeint),
                'scale': cast(rpad('1', cast(1 + length(split_part(conversion_given.rate || '.', '.', 2)) as integer), '0') as hugeint)
            }
        ),
        conversion_parts -> case
            when conversion_parts.digits is null then null
            when conversion_parts.is_direct then {{ half_even_divide('conversion_parts.amount * conversion_parts.digits * conversion_parts.to_units', 'conversion_parts.scale * conversion_parts.from_units') }}
            when conversion_parts.is_inverse then {{ half_even_divide('conversion_parts.amount * conversion_parts.scale * conversion_parts.to_units', 'conversion_parts.digits * conversion_parts.from_units') }}
        end
    )[1]
{%- endmacro %}
