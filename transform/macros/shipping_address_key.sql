{# One key per delivery address, however it is typed (case, spaces, punctuation); NULL where there is no street. #}
{% macro shipping_address_key(orders) -%}
    case
        when {{ orders }}.shipping_street is not null
            then {{ digest([
                "nullif(regexp_replace(lower(concat_ws(' ', " ~ orders ~ ".shipping_street, " ~ orders ~ ".shipping_street_more)), '[^a-z0-9]+', '', 'g'), '')",
                "lower(trim(" ~ orders ~ ".shipping_city))",
                "upper(trim(" ~ orders ~ ".shipping_region))",
                "upper(replace(" ~ orders ~ ".shipping_postcode, ' ', ''))",
                "upper(" ~ orders ~ ".shipping_country_code)",
            ]) }}
    end
{%- endmacro %}
