"""A lane in a process of its own, over a small shop in a folder: to be killed. Usage: FOLDER SHOPIFY_URL WOOCOMMERCE_URL"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.orchestration.lane.small_shop import SmallShop


def main() -> None:
    folder, shopify, woocommerce = sys.argv[1:]
    shop = SmallShop(Path(folder), {"shopify": shopify, "woocommerce": woocommerce})
    with shop.lane() as lane:
        print("running", flush=True)
        while lane.error is None:
            time.sleep(0.01)
    raise SystemExit(str(lane.error))


if __name__ == "__main__":
    main()
