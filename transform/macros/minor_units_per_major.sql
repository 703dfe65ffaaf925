{# 1, 100 or 1000 by ISO 4217 exponent; the same lists as seeds/currencies.csv (a test compares them). #}
{% macro minor_units_per_major(currency_code) -%}
    case
        when {{ currency_code }} in ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') then 1
        when {{ currency_code }} in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 1000
        else 100
    end
{%- endmacro %}
