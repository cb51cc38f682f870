"""One line per event, with the time of day and seconds since the process began, to standard output."""

from __future__ import annotations

import json
import time

STARTED = time.monotonic()


def seconds() -> float:
    return time.monotonic() - STARTED


def say(message: str, **data: object) -> None:
    shown = {key: round(value, 5) if isinstance(value, float) else value for key, value in data.items()}
    details = f" {json.dumps(shown, default=str)}" if shown else ""
    print(f"{time.strftime('%H:%M:%S')} +{seconds():6.1f}s {message}{details}", flush=True)
