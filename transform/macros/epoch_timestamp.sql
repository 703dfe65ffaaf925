{# Unix seconds → UTC timestamp. #}
{% macro epoch_timestamp(seconds) -%} {{ return(adapter.dispatch('epoch_timestamp', 'cartwheel')(seconds)) }} {%- endmacro %}

{% macro default__epoch_timestamp(seconds) -%} (timestamp '1970-01-01 00:00:00' + to_seconds(cast({{ seconds }} as bigint))) {%- endmacro %}
