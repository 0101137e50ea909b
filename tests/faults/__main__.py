"""`python -m tests.faults table` renews the README's table; with reports it counts what passed."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.faults.table import README, put_into, results


def main() -> None:
    """Renew the table, or count results and fail if some case did."""
    command, *reports = sys.argv[1:]
    if command == "table":
        README.write_text(put_into(README.read_text()))
        return
    passed, failed = results([Path(report) for report in reports])
    for name in sorted(passed | failed):
        print(f"{name}: {passed[name]} passed" + (f", {failed[name]} failed" * bool(failed[name])))
    print(f"=== {passed.total()} passed, {failed.total()} failed ===")
    sys.exit(bool(failed) or not passed)


if __name__ == "__main__":
    main()
