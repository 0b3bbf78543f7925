"""``python -m stacktill.cli``, for where no script is installed."""

from __future__ import annotations

from stacktill.cli.root import main

if __name__ == "__main__":
    main(prog_name="stacktill")
