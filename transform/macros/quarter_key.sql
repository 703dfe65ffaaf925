{# 'YYYY-Qn' of a date. #}
{% macro quarter_key(date_column) -%} {{ return(adapter.dispatch('quarter_key', 'cartwheel')(date_column)) }} {%- endmacro %}

{% macro default__quarter_key(date_column) -%} (strftime({{ date_column }}, '%Y') || '-Q' || cast(quarter({{ date_column }}) as varchar)) {%- endmacro %}
