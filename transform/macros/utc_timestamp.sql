{# ISO 8601 text, or a zoned timestamp column, → plain UTC timestamp. Text without an offset is taken as UTC. #}
{% macro utc_timestamp(value) -%} {{ return(adapter.dispatch('utc_timestamp', 'cartwheel')(value)) }} {%- endmacro %}

{% macro default__utc_timestamp(value) -%}
    (cast({{ value }} as timestamptz) at time zone 'UTC')
{%- endmacro %}
