{#
    The rows of a relation with the nearest row of seed tax_rules beside each, as <prefix>rate_ppm, tax_code, box and rule_version; NULL where
    no row holds. Where a rate is given, only a row of that rate or without one will do; then region before country before '*',
    class before '*', newest first. The relation has entity_id, tax_class, tax_date;
    place, scheme and rate are expressions over it under the name `relation`.
#}
{% macro nearest_tax_rule(relation, place, scheme, rate, prefix) -%}
select relation.*, found.rate_ppm as {{ prefix }}rate_ppm, found.tax_code as {{ prefix }}tax_code, found.box as {{ prefix }}box, found.rule_version as {{ prefix }}rule_version
    from {{ relation }} as relation
    left join (
        select
            questions.*, rules.rate_ppm, rules.tax_code, rules.box, rules.rule_version,
            row_number() over (
                partition by questions.entity_id, questions.place, questions.asked_class, questions.asked_scheme, questions.asked_rate, questions.tax_date
                order by length(rules.jurisdiction) desc, rules.tax_class != questions.asked_class, rules.rate_ppm is null, rules.valid_from desc, rules.tax_class, rules.rate_ppm
            ) as nearness
        from (
            select distinct relation.entity_id, {{ place }} as place, relation.tax_class as asked_class, {{ scheme }} as asked_scheme, {{ rate }} as asked_rate, relation.tax_date
            from {{ relation }} as relation
        ) as questions
        inner join {{ ref('tax_rules') }} as rules
            on questions.entity_id = rules.entity_id
            and questions.asked_scheme = rules.scheme
            and questions.tax_date >= rules.valid_from
            and (rules.valid_to is null or questions.tax_date <= rules.valid_to)
            and (rules.jurisdiction in (questions.place, split_part(questions.place, '-', 1)) or (rules.jurisdiction = '*' and questions.place != 'unknown'))
            and case
                when questions.asked_rate is null then rules.tax_class in (questions.asked_class, '*')
                else coalesce(rules.rate_ppm, questions.asked_rate) = questions.asked_rate
            end
    ) as found
        on relation.entity_id = found.entity_id
        and {{ place }} = found.place
        and relation.tax_class is not distinct from found.asked_class
        and {{ scheme }} = found.asked_scheme
        and {{ rate }} is not distinct from found.asked_rate
        and relation.tax_date = found.tax_date
        and found.nearness = 1
{%- endmacro %}
