"""`python -m tests.bench.big ROWS`: the app on a simulated host with many rows."""

import asyncio
import sys

from core.simulated import big_estate, seed_pair
from tui.app import PodferryApp


async def _show(rows: int) -> None:
    await PodferryApp(big_estate(rows), seed_pair()[1], demo=True).run_async()


if __name__ == "__main__":
    asyncio.run(_show(int(sys.argv[1])))
