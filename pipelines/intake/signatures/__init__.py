"""One file per platform that sends webhooks; found by name."""

from __future__ import annotations

import importlib
import pkgutil

from pipelines.intake.webhook import Scheme


def schemes() -> dict[str, Scheme]:
    """Platform → its scheme, for every module here."""
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    found = (module.SCHEME for module in modules)
    return {scheme.platform: scheme for scheme in found}
