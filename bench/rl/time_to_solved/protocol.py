"""What the Python sides of time-to-solved share: the job, the greedy evaluations, and when a run is over.

argv[1] is the job as JSON: algorithm, environment, threshold, seed, the configuration of Skein's algorithm, and the
seconds that a run may take. A side prints the outcome of its run as one line of JSON.
"""

import json
import sys
import time

import gymnasium
import torch

torch.set_num_threads(1)
job = json.loads(sys.argv[1])
config = job["config"]

CONFIRMATION_EPISODES = 100


def mean_return(act, episodes, seed):
    """Mean return of `act`, which gives the greedy action for an observation."""
    env = gymnasium.make(job["env"])
    total = 0.0
    for episode in range(episodes):
        observation, _ = env.reset(seed=seed + episode)
        over = False
        while not over:
            observation, reward, terminated, truncated, _ = env.step(act(observation))
            total += float(reward)
            over = terminated or truncated
    return total / episodes


class Watch:
    """Times a run without its evaluations, and says when it is over."""

    def __init__(self):
        self.start = time.perf_counter()
        self.evaluating = 0.0
        self.step = 0
        self.solved = False

    @property
    def seconds(self):
        return time.perf_counter() - self.start - self.evaluating

    def is_over(self, step, act):
        """To be asked after every step: whether the run is solved or out of time, after `step` environment steps."""
        due = step // config["evaluateEvery"] > self.step // config["evaluateEvery"]
        self.step = step
        if due:
            start = time.perf_counter()
            self.solved = self._is_good(act, config["evaluationEpisodes"], 1)
            self.solved = self.solved and self._is_good(act, CONFIRMATION_EPISODES, 1000)
            self.evaluating += time.perf_counter() - start
        return self.solved or self.seconds > job["seconds"]

    def _is_good(self, act, episodes, seed):
        return mean_return(act, episodes, seed) >= job["threshold"]

    def outcome(self):
        return json.dumps({"solved": bool(self.solved), "steps": self.step, "seconds": self.seconds})
