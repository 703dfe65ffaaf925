with

entities as (
    select * from {{ ref('entities') }}
),

rates as (
    select * from {{ ref('dim_fx_rates') }} where purpose = 'book'
),

-- An amount in the books' own currency needs no rate; any other needs the book rate of its day, and waits without it.
converted as (
    select
        postings.*, entities.base_currency_code,
        case
            when postings.currency_code = entities.base_currency_code then postings.signed_minor
            else {{ convert_minor('postings.signed_minor', 'postings.currency_code', 'entities.base_currency_code', 'rates.rate', 'rates.rate_base_currency_code') }}
        end as signed_base_minor
    from {{ ref('fct_postings') }} as postings
    left join entities using (entity_id)
    left join rates
        on postings.currency_code = rates.from_currency_code
        and entities.base_currency_code = rates.to_currency_code
        and postings.rate_date = rates.rate_date
),

-- Only an entry with a line in another currency than the books' can have a residue; all others stand as they are, which are nearly all.
foreign_events as (
    select distinct event_id from converted where currency_code != base_currency_code or base_currency_code is null
),

in_question as (
    select converted.* from converted inner join foreign_events using (event_id)
),

entries as (
    select
        event_id, entity_id, base_currency_code, max(line_number) as lines, min(order_id) as order_id, min(source) as source, min(rate_date) as rate_date,
        count(distinct currency_code || ' ' || case when currency_code = base_currency_code then '' else cast(rate_date as varchar) end) as rates,
        count(*) - count(signed_base_minor) as unrated_lines,
        {{ sum_minor('signed_base_minor') }} as residue_minor,
        -- Only what balances in its own currency may be evened out in another.
        (count(distinct currency_code) > 1 or sum(signed_minor) = 0) and max(case when currency_code = base_currency_code then 0 else 1 end) = 1
            as is_evened
    from in_question
    group by event_id, entity_id, base_currency_code
),

largest as (
    select event_id, line_number,
        row_number() over (partition by event_id order by abs(signed_base_minor) desc nulls last, line_number) as nth
    from in_question
),

-- At one rate a residue is rounding and goes to the largest line; at several it is the gain or loss of the exchange.
settled as (
    select
        in_question.event_id, in_question.line_number, in_question.entity_id, in_question.posting_key, in_question.detail, in_question.sub_account,
        in_question.signed_minor, in_question.currency_code, in_question.rate_date, in_question.order_id, in_question.movement_id, in_question.source,
        in_question.base_currency_code, in_question.account_number, in_question.tax_code,
        case
            when entries.unrated_lines > 0 then null
            when entries.is_evened and entries.rates = 1 and largest.nth = 1 then in_question.signed_base_minor - entries.residue_minor
            else in_question.signed_base_minor
        end as signed_base_minor,
        case when entries.is_evened and entries.rates = 1 and largest.nth = 1 then coalesce(entries.residue_minor, 0) else 0 end as remainder_minor
    from in_question
    inner join entries using (event_id)
    inner join largest using (event_id, line_number)
),

plain as (
    select
        converted.event_id, converted.line_number, converted.entity_id, converted.posting_key, converted.detail, converted.sub_account,
        converted.signed_minor, converted.currency_code, converted.rate_date, converted.order_id, converted.movement_id, converted.source,
        converted.base_currency_code, converted.account_number, converted.tax_code, converted.signed_base_minor, cast(0 as bigint) as remainder_minor
    from converted
    left join foreign_events on converted.event_id = foreign_events.event_id
    where foreign_events.event_id is null
),

exchanged as (
    select
        entries.event_id, entries.lines + 1 as line_number, entries.entity_id, 'fx_realised' as posting_key, '' as detail,
        cast(null as varchar) as sub_account, -entries.residue_minor as signed_minor, entries.base_currency_code as currency_code, entries.rate_date,
        entries.order_id, cast(null as varchar) as movement_id, entries.source, entries.base_currency_code,
        coalesce(of_entity.account_number, of_all.account_number) as account_number, cast(null as varchar) as tax_code,
        -entries.residue_minor as signed_base_minor, cast(0 as bigint) as remainder_minor
    from entries
    left join {{ ref('posting_rules') }} as of_entity on of_entity.posting_key = 'fx_realised' and of_entity.entity_id = entries.entity_id
    left join {{ ref('posting_rules') }} as of_all on of_all.posting_key = 'fx_realised' and of_all.entity_id = '*'
    where entries.is_evened and entries.rates > 1 and entries.unrated_lines = 0 and entries.residue_minor != 0
)

select * from plain
union all
select * from settled
union all
select * from exchanged
