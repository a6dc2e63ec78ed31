"""The demo as a process of its own: it plays the story on the services that ``tyonohjaus.env`` names.

The clock stands in the past when it begins (see ``up``) and in the present when it ends, so that what is booked
afterwards lies in everyone's future.
"""

import os
import sys
from datetime import UTC, datetime

import httpx

from services.local.stage import Refused, advance_to, stage_of
from services.local.story import play


def main() -> None:
    stage = stage_of(os.environ)
    try:
        play(stage)
    except (Refused, httpx.HTTPError) as trouble:
        sys.exit(f"The story broke off: {trouble}")
    finally:
        advance_to(stage, datetime.now(UTC))


if __name__ == "__main__":
    main()
