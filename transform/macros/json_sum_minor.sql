{#
    Sum of a money text over a JSON list, in minor units: json_sum_minor('tax_lines', 'priceSet.shopMoney.amount', 'currency_code').
    0 over an empty or missing list; NULL when one amount has more decimals than its currency. Staging only.
#}
{% macro json_sum_minor(column, path, currency_code) -%}
    {{ return(adapter.dispatch('json_sum_minor', 'cartwheel')(column, path, currency_code)) }}
{%- endmacro %}

{% macro default__json_sum_minor(column, path, currency_code) -%}
    (
        select
            case
                when count(summed.item ->> '$.{{ path }}') = count({{ to_minor("(summed.item ->> '$." ~ path ~ "')", currency_code) }})
                    then coalesce({{ sum_minor(to_minor("(summed.item ->> '$." ~ path ~ "')", currency_code)) }}, 0)
            end
        from unnest(from_json({{ column }}, '["json"]')) as summed (item)
    )
{%- endmacro %}
