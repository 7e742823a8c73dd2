"""Gymnasium's and EnvPool's environment steps a second with random actions, on one thread.

Arguments: seconds, id ... Prints one JSON object. EnvPool's are left out where it is not installed.
"""

import json
import sys
import time

import gymnasium
import numpy as np

try:
    import envpool
except ImportError:
    envpool = None

ROWS = 64
# The same environment under another number: without rain and fickle passengers the versions are equal.
ENVPOOL_IDS = {"Taxi-v4": "Taxi-v3"}


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


def pooled(name, seconds):
    env = envpool.make(ENVPOOL_IDS.get(name, name), env_type="gymnasium", num_envs=ROWS, num_threads=1, seed=0)
    env.action_space.seed(0)
    actions = [np.array([env.action_space.sample() for _ in range(ROWS)]) for _ in range(100)]
    env.reset()

    def run():
        for action in actions:
            env.step(action)

    return rate(seconds, ROWS * len(actions), run)


def measured(name, seconds):
    rates = {"single": single(name, seconds), "sync": vector(name, seconds, "sync")}
    # Gymnasium has a NumPy implementation of a few environments.
    if gymnasium.spec(name).vector_entry_point is not None:
        rates["numpy"] = vector(name, seconds, "vector_entry_point")
    if envpool is not None:
        rates["envpool"] = pooled(name, seconds)
    return rates


if __name__ == "__main__":
    seconds = float(sys.argv[1])
    print(json.dumps({name: measured(name, seconds) for name in sys.argv[2:]}))
