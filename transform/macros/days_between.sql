{# Whole days from the first date to the second (BIGINT). #}
{% macro days_between(first_date, second_date) -%} {{ return(adapter.dispatch('days_between', 'cartwheel')(first_date, second_date)) }} {%- endmacro %}

{% macro default__days_between(first_date, second_date) -%} cast(date_diff('day', {{ first_date }}, {{ second_date }}) as bigint) {%- endmacro %}
