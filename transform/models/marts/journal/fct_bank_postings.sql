with

payouts as (
    select * from {{ ref('fct_banked_payouts') }}
),

receipts as (
    select * from {{ ref('fct_bank_receipts') }} where settles = 'manual_payment'
),

lost_disputes as (
    select * from {{ ref('fct_lost_disputes') }}
),

-- A payout the bank has in one step with the processor posts its bank line with the movement.
arrived as (
    {%- for key, sub_account, sign in [('bank', 'bank_account', ''), ('transit', 'processor_account', '-')] %}
    select
        event_id, cast(null as varchar) as order_id, '{{ key }}' as posting_key, '' as detail,
        {{ sub_account }} as sub_account, cast(null as varchar) as movement_id, {{ sign }}amount_minor as signed_minor,
        currency_code, value_date as rate_date
    from payouts
    where not is_direct
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

received as (
    {%- for key, detail, sub_account, sign in [('bank', '', 'bank_account', ''), ('tender', 'manual', 'cast(null as varchar)', '-')] %}
    select 'je:' || entity_id || ':' || bank_line_id || ':received', order_id, '{{ key }}', '{{ detail }}', {{ sub_account }}, cast(null as varchar),
        {{ sign }}amount_minor, currency_code, value_date
    from receipts
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Policy of the entity: a lost dispute is a cost, or goods given back with their tax.
lost as (
    {%- for key, detail, amount in [
        ('dispute_loss', '', 'cost_minor'), ('return', 'product', 'returned_minor'), ('tax', '', 'tax_minor'),
        ('movement', 'dispute', '-lost_minor'),
    ] %}
    select 'je:' || entity_id || ':' || dispute_id || ':lost', order_id, '{{ key }}', '{{ detail }}', processor_account, cast(null as varchar),
        {{ amount }}, currency_code, lost_date
    from lost_disputes
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from arrived
union all
select * from received
union all
select * from lost
