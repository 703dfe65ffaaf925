{#
    Integer division to the nearest whole number, BIGINT; exactly half-way goes to the even neighbour (ISO 80000-1:2009, B.3, rule A),
    so that halves do not push sums one way. The divisor is positive; both are whole numbers of at most 37 digits. NULL stays NULL.
#}
{% macro half_even_divide(dividend, divisor) -%} {{ return(adapter.dispatch('half_even_divide', 'cartwheel')(dividend, divisor)) }} {%- endmacro %}

{# Half-way up on the magnitude first, (2n + d) // 2d; where that was exactly half-way and gave an odd number, one less. #}
{% macro default__half_even_divide(dividend, divisor) -%}
    {%- set doubled = '(2 * abs(cast(' ~ dividend ~ ' as hugeint)) + (' ~ divisor ~ '))' -%}
    {%- set span = '(2 * cast(' ~ divisor ~ ' as hugeint))' -%}
    cast(
        case when ({{ dividend }}) < 0 then -1 else 1 end
        * ({{ doubled }} // {{ span }} - case when {{ doubled }} % {{ span }} = 0 then ({{ doubled }} // {{ span }}) % 2 else 0 end)
        as bigint
    )
{%- endmacro %}
