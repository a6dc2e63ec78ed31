"""The demo as a process of its own: it plays the story on the services that ``tyonohjaus.env`` names.

The clock stands in the past when it begins (see ``up``) and in the present when it ends, so that what is booked
afterwards lies in everyone's future.
"""

import os
import sys
from datetime import UTC, datetime

import httpx

from services.quickstart.demo.client import Refused, advance_to, demo_client
from services.quickstart.demo.scenario import play


def main() -> None:
    demo = demo_client(os.environ)
    try:
        play(demo)
    except (Refused, httpx.HTTPError) as error:
        sys.exit(f"The story broke off: {error}")
    finally:
        advance_to(demo, datetime.now(UTC))


if __name__ == "__main__":
    main()
