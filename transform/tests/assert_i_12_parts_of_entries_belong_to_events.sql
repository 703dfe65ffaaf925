{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-12', 'severity': 'blocks'}) }}
-- I-12: every part from which an entry is put together, and every tax on a payment in advance, belongs to an event; what a sale and a refund post is
-- never nought. The content by which an entry is compared with the books names each account that the entry moves, once, and no other.
-- A failure means that something is posted for nothing, or that an entry would be corrected in the books though it did not change.
with

parts as (
    {%- for source in ['sale', 'payment', 'refund', 'movement', 'bank', 'label', 'tax'] %}
    select event_id, '{{ source }}' as source, signed_minor from {{ ref('fct_' ~ source ~ '_postings') }}
    union all
    {%- endfor %}
    select event_id, 'advance', tax_minor from {{ ref('fct_advance_tax_lines') }}
),

moved as (
    select event_id, account_number from {{ ref('fct_rated_postings') }} group by event_id, account_number having sum(signed_minor) != 0
),

accounts as (
    select event_id, count(*) as accounts from moved group by event_id
)

select parts.event_id as reference
from parts
left join {{ ref('fct_money_events') }} as events using (event_id)
where events.event_id is null or (parts.signed_minor = 0 and parts.source in ('sale', 'refund'))
union all
select contents.event_id
from {{ ref('fct_entry_contents') }} as contents
left join accounts using (event_id)
where coalesce(accounts.accounts, 0)
    != case when contents.content is null then 0 else 1 + length(contents.content) - length(replace(contents.content, ',', '')) end
