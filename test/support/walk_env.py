"""An environment of five tiles in a row, in Gymnasium's form but without Gymnasium: what examples/python serves in tests.

Action 1 goes right, 0 left; the goal on the right gives 1 and ends the episode. Served under the name lava, the first
tile raises.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "python"))
from skein_env import serve  # noqa: E402


URL, NAME = sys.argv[1:]


class Discrete:
    shape = ()

    def __init__(self, n):
        self.n = n


class Walk:
    observation_space = Discrete(5)
    action_space = Discrete(2)

    def reset(self, seed=None):
        self.tile = seed % 2
        return self.tile, {}

    def step(self, action):
        self.tile = max(0, self.tile + (1 if action == 1 else -1))
        if self.tile == 0 and NAME == "lava":
            raise RuntimeError("the floor is lava")
        done = self.tile == 4
        return self.tile, 1.0 if done else -0.1, done, False, {}

    def close(self):
        pass


if __name__ == "__main__":
    serve(Walk, NAME, URL)
