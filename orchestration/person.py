"""Who is at the keyboard: the name that goes into the audit log with what a person decides, and the reason beside it."""

from __future__ import annotations

import getpass
import os

import click


def acting() -> str:
    """CARTWHEEL_USER where it is set (a service, a shared login), else the user of this machine."""
    return os.environ.get("CARTWHEEL_USER", "").strip() or getpass.getuser()


by = click.option("--by", default=acting, show_default="CARTWHEEL_USER, else your login", help="Who decides.")
because = click.option("--because", required=True, help="Why; kept in the audit log.")
