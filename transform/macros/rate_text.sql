{# Parts per million → percent text ('19 %', '8.875 %'), for sentences and files only; NULL stays NULL. #}
{% macro rate_text(rate_ppm) -%}
    (cast({{ floor_divide(rate_ppm, '10000') }} as varchar)
        || rtrim(rtrim('.' || lpad(cast({{ rate_ppm }} % 10000 as varchar), 4, '0'), '0'), '.') || ' %')
{%- endmacro %}
