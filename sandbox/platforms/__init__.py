"""One module per platform; see `sandbox.server` for how a module becomes a twin."""
