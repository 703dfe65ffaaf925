{#
    The rows of a relation with a share of an amount beside each, BIGINT: in proportion to their weights, rounded down, and the units left over one
    each to the rows with the largest remainder, or, with leftover_to='first', one after the other from the first row that weighs anything, as
    Shopify shares a discount.
    The shares of a group add up to its amount exactly, whatever its sign; a group that weighs nothing gives all to its first row.

    total and weight are BIGINT expressions, the total equal in all rows of a group, no weight negative; order_by is unique in a group.
#}
{% macro largest_remainder(relation, group_by, order_by, total, weight, share, leftover_to='largest') -%}
select * exclude (_whole, _weights, _place, _rest, _floor, _turn),
        case when {{ total }} < 0 then -1 else 1 end * cast(
            _floor + case when _turn <= _whole - sum(_floor) over (partition by {{ group_by }}) then 1 else 0 end as bigint
        ) as {{ share }}
    from (
        select *,
            row_number() over (partition by {{ group_by }} order by {{ '_rest desc' if leftover_to == 'largest' else weight ~ ' = 0' }}, _place) as _turn
        from (
            select *,
                case when _weights = 0 then case when _place = 1 then _whole else 0 end else (_whole * {{ weight }}) // _weights end as _floor,
                case when _weights = 0 then 0 else (_whole * {{ weight }}) % _weights end as _rest
            from (
                select *,
                    abs(cast({{ total }} as hugeint)) as _whole,
                    sum({{ weight }}) over (partition by {{ group_by }}) as _weights,
                    row_number() over (partition by {{ group_by }} order by {{ order_by }}) as _place
                from {{ relation }}
            ) as weighed
        ) as floored
    ) as turned
{%- endmacro %}
