{#
    A rate's text if exact arithmetic can read it, else NULL: plain digits above zero, at most 15 that count and at most 12 after
    the point. So an amount of 19 digits, the rate and an exponent of 3 stay within 38 digits.
#}
{% macro exact_rate(rate) -%} {{ return(adapter.dispatch('exact_rate', 'cartwheel')(rate)) }} {%- endmacro %}

{% macro default__exact_rate(rate) -%}
    case
        when regexp_full_match({{ rate }}, '[0-9]{1,9}([.][0-9]{1,12})?')
            and length(ltrim(replace({{ rate }}, '.', ''), '0')) between 1 and 15
            then {{ rate }}
    end
{%- endmacro %}
