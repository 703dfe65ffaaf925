{#
    Where a tax is owed, as text: the country, and the region behind it where regions levy their own ('US-NY', 'DE'); 'unknown' without a country.
#}
{% macro tax_jurisdiction(country_code, region_code) -%}
    coalesce(
        upper({{ country_code }}) || case when upper({{ country_code }}) in ('US', 'CA') then coalesce('-' || upper(nullif({{ region_code }}, '')), '') else '' end,
        'unknown'
    )
{%- endmacro %}
