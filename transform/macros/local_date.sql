{# Business date of a UTC timestamp in an IANA time zone. Made once, in canonical. #}
{% macro local_date(timestamp_utc, time_zone) -%} {{ return(adapter.dispatch('local_date', 'cartwheel')(timestamp_utc, time_zone)) }} {%- endmacro %}

{% macro default__local_date(timestamp_utc, time_zone) -%}
    cast(({{ timestamp_utc }} at time zone 'UTC') at time zone {{ time_zone }} as date)
{%- endmacro %}
