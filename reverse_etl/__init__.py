"""Activation → the world: plan, push, ledger. Imports neither the orchestrator nor the extractor nor the transformer."""
