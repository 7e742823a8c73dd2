"""PyTorch's side of dqn-step.ts: eager and torch.compile, one thread. Prints timings as JSON."""

import json
import sys
import time

import torch

torch.set_num_threads(1)
hidden, loss_name, turn = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
BATCH, GAMMA, ROUNDS = 64, 0.99, 5


def network():
    return torch.nn.Sequential(
        torch.nn.Linear(4, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 2)
    )


def make_step():
    online, target = network(), network()
    optimizer = torch.optim.Adam(online.parameters(), lr=1e-3, foreach=True)
    loss_function = torch.nn.functional.huber_loss if loss_name == "huber" else torch.nn.functional.mse_loss

    def loss(observation, action, reward, following, done):
        with torch.no_grad():
            goal = reward + GAMMA * target(following).max(1).values * (1 - done)
        values = online(observation).gather(1, action[:, None])[:, 0]
        return loss_function(values, goal)

    return optimizer, loss


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


def measure(name, compiled):
    torch.manual_seed(0)
    optimizer, loss = make_step()
    if compiled:
        loss = torch.compile(loss)
    batch = (
        torch.randn(BATCH, 4), torch.randint(2, (BATCH,)), torch.randn(BATCH), torch.randn(BATCH, 4), torch.zeros(BATCH)
    )

    def step():
        optimizer.zero_grad()
        loss(*batch).backward()
        optimizer.step()

    return timing(name, step)


rows = [measure(f"PyTorch {torch.__version__}, eager", False)]
try:
    rows.append(measure("PyTorch, torch.compile", True))
except Exception as error:  # torch.compile needs a C++ compiler
    print(f"torch.compile did not run: {type(error).__name__}", file=sys.stderr)
print(json.dumps(rows))
