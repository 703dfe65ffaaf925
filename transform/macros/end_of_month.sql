{# Last day of a date's month, a date. #}
{% macro end_of_month(date_column) -%} {{ return(adapter.dispatch('end_of_month', 'cartwheel')(date_column)) }} {%- endmacro %}

{% macro default__end_of_month(date_column) -%} cast(last_day({{ date_column }}) as date) {%- endmacro %}
