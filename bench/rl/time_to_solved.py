"""Stable-Baselines3 until it is solved: argv[1] is JSON with algorithm, environment, hyperparameters, threshold and seeds.

Prints one JSON list: for each seed whether it was solved, environment steps, and seconds without the evaluations.
"""

import json
import sys
import time

import gymnasium
import stable_baselines3 as sb3
import torch
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.noise import NormalActionNoise

torch.set_num_threads(1)
job = json.loads(sys.argv[1])


def model_of(seed):
    env = gymnasium.make(job["env"])
    c = job["config"]
    common = dict(
        gamma=c["gamma"],
        batch_size=c["batchSize"],
        buffer_size=c["bufferSize"],
        learning_starts=c["learningStarts"],
        train_freq=c["trainEvery"],
        gradient_steps=c["updatesPerRound"],
        policy_kwargs=dict(net_arch=list(c["hiddenUnits"])),
        seed=seed,
        device="cpu",
    )
    if job["algorithm"] == "dqn":
        return sb3.DQN(
            "MlpPolicy",
            env,
            learning_rate=c["learningRate"],
            target_update_interval=10,
            exploration_fraction=c["explorationFraction"],
            exploration_final_eps=c["epsilonEnd"],
            **common,
        )
    common.update(tau=c["targetUpdateRate"], learning_rate=c["actorLearningRate"])
    if job["algorithm"] == "sac":
        return sb3.SAC("MlpPolicy", env, **common)
    size = env.action_space.shape[0]
    noise = NormalActionNoise([0.0] * size, [c["noiseStd"]] * size)
    kind = {"ddpg": sb3.DDPG, "td3": sb3.TD3}[job["algorithm"]]
    return kind("MlpPolicy", env, action_noise=noise, **common)


def mean_return(model, episodes, seed):
    env = gymnasium.make(job["env"])
    env.reset(seed=seed)
    return evaluate_policy(model, env, n_eval_episodes=episodes, warn=False)[0]


class Until(sb3.common.callbacks.BaseCallback):
    def __init__(self):
        super().__init__()
        self.evaluating = 0.0
        self.solved = False

    def _on_step(self):
        if self.num_timesteps % job["config"]["evaluateEvery"] != 0:
            return True
        start = time.perf_counter()
        good = mean_return(self.model, job["config"]["evaluationEpisodes"], 1) >= job["threshold"]
        self.solved = good and mean_return(self.model, 100, 1000) >= job["threshold"]
        self.evaluating += time.perf_counter() - start
        return not self.solved


rows = []
for seed in job["seeds"]:
    model = model_of(seed)
    until = Until()
    start = time.perf_counter()
    model.learn(job["config"]["steps"], callback=until)
    seconds = time.perf_counter() - start - until.evaluating
    rows.append({"solved": bool(until.solved), "steps": int(model.num_timesteps), "seconds": seconds})
print(json.dumps(rows))
