{# 'YYYY-MM' of a date. #}
{% macro month_key(date_column) -%} {{ return(adapter.dispatch('month_key', 'cartwheel')(date_column)) }} {%- endmacro %}

{% macro default__month_key(date_column) -%} strftime({{ date_column }}, '%Y-%m') {%- endmacro %}
