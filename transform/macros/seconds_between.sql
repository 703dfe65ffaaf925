{# Whole seconds from the first timestamp to the second (BIGINT). #}
{% macro seconds_between(first_at, second_at) -%} {{ return(adapter.dispatch('seconds_between', 'cartwheel')(first_at, second_at)) }} {%- endmacro %}

{% macro default__seconds_between(first_at, second_at) -%} cast(date_diff('second', {{ first_at }}, {{ second_at }}) as bigint) {%- endmacro %}
