"""Webhooks as the vendors send them: who subscribed, signed in each vendor's way, over real HTTP, with its retries."""
