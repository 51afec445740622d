"""Times of calls, ours and a peer's in turn, so that a busy machine slows both."""

import statistics
import time
from collections.abc import Callable


def median_seconds(call: Callable[[], object], seconds: float) -> float:
    """Median time of a call, over calls that take about so many seconds together."""
    call()
    times: list[float] = []
    limit = time.perf_counter() + seconds
    while time.perf_counter() < limit or len(times) < 3:
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def in_turn(seconds: float, **calls: Callable[[], object]) -> list[dict[str, float]]:
    """Median seconds of each call, measured in turn in three rounds."""
    return [{name: median_seconds(call, seconds) for name, call in calls.items()} for _ in range(3)]


def against_peer(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Ratio of the peer's time to ours in the middle round, and the times of that round."""
    middle = sorted(rounds, key=lambda r: r["peer"] / r["ours"])[len(rounds) // 2]
    return {
        "ours_ms": 1e3 * middle["ours"],
        "peer_ms": 1e3 * middle["peer"],
        "ours_least_ms": 1e3 * min(r["ours"] for r in rounds),
        "peer_least_ms": 1e3 * min(r["peer"] for r in rounds),
        "ratio": middle["peer"] / middle["ours"],
    }
