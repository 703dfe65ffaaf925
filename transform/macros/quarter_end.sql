{# The last day of the quarter a date lies in. #}
{% macro quarter_end(date_column) -%} {{ return(adapter.dispatch('quarter_end', 'cartwheel')(date_column)) }} {%- endmacro %}

{% macro default__quarter_end(date_column) -%} cast(date_trunc('quarter', {{ date_column }}) + interval 3 month - interval 1 day as date) {%- endmacro %}
