"""Gymnasium's environment steps a second with random actions. Arguments: seconds, id ... Prints one JSON object."""

import json
import sys
import time

import gymnasium
import numpy as np

ROWS = 64


def rate(seconds, steps, run):
    """Steps a second of calls of `run`, each of which makes `steps` steps."""
    run()
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        run()
        done += steps
    return done / (time.perf_counter() - start)


def single(name, seconds):
    env = gymnasium.make(name)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(1000)]
    env.reset(seed=0)

    def run():
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()

    return rate(seconds, len(actions), run)


def vector(name, seconds, mode):
    env = gymnasium.make_vec(name, num_envs=ROWS, vectorization_mode=mode)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(100)]
    env.reset(seed=0)

    def run():
        for action in actions:
            env.step(action)

    return rate(seconds, ROWS * len(actions), run)


def measured(name, seconds):
    rates = {"single": single(name, seconds), "sync": vector(name, seconds, "sync")}
    # Gymnasium has a NumPy implementation of a few environments.
    if gymnasium.spec(name).vector_entry_point is not None:
        rates["numpy"] = vector(name, seconds, "vector_entry_point")
    return rates


if __name__ == "__main__":
    seconds = float(sys.argv[1])
    print(json.dumps({name: measured(name, seconds) for name in sys.argv[2:]}))
