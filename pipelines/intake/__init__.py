"""Webhooks: verified, kept as raw bytes, then acknowledged. One file per platform's way of signing, in `signatures`.

Not here: what an event means. Who works on events reads them from `inbox.Inbox` in order of their sequence.
"""
