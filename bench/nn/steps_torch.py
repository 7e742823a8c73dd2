"""PyTorch's side of the benchmarks of steps: eager and torch.compile, one thread. Runs after timing.py."""

import torch
from torch import nn

torch.set_num_threads(1)
GAMMA, TAU = 0.99, 0.005


def mlp(inputs, hidden, outputs, last=None):
    layers = []
    for units in hidden:
        layers += [nn.Linear(inputs, units), nn.ReLU()]
        inputs = units
    return nn.Sequential(*layers, nn.Linear(inputs, outputs), *([last] if last else []))


def adam(model, rate=1e-3):
    return torch.optim.Adam(model.parameters(), lr=rate, fused=True)


def minimiser(model, loss, batch, wrap):
    """A step that lowers a loss of a batch."""
    optimizer, loss = adam(model), wrap(loss)

    def step():
        optimizer.zero_grad()
        loss(*batch).backward()
        optimizer.step()

    return step


def dqn(hidden, loss_name):
    def make(wrap):
        online, target = mlp(4, [hidden, hidden], 2), mlp(4, [hidden, hidden], 2)
        difference = nn.functional.huber_loss if loss_name == "huber" else nn.functional.mse_loss

        def loss(observation, action, reward, following, done):
            with torch.no_grad():
                goal = reward + GAMMA * target(following).max(1).values * (1 - done)
            return difference(online(observation).gather(1, action[:, None])[:, 0], goal)

        batch = (torch.randn(64, 4), torch.randint(2, (64,)), torch.randn(64), torch.randn(64, 4), torch.zeros(64))
        return minimiser(online, loss, batch, wrap)

    return make


def one_observation(wrap):
    model = mlp(4, [64, 64], 2)

    def values(observation):
        with torch.inference_mode():
            return model(observation)

    act = wrap(values)
    return lambda: act(torch.tensor([[0.1, -0.2, 0.3, -0.4]])).tolist()


def classifier(model, x):
    def make(wrap):
        network, y = model(), torch.randint(10, (x[0],))
        return minimiser(network, lambda x, y: nn.functional.cross_entropy(network(x), y), (torch.randn(*x), y), wrap)

    return make


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


def transformer(wrap):
    layer = nn.TransformerEncoderLayer(128, 8, dim_feedforward=512, dropout=0, batch_first=True)
    batch = (torch.randn(16, 64, 128), torch.randn(16, 64, 128))
    return minimiser(layer, lambda x, y: nn.functional.mse_loss(layer(x), y), batch, wrap)


def ddpg(wrap):
    actor, target_actor = mlp(17, [400, 300], 6, nn.Tanh()), mlp(17, [400, 300], 6, nn.Tanh())
    critic, target_critic = mlp(23, [400, 300], 1), mlp(23, [400, 300], 1)
    critic_adam, actor_adam = adam(critic), adam(actor, 1e-4)
    state, action, reward = torch.randn(256, 17), torch.randn(256, 6), torch.randn(256, 1)
    following, done = torch.randn(256, 17), torch.zeros(256, 1)

    def critic_loss(state, action, reward, following, done):
        with torch.no_grad():
            best = target_critic(torch.cat([following, target_actor(following)], 1))
            goal = reward + GAMMA * best * (1 - done)
        return nn.functional.mse_loss(critic(torch.cat([state, action], 1)), goal)

    critic_loss = wrap(critic_loss)
    actor_loss = wrap(lambda state: -critic(torch.cat([state, actor(state)], 1)).mean())

    def step():
        critic_adam.zero_grad()
        critic_loss(state, action, reward, following, done).backward()
        critic_adam.step()
        actor_adam.zero_grad()
        actor_loss(state).backward()
        actor_adam.step()
        with torch.no_grad():
            for target, online in ((target_critic, critic), (target_actor, actor)):
                torch._foreach_lerp_(list(target.parameters()), list(online.parameters()), TAU)

    return step


WORKS = {
    "dqn-64-huber": dqn(64, "huber"),
    "dqn-64-mse": dqn(64, "mse"),
    "dqn-256-huber": dqn(256, "huber"),
    "observation": one_observation,
    "ddpg": ddpg,
    "perceptron": classifier(lambda: mlp(784, [512, 512], 10), (128, 784)),
    "lenet": classifier(lenet, (64, 1, 28, 28)),
    "lstm": classifier(Recurrent, (32, 32, 16)),
    "transformer": transformer,
}

rows = [timing("PyTorch, eager", WORKS[work](lambda function: function))]
try:
    rows.append(timing("PyTorch, torch.compile", WORKS[work](torch.compile)))
except Exception as error:  # torch.compile needs a C++ compiler
    print(f"torch.compile did not run: {type(error).__name__}", file=sys.stderr)
report(rows)
