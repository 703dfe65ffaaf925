with

payouts as (
    select * from {{ ref('can_payouts') }} where payout_status not in ('failed', 'canceled')
),

bank_lines as (
    select *, coalesce(description, '') || ' ' || coalesce(reference, '') as line_text from {{ ref('can_bank_lines') }}
),

-- One payout, one line: the bank repeats the payout's trace; with the same amount and currency, the n-th meets the n-th.
numbered_payouts as (
    select payout_id, entity_id, reference, amount_minor, currency_code,
        row_number() over (
            partition by entity_id, reference, amount_minor, currency_code order by arrival_date nulls last, payout_id
        ) as nth
    from payouts
),

numbered_lines as (
    select bank_line_id, entity_id, reference, amount_minor, currency_code,
        row_number() over (
            partition by entity_id, reference, amount_minor, currency_code order by value_date, bank_line_id
        ) as nth
    from bank_lines
),

paired as (
    select numbered_payouts.payout_id, numbered_lines.bank_line_id, numbered_payouts.amount_minor
    from numbered_payouts
    inner join numbered_lines using (entity_id, reference, amount_minor, currency_code, nth)
),

-- What is left is joined where a line names the payout's trace; only sums that meet to the cent become links.
open_payouts as (
    select payout_id, entity_id, currency_code, reference, amount_minor
    from payouts
    where length(reference) >= 8 and payout_id not in (select payout_id from paired)
),

open_lines as (
    select bank_line_id, entity_id, currency_code, line_text, amount_minor
    from bank_lines
    where bank_line_id not in (select bank_line_id from paired)
),

-- A trace that stands in a line ends in one of its pieces, so that not every payout is looked for in every line.
line_pieces as (
    select distinct open_lines.*, pieces.piece from open_lines cross join {{ text_pieces('open_lines.line_text', 8) }}
),

named as (
    select open_payouts.payout_id, line_pieces.bank_line_id, open_payouts.amount_minor as payout_minor, line_pieces.amount_minor as line_minor,
        count(*) over (partition by line_pieces.bank_line_id) as payouts_of_line,
        count(*) over (partition by open_payouts.payout_id) as lines_of_payout
    from open_payouts
    inner join line_pieces
        on open_payouts.entity_id = line_pieces.entity_id
        and open_payouts.currency_code = line_pieces.currency_code
        and right(open_payouts.reference, 8) = line_pieces.piece
        and position(open_payouts.reference in line_pieces.line_text) > 0
),

merged_lines as (
    select bank_line_id
    from named
    group by bank_line_id
    having count(*) > 1 and max(lines_of_payout) = 1 and sum(payout_minor) = max(line_minor)
),

split_payouts as (
    select payout_id
    from named
    group by payout_id
    having count(*) > 1 and max(payouts_of_line) = 1 and sum(line_minor) = max(payout_minor)
),

linked as (
    select payout_id, bank_line_id, amount_minor, 'one_to_one' as link_type from paired
    union all
    select named.payout_id, named.bank_line_id, named.payout_minor, 'merged'
    from named
    inner join merged_lines using (bank_line_id)
    union all
    select named.payout_id, named.bank_line_id, named.line_minor, 'split'
    from named
    inner join split_payouts using (payout_id)
),

described as (
    select
        linked.payout_id || '@' || linked.bank_line_id as payout_bank_link_id,
        linked.payout_id,
        linked.bank_line_id,
        bank_lines.entity_id,
        linked.link_type,
        bank_lines.value_date,
        linked.amount_minor,
        bank_lines.currency_code
    from linked
    inner join bank_lines using (bank_line_id)
)

select * from described
