"""The demo: a small practice, played through by the public API."""

import sys


def main() -> int:
    return 0


if __name__ == "__main__":
    sys.exit(main())
