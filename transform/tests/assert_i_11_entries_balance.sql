{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-11', 'severity': 'blocks'}) }}
-- I-11: debits and credits of every ready entry are equal, in the books' currency and, where it has one currency, in that one.
-- A failure means that a rule makes one side only: nothing of that entry may be posted. A held entry is no failure: it says what it waits for.
with

lines as (
    select lines.*
    from {{ ref('fct_journal_lines') }} as lines
    inner join {{ ref('fct_journal_entries') }} as entries using (entry_id)
    where entries.entry_status = 'ready' or entries.held_code = 'unbalanced'
)

select entry_id, {{ sum_minor('signed_minor') }} as residue_minor, {{ sum_minor('signed_base_minor') }} as base_residue_minor
from lines
group by entry_id
having sum(signed_base_minor) != 0
    or (count(distinct currency_code) = 1 and sum(signed_minor) != 0)
    or min(amount_minor) <= 0
    or count(*) < 2
