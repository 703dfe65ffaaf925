"""The month-end close: the checklist over the published marts, the frozen rows, the lock, the pack an accountant opens.

The rules are SQL (`transform/models/marts/close`) and a seed; here they are run in order, judged and written down.
"""
