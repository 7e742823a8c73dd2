"""How the Python sides of these benchmarks are timed; put in front of each of them."""

import json
import sys
import time

work, turn = sys.argv[1], float(sys.argv[2])
ROUNDS = 5


def timing(name, call):
    """Median milliseconds a call over rounds, after a warm-up that also counts the calls of a round."""
    call()
    count, start = 0, time.perf_counter()
    while count == 0 or (time.perf_counter() - start) * 1000 < turn:
        call()
        count += 1
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(count):
            call()
        times.append((time.perf_counter() - start) * 1000 / count)
    times.sort()
    return {"name": name, "ms": times[ROUNDS // 2], "spread": [times[0], times[-1]]}


def report(rows):
    """Prints the timings, last and on one line."""
    print(json.dumps(rows))
