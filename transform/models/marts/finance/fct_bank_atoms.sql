with

payouts as (
    select * from {{ ref('fct_payouts') }}
),

links as (
    select * from {{ ref('fct_payout_bank_links') }}
),

-- What of a payout is more than the movements it lists; of a payout that lists none, all of it.
unlisted as (
    select
        'payout:' || payout_id as money_atom_id, 'payout' as component, entity_id, currency_code, bank_line_id, payout_id,
        case when bank_line_id is not null then case when is_content_listed then unexplained_minor else amount_minor end end as bank_minor,
        bank_value_date as bank_date
    from payouts
    where not is_content_listed or (bank_line_id is not null and unexplained_minor != 0)
),

-- Money out for rent or wages is no settlement; money in that no payout explains might be.
lone_lines as (
    select 'bank:' || lines.bank_line_id, 'bank line', lines.entity_id, lines.currency_code, lines.bank_line_id, cast(null as varchar),
        lines.amount_minor, lines.value_date
    from {{ ref('can_bank_lines') }} as lines
    left join links using (bank_line_id)
    where links.bank_line_id is null and lines.amount_minor > 0
),

-- A payout counts on the day its last part came: a part of an earlier month came then, and not with the rest.
early_parts as (
    select links.*, payouts.bank_value_date
    from links
    inner join payouts using (payout_id)
    where {{ month_key('links.value_date') }} != {{ month_key('payouts.bank_value_date') }}
),

atoms as (
    select * from unlisted
    union all
    select * from lone_lines
    {%- for side, sign, day in [('early', '', 'value_date'), ('late', '-', 'bank_value_date')] %}
    union all
    select 'split:' || payout_bank_link_id || ':{{ side }}', 'part of a split payout', entity_id, currency_code, bank_line_id, payout_id,
        {{ sign }}amount_minor, {{ day }}
    from early_parts
    {%- endfor %}
)

select * from atoms
