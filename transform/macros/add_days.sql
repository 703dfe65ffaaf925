{# A date some days later, still a date. #}
{% macro add_days(date_column, days) -%} {{ return(adapter.dispatch('add_days', 'cartwheel')(date_column, days)) }} {%- endmacro %}

{% macro default__add_days(date_column, days) -%} cast({{ date_column }} + cast({{ days }} as integer) as date) {%- endmacro %}
