{# The hour a timestamp falls into, as a timestamp. #}
{% macro hour_of(moment) -%} {{ return(adapter.dispatch('hour_of', 'cartwheel')(moment)) }} {%- endmacro %}

{% macro default__hour_of(moment) -%} cast(date_trunc('hour', {{ moment }}) as timestamp) {%- endmacro %}
