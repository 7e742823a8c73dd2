"""Stable-Baselines3 until the task is solved: see protocol.py."""

import gymnasium
import stable_baselines3 as sb3
from protocol import Watch, config, job
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.noise import NormalActionNoise


def linear(value):
    """From `value` at the start to 0 at the end of the run."""
    return (lambda left: left * value) if config["anneal"] else value


def ppo():
    return sb3.PPO(
        "MlpPolicy",
        make_vec_env(job["env"], n_envs=config["envCount"], seed=job["seed"]),
        learning_rate=linear(config["learningRate"]),
        n_steps=config["rolloutSteps"],
        batch_size=config["batchSize"],
        n_epochs=config["epochs"],
        gamma=config["gamma"],
        gae_lambda=config["lambda"],
        clip_range=linear(config["clipRange"]),
        ent_coef=config["entropyWeight"],
        vf_coef=config["valueWeight"],
        max_grad_norm=config["maxGradientNorm"],
        policy_kwargs=dict(net_arch=list(config["hiddenUnits"])),
        seed=job["seed"],
        device="cpu",
    )


def replayed():
    env = gymnasium.make(job["env"])
    common = dict(
        gamma=config["gamma"],
        batch_size=config["batchSize"],
        buffer_size=config["bufferSize"],
        learning_starts=config["learningStarts"],
        train_freq=config["trainEvery"],
        gradient_steps=config["updatesPerRound"],
        policy_kwargs=dict(net_arch=list(config["hiddenUnits"])),
        seed=job["seed"],
        device="cpu",
    )
    if job["algorithm"] == "dqn":
        return sb3.DQN(
            "MlpPolicy",
            env,
            learning_rate=config["learningRate"],
            # It counts environment steps: once a round, as Skein's.
            target_update_interval=config["trainEvery"] * config["targetUpdateEvery"] // config["updatesPerRound"],
            exploration_fraction=config["explorationFraction"],
            exploration_final_eps=config["epsilonEnd"],
            **common,
        )
    size = env.action_space.shape[0]
    noise = NormalActionNoise([0.0] * size, [config["noiseStd"]] * size)
    common.update(tau=config["targetUpdateRate"], learning_rate=config["actorLearningRate"], action_noise=noise)
    return {"ddpg": sb3.DDPG, "td3": sb3.TD3}[job["algorithm"]]("MlpPolicy", env, **common)


class Until(sb3.common.callbacks.BaseCallback):
    def __init__(self, watch):
        super().__init__()
        self.watch = watch

    def _on_step(self):
        act = lambda observation: self.model.predict(observation, deterministic=True)[0]  # noqa: E731
        return not self.watch.is_over(self.num_timesteps, act)


watch = Watch()
model = ppo() if job["algorithm"] == "ppo" else replayed()
model.learn(config["steps"], callback=Until(watch))
print(watch.outcome())
