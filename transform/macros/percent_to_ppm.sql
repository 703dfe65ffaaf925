{#
    A rate stated in percent (text) → whole parts per million (BIGINT): '8.875' → 88750. Platforms state rates as floating-point numbers;
    what lies beyond a millionth is their noise, for no tax has so fine a rate. NULL stays NULL.
#}
{% macro percent_to_ppm(percent) -%} {{ return(adapter.dispatch('percent_to_ppm', 'cartwheel')(percent)) }} {%- endmacro %}

{% macro default__percent_to_ppm(percent) -%} cast(round(cast({{ percent }} as decimal(28, 12)) * 10000, 0) as bigint) {%- endmacro %}
