"""`python -m sandbox --port 8787 --seed 7 --orders 500`."""

from __future__ import annotations

import argparse


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="sandbox", description="The local twin of the platforms, on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=8787)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--orders", type=int, default=500, help="500 is the golden world; more adds older orders")
    options = parser.parse_args()
    from sandbox.server import serve

    print(f"sandbox on http://127.0.0.1:{options.port} (seed {options.seed}, {options.orders} orders)", flush=True)
    serve(options.port, options.seed, options.orders)


if __name__ == "__main__":
    main()
