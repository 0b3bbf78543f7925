"""How an API operation is declared, and how a request becomes one."""

from __future__ import annotations
