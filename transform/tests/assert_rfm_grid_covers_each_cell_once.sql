-- Each of the 125 cells of the grid belongs to exactly one segment.
select 'cells' as problem, count(*) as found, count(distinct r_score * 100 + f_score * 10 + m_score) as different
from {{ ref('rfm_segments') }}
having count(*) <> 125 or count(distinct r_score * 100 + f_score * 10 + m_score) <> 125
