-- The nearest rule applies whole, as for an entry of the journal: the entity's own before all, a named detail before any.
{%- set kinds = [
    ('sale', 'product'), ('sale', 'shipping'), ('sale', 'gift_card'), ('sale', 'tip'), ('sale', 'fee'), ('sale', 'duty'), ('sale', 'cash_rounding'),
    ('return', 'product'), ('return', 'shipping'), ('return', 'gift_card'), ('return', 'tip'), ('return', 'fee'), ('return', 'duty'),
    ('return', 'cash_rounding'), ('return', 'adjustment'),
    ('discount', ''), ('discount', 'early_payment'), ('tax', ''), ('tax', 'marketplace'),
    ('tender', 'gift_card'), ('tender', 'store_credit'), ('tender', 'manual'),
    ('clearing', ''), ('bank', ''), ('receivable', ''), ('overpayment', ''), ('deferred', ''),
    ('fee', 'processing'), ('fee', 'dispute'), ('fee', 'tax'), ('transit', ''), ('refund_due', ''),
    ('movement', 'dispute'), ('movement', 'dispute_reversal'), ('movement', 'fee'), ('movement', 'payout_fee'), ('movement', 'reserve_hold'),
    ('movement', 'reserve_release'), ('movement', 'adjustment'),
] %}
with

kinds as (
    {%- for key, detail in kinds %}
    select '{{ key }}' as posting_key, '{{ detail }}' as detail, '{{ key ~ ('_' ~ detail if detail else '') }}' as stands_for
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

candidates as (
    select
        entities.entity_id, kinds.stands_for, rules.account_number,
        row_number() over (
            partition by entities.entity_id, kinds.stands_for
            order by case when rules.entity_id = '*' then 1 else 0 end, case when rules.detail = '*' then 1 else 0 end
        ) as nth
    from {{ ref('entities') }} as entities
    cross join kinds
    left join {{ ref('posting_rules') }} as rules
        on kinds.posting_key = rules.posting_key
        and rules.entity_id in (entities.entity_id, '*')
        and rules.detail in (kinds.detail, '*')
)

select
    entity_id,
    {%- for key, detail in kinds %}
    {%- set stands_for = key ~ ('_' ~ detail if detail else '') %}
    max(case when stands_for = '{{ stands_for }}' then coalesce(account_number, 'unmapped') end) as {{ stands_for }},
    {%- endfor %}
    {{ sorted_list("case when account_number is null then stands_for end", 'stands_for') }} as unmapped
from candidates
where nth = 1
group by entity_id
