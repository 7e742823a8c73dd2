"""CleanRL until the task is solved: see protocol.py.

CleanRL (https://github.com/vwxyzjn/cleanrl, MIT licence, Huang et al., JMLR 23, 2022) is scripts to copy, not a library, and
its package on PyPI is an older one: these are the loops of its dqn.py, ddpg_continuous_action.py, td3_continuous_action.py
and ppo.py, written anew and shorter, without their logging. Networks and hyperparameters are the job's, and so are what
follows from them: rounds of gradient steps in DQN, an actor that moves with every step in DDPG, no clipping of PPO's
value loss. The rest is the scripts': no double DQN, one bound of the gradient for PPO's actor and critic together, a clip
range that stays, and in PPO time limits that end the value.
"""

import random

import gymnasium
import numpy as np
import torch
from protocol import Watch, config, job
from torch import nn, optim
from torch.nn.functional import mse_loss


def make_envs(count):
    def thunk():
        return gymnasium.wrappers.RecordEpisodeStatistics(gymnasium.make(job["env"]))

    return gymnasium.vector.SyncVectorEnv([thunk] * count, autoreset_mode=gymnasium.vector.AutoresetMode.SAME_STEP)


def mlp(inputs, outputs, activation=nn.ReLU, init=lambda layer, std: layer, last_std=1.0):
    """Hidden layers of the job's sizes; `init` is given each layer and the gain that PPO starts it with."""
    layers = []
    for units in config["hiddenUnits"]:
        layers += [init(nn.Linear(inputs, units), np.sqrt(2)), activation()]
        inputs = units
    return nn.Sequential(*layers, init(nn.Linear(inputs, outputs), last_std))


def blend(network, target, rate):
    for ours, theirs in zip(network.parameters(), target.parameters()):
        theirs.data.copy_(rate * ours.data + (1.0 - rate) * theirs.data)


