{# Wall-clock timestamp in an IANA time zone → UTC timestamp (ShipStation's Pacific times). #}
{% macro local_to_utc(timestamp_local, time_zone) -%} {{ return(adapter.dispatch('local_to_utc', 'cartwheel')(timestamp_local, time_zone)) }} {%- endmacro %}

{% macro default__local_to_utc(timestamp_local, time_zone) -%}
    (({{ timestamp_local }} at time zone {{ time_zone }}) at time zone 'UTC')
{%- endmacro %}
