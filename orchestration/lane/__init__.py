"""The fast lane: the stock numbers of a few SKUs within milliseconds of an event, by the very SQL the batch lane runs.

`models` is that SQL, taken from dbt; `snapshot` carries it and the rows it needs beside a publication; `tables` keeps those
rows at hand (`kept_rows`, `patched_rows`), applies events to them (`changes`) and computes the touched SKUs (`reach`, `few_rows`). No formula stands here.
"""