def descend(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


class Replay:
    """The uniform buffer of cleanrl_utils/buffers.py for one environment."""

    def __init__(self, envs):
        rows, space = config["bufferSize"], envs.single_action_space
        shape = envs.single_observation_space.shape
        self.observations, self.next_observations = (np.zeros((rows, *shape), np.float32) for _ in range(2))
        self.actions = np.zeros((rows, *(space.shape or (1,))), space.dtype)
        self.rewards, self.dones = np.zeros(rows, np.float32), np.zeros(rows, np.float32)
        self.added = 0

    def add(self, observation, next_observation, action, reward, done):
        at = self.added % len(self.rewards)
        self.observations[at], self.next_observations[at] = observation, next_observation
        self.actions[at], self.rewards[at], self.dones[at] = action, reward, done
        self.added += 1

    def sample(self):
        rows = np.random.randint(0, min(self.added, len(self.rewards)), config["batchSize"])
        columns = (self.observations, self.actions, self.rewards, self.next_observations, self.dones)
        return [torch.as_tensor(column[rows]) for column in columns]


def play_and_learn(watch, envs, explore, learn, greedy):
    """The loop of the scripts with replay: `explore(observations, step)`, then `learn(replay, step)` after every step."""
    replay = Replay(envs)
    observations, _ = envs.reset(seed=job["seed"])
    for step in range(config["steps"]):
        actions = explore(observations, step)
        next_observations, rewards, terminations, truncations, infos = envs.step(actions)
        real_next = next_observations.copy()
        for i in np.flatnonzero(truncations | terminations):
            real_next[i] = infos["final_obs"][i]
        replay.add(observations[0], real_next[0], actions[0], rewards[0], terminations[0])
        observations = next_observations
        if step > config["learningStarts"]:
            learn(replay, step)
        if watch.is_over(step + 1, greedy):
            return


def dqn(watch):
    envs = make_envs(1)
    inputs, outputs = envs.single_observation_space.shape[0], envs.single_action_space.n
    q_network, target = mlp(inputs, outputs), mlp(inputs, outputs)
    target.load_state_dict(q_network.state_dict())
    optimizer = optim.Adam(q_network.parameters(), lr=config["learningRate"])
    fall = config["explorationFraction"] * config["steps"]

    def explore(observations, step):
        slope = (config["epsilonEnd"] - config["epsilonStart"]) / fall
        if random.random() < max(slope * step + config["epsilonStart"], config["epsilonEnd"]):
            return np.array([envs.single_action_space.sample()])
        return torch.argmax(q_network(torch.Tensor(observations)), dim=1).numpy()

    updates = 0

    def learn(replay, step):
        nonlocal updates
        if step % config["trainEvery"] != 0:
            return
        for _ in range(config["updatesPerRound"]):
            observations, actions, rewards, next_observations, dones = replay.sample()
            with torch.no_grad():
                best, _ = target(next_observations).max(dim=1)
                wanted = rewards + config["gamma"] * best * (1 - dones)
            descend(optimizer, mse_loss(wanted, q_network(observations).gather(1, actions).squeeze()))
            updates += 1
            if updates % config["targetUpdateEvery"] == 0:
                blend(q_network, target, config["targetUpdateRate"])

    def greedy(observation):
        with torch.no_grad():
            return int(q_network(torch.as_tensor(observation)).argmax())

    play_and_learn(watch, envs, explore, learn, greedy)


class Actor(nn.Module):
    def __init__(self, space, inputs):
        super().__init__()
        self.body = mlp(inputs, space.shape[0])
        self.register_buffer("scale", torch.tensor((space.high - space.low) / 2.0))
        self.register_buffer("bias", torch.tensor((space.high + space.low) / 2.0))

    def forward(self, x):
        return torch.tanh(self.body(x)) * self.scale + self.bias


def deterministic(watch, critic_count, policy_delay, target_noise, target_noise_clip):
    """DDPG with one critic and no noise on targets, TD3 with two and with some."""
    envs = make_envs(1)
    space, inputs = envs.single_action_space, envs.single_observation_space.shape[0]
    low, high = torch.tensor(space.low), torch.tensor(space.high)
    critics, target_critics = ([mlp(inputs + space.shape[0], 1) for _ in range(critic_count)] for _ in range(2))
    actor, target_actor = Actor(space, inputs), Actor(space, inputs)
    pairs = list(zip([actor, *critics], [target_actor, *target_critics]))
    for network, target in pairs:
        target.load_state_dict(network.state_dict())
    q_parameters = [p for critic in critics for p in critic.parameters()]
    q_optimizer = optim.Adam(q_parameters, lr=config["criticLearningRate"])
    actor_optimizer = optim.Adam(actor.parameters(), lr=config["actorLearningRate"])

    def value(critic, observations, actions):
        return critic(torch.cat([observations, actions], 1)).view(-1)

    def explore(observations, step):
        if step < config["learningStarts"]:
            return np.array([space.sample()])
        with torch.no_grad():
            actions = actor(torch.Tensor(observations))
            actions += torch.normal(0, actor.scale * config["noiseStd"])
            return actions.numpy().clip(space.low, space.high)

    def learn(replay, step):
        observations, actions, rewards, next_observations, dones = replay.sample()
        with torch.no_grad():
            next_actions = target_actor(next_observations)
            if target_noise > 0:
                noise = torch.randn_like(actions) * target_noise
                noise = noise.clamp(-target_noise_clip, target_noise_clip) * target_actor.scale
                next_actions = (next_actions + noise).clamp(low, high)
            next_values = [value(target, next_observations, next_actions) for target in target_critics]
            wanted = rewards + (1 - dones) * config["gamma"] * torch.stack(next_values).min(0).values
        descend(q_optimizer, sum(mse_loss(value(critic, observations, actions), wanted) for critic in critics))
        if step % policy_delay == 0:
            descend(actor_optimizer, -value(critics[0], observations, actor(observations)).mean())
            for network, target in pairs:
                blend(network, target, config["targetUpdateRate"])

    def greedy(observation):
        with torch.no_grad():
            return actor(torch.as_tensor(observation)).numpy()

    play_and_learn(watch, envs, explore, learn, greedy)


def layer_init(layer, std):
    nn.init.orthogonal_(layer.weight, std)
    nn.init.constant_(layer.bias, 0.0)
    return layer


class PpoNetworks:
    def __init__(self, envs):
        inputs = envs.single_observation_space.shape[0]
        self.critic = mlp(inputs, 1, nn.Tanh, layer_init, 1.0)
        self.actor = mlp(inputs, envs.single_action_space.n, nn.Tanh, layer_init, 0.01)
        self.parameters = [*self.actor.parameters(), *self.critic.parameters()]
        self.optimizer = optim.Adam(self.parameters, lr=config["learningRate"], eps=1e-5)

    def chances(self, observations):
        return torch.distributions.Categorical(logits=self.actor(observations))

    def values(self, observations):
        return self.critic(observations).flatten()


def advantages_of(rewards, values, dones, next_value, next_done):
    advantages, last = torch.zeros_like(rewards), 0
    for t in reversed(range(len(rewards))):
        is_last = t == len(rewards) - 1
        alive = 1.0 - (next_done if is_last else dones[t + 1])
        delta = rewards[t] + config["gamma"] * (next_value if is_last else values[t + 1]) * alive - values[t]
        advantages[t] = last = delta + config["gamma"] * config["lambda"] * alive * last
    return advantages


def ppo_update(networks, observations, actions, log_probs, advantages, returns):
    """All epochs over a rollout, whose columns are flat."""
    order = np.arange(len(returns))
    size = min(config["batchSize"], len(returns))
    for _ in range(config["epochs"]):
        np.random.shuffle(order)
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            chances = networks.chances(observations[rows])
            ratio = (chances.log_prob(actions[rows]) - log_probs[rows]).exp()
            advantage = advantages[rows]
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
            clipped = torch.clamp(ratio, 1 - config["clipRange"], 1 + config["clipRange"])
            policy_loss = torch.max(-advantage * ratio, -advantage * clipped).mean()
            value_loss = 0.5 * ((networks.values(observations[rows]) - returns[rows]) ** 2).mean()
            entropy = chances.entropy().mean()
            networks.optimizer.zero_grad()
            (policy_loss - config["entropyWeight"] * entropy + config["valueWeight"] * value_loss).backward()
            nn.utils.clip_grad_norm_(networks.parameters, config["maxGradientNorm"])
            networks.optimizer.step()


def ppo(watch):
    rows, rollout = config["envCount"], config["rolloutSteps"]
    envs = make_envs(rows)
    networks = PpoNetworks(envs)
    observations = torch.zeros((rollout, rows, *envs.single_observation_space.shape))
    actions, log_probs, rewards, dones, values = (torch.zeros((rollout, rows)) for _ in range(5))

    def greedy(observation):
        with torch.no_grad():
            return int(networks.actor(torch.as_tensor(observation)).argmax())

    step = 0
    observation, done = torch.Tensor(envs.reset(seed=job["seed"])[0]), torch.zeros(rows)
    updates = config["steps"] // (rows * rollout)
    for update in range(updates):
        if config["anneal"]:
            networks.optimizer.param_groups[0]["lr"] = (1.0 - update / updates) * config["learningRate"]
        for t in range(rollout):
            step += rows
            observations[t], dones[t] = observation, done
            with torch.no_grad():
                chances = networks.chances(observation)
                action = chances.sample()
                values[t], log_probs[t], actions[t] = networks.values(observation), chances.log_prob(action), action
            observation, reward, terminations, truncations, _ = envs.step(action.numpy())
            rewards[t] = torch.tensor(reward)
            observation, done = torch.Tensor(observation), torch.Tensor(np.logical_or(terminations, truncations))
            if watch.is_over(step, greedy):
                return
        with torch.no_grad():
            advantages = advantages_of(rewards, values, dones, networks.values(observation), done)
        columns = (observations, actions, log_probs, advantages, advantages + values)
        ppo_update(networks, *(column.reshape(-1, *column.shape[2:]) for column in columns))


random.seed(job["seed"])
np.random.seed(job["seed"])
torch.manual_seed(job["seed"])
watch = Watch()
if job["algorithm"] == "dqn":
    dqn(watch)
elif job["algorithm"] == "ddpg":
    deterministic(watch, 1, 1, 0.0, 0.0)
elif job["algorithm"] == "td3":
    deterministic(watch, 2, config["policyDelay"], config["targetNoise"], config["targetNoiseClip"])
else:
    ppo(watch)
print(watch.outcome())
