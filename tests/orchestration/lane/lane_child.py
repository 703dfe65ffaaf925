"""A lane in a process of its own, over a small shop in a folder: to be killed. Usage: FOLDER SHOPIFY_URL WOOCOMMERCE_URL POOL READ_AT

READ_AT: when the channels showed what the tables begin with, which is before anything was pushed.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path

from tests.orchestration.lane.small_shop import SmallShop


def main() -> None:
    folder, shopify, woocommerce, pool, read_at = sys.argv[1:]
    shop = SmallShop(Path(folder), {"shopify": shopify, "woocommerce": woocommerce}, pool=int(pool))
    shop.started_at = datetime.fromisoformat(read_at)
    with shop.lane() as lane:
        print("running", flush=True)
        while lane.error is None:
            time.sleep(0.01)
    raise SystemExit(str(lane.error))


if __name__ == "__main__":
    main()
