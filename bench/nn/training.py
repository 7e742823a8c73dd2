"""PyTorch's side of training.ts: one work, eager, one thread. Prints timings as JSON."""

import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(1)
work, turn = sys.argv[1], float(sys.argv[2])
ROUNDS, GAMMA, TAU = 5, 0.99, 0.005


def mlp(inputs, hidden, outputs, last=None):
    layers = []
    for units in hidden:
        layers += [nn.Linear(inputs, units), nn.ReLU()]
        inputs = units
    return nn.Sequential(*layers, nn.Linear(inputs, outputs), *([last] if last else []))


def adam(model, rate=1e-3):
    return torch.optim.Adam(model.parameters(), lr=rate, foreach=True)


def classifier(model, x):
    optimizer, y = adam(model), torch.randint(10, (x.shape[0],))

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(16, 64, batch_first=True)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), mlp(400, [120, 84], 10),
    )


def ddpg():
    actor, target_actor = mlp(17, [400, 300], 6, nn.Tanh()), mlp(17, [400, 300], 6, nn.Tanh())
    critic, target_critic = mlp(23, [400, 300], 1), mlp(23, [400, 300], 1)
    critic_adam, actor_adam = adam(critic), adam(actor, 1e-4)
    state, action, reward = torch.randn(256, 17), torch.randn(256, 6), torch.randn(256, 1)
    following, done = torch.randn(256, 17), torch.zeros(256, 1)

    def step():
        with torch.no_grad():
            best = target_critic(torch.cat([following, target_actor(following)], 1))
            goal = reward + GAMMA * best * (1 - done)
        critic_adam.zero_grad()
        nn.functional.mse_loss(critic(torch.cat([state, action], 1)), goal).backward()
        critic_adam.step()
        actor_adam.zero_grad()
        (-critic(torch.cat([state, actor(state)], 1)).mean()).backward()
        actor_adam.step()
        with torch.no_grad():
            for target, online in ((target_critic, critic), (target_actor, actor)):
                for to, of in zip(target.parameters(), online.parameters()):
                    to.mul_(1 - TAU).add_(of, alpha=TAU)

    return step


WORKS = {
    "ddpg": ddpg,
    "perceptron": lambda: classifier(mlp(784, [512, 512], 10), torch.randn(128, 784)),
    "lenet": lambda: classifier(lenet(), torch.randn(64, 1, 28, 28)),
    "lstm": lambda: classifier(Recurrent(), torch.randn(32, 32, 16)),
}


def timing(name, call):
    """Median milliseconds a call over rounds, after a warm-up that also counts the calls of a round."""
    count, start = 0, time.perf_counter()
    while (time.perf_counter() - start) * 1000 < turn:
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


print(json.dumps([timing(f"PyTorch {torch.__version__}, eager", WORKS[work]())]))
