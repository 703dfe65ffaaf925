{#
    Stripe's integer amount → whole minor units by ISO 4217 (BIGINT). Stripe's units differ from ISO for some currencies
    (docs.stripe.com/currencies): whole units for the first list, although ISO gives MGA two decimals; two decimals for
    ISK and UGX, although ISO gives them none; three for the second list; two elsewhere, HUF and TWD included, whose
    payouts are merely whole. IQD and LYD are no Stripe currencies: NULL. An amount that is no whole ISO minor unit
    (an ISK amount not divisible by 100) is NULL too, and not_null on the staging column names it (SRC-06, CUR-04).
#}
{% macro stripe_to_minor(amount, currency_code) -%}
    case
        when {{ currency_code }} in ('BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF')
            then cast({{ amount }} as bigint) * {{ minor_units_per_major(currency_code) }}
        when {{ currency_code }} in ('ISK', 'UGX')
            then case when mod(cast({{ amount }} as bigint), 100) = 0 then {{ floor_divide('cast(' ~ amount ~ ' as bigint)', 100) }} end
        when {{ currency_code }} in ('IQD', 'LYD') then null
        else cast({{ amount }} as bigint)
    end
{%- endmacro %}
