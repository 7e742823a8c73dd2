"""Runs Ray tasks as lines on standard input ask: {"many": n, "bytes": b, "inFlight": k} or {"single": n, "bytes": b}."""

import json
import sys
import time

import numpy as np
import ray

ray.init(num_cpus=1, include_dashboard=False, logging_level="ERROR", log_to_driver=False)


@ray.remote
def empty():
    return None


@ray.remote
def echo(data):
    return data


def submit(data):
    return empty.remote() if data is None else echo.remote(data)


def many(count, data, in_flight):
    if data is None:
        ray.get([submit(data) for _ in range(count)])
        return
    pending = []
    for _ in range(count):
        if len(pending) >= in_flight:
            ready, pending = ray.wait(pending)
            ray.get(ready)
        pending.append(submit(data))
    ray.get(pending)


for line in sys.stdin:
    request = json.loads(line)
    data = np.zeros(request["bytes"], dtype=np.uint8) if request["bytes"] > 0 else None
    times = []
    if "many" in request:
        many(request["many"], data, request["inFlight"])
    for _ in range(request.get("single", 0)):
        start = time.perf_counter()
        ray.get(submit(data))
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps(times), flush=True)
