{# Whole milliseconds from the first timestamp to the second (BIGINT). #}
{% macro milliseconds_between(first_at, second_at) -%} {{ return(adapter.dispatch('milliseconds_between', 'cartwheel')(first_at, second_at)) }} {%- endmacro %}

{% macro default__milliseconds_between(first_at, second_at) -%} cast(date_diff('millisecond', {{ first_at }}, {{ second_at }}) as bigint) {%- endmacro %}
