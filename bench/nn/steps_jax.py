"""JAX's side of the benchmarks of steps: one jitted function a step, one thread. Runs after timing.py."""

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import jax.numpy as jnp
import numpy as np

GAMMA, TAU = 0.99, 0.005
draw = np.random.default_rng(0)


def normal(*shape):
    return jnp.asarray(draw.standard_normal(shape, dtype=np.float32))


def dense(inputs, outputs):
    return {"w": normal(inputs, outputs) * (2 / (inputs + outputs)) ** 0.5, "b": jnp.zeros(outputs)}


def affine(layer, x):
    return x @ layer["w"] + layer["b"]


def mlp(*sizes):
    return [dense(*pair) for pair in zip(sizes, sizes[1:])]


def perceptron(layers, x):
    for layer in layers[:-1]:
        x = jax.nn.relu(affine(layer, x))
    return affine(layers[-1], x)


def adam_state(params):
    zeros = jax.tree.map(jnp.zeros_like, params)
    return zeros, jax.tree.map(jnp.zeros_like, params), jnp.zeros(())


def adam(params, grads, state, rate=1e-3):
    m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)
    size = rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return jax.tree.map(lambda p, m, v: p - size * m / (jnp.sqrt(v) + 1e-8), params, m, v), (m, v, t)


def runner(step, state, batch):
    """A call that takes a jitted step from the state of the call before, and reads its loss."""
    compiled = jax.jit(step, donate_argnums=0)
    current = [state]

    def call():
        current[0], loss = compiled(current[0], *batch)
        return float(loss)

    return call


def minimiser(params, loss, batch):
    def step(state, *batch):
        params, optimizer = state
        value, grads = jax.value_and_grad(loss)(params, *batch)
        return adam(params, grads, optimizer), value

    return runner(step, (params, adam_state(params)), batch)


def cross_entropy(logits, y):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1))


def classes(count):
    return jnp.asarray(draw.integers(10, size=count))


def dqn(hidden, loss_name):
    target = mlp(4, hidden, hidden, 2)

    def difference(x):
        if loss_name == "mse":
            return x * x
        return jnp.where(jnp.abs(x) < 1, 0.5 * x * x, jnp.abs(x) - 0.5)

    def loss(params, observation, action, reward, following, done):
        goal = reward + GAMMA * perceptron(target, following).max(1) * (1 - done)
        values = jnp.take_along_axis(perceptron(params, observation), action[:, None], 1)[:, 0]
        return difference(values - jax.lax.stop_gradient(goal)).mean()

    batch = (normal(64, 4), jnp.asarray(draw.integers(2, size=64)), normal(64), normal(64, 4), jnp.zeros(64))
    return minimiser(mlp(4, hidden, hidden, 2), loss, batch)


def one_observation():
    params = mlp(4, 64, 64, 2)
    act = jax.jit(perceptron)
    return lambda: act(params, np.array([[0.1, -0.2, 0.3, -0.4]], np.float32)).tolist()


def ddpg():
    state, action, reward, following, done = normal(256, 17), normal(256, 6), normal(256, 1), normal(256, 17), jnp.zeros((256, 1))

    def act(actor, state):
        return jnp.tanh(perceptron(actor, state))

    def value(critic, state, action):
        return perceptron(critic, jnp.concatenate([state, action], 1))

    def step(all, state, action, reward, following, done):
        actor, critic, target_actor, target_critic, actor_adam, critic_adam = all
        goal = reward + GAMMA * value(target_critic, following, act(target_actor, following)) * (1 - done)
        loss, grads = jax.value_and_grad(lambda c: jnp.mean((value(c, state, action) - goal) ** 2))(critic)
        critic, critic_adam = adam(critic, grads, critic_adam)
        grads = jax.grad(lambda a: -jnp.mean(value(critic, state, act(a, state))))(actor)
        actor, actor_adam = adam(actor, grads, actor_adam, 1e-4)

        def follow(target, online):
            return jax.tree.map(lambda t, o: (1 - TAU) * t + TAU * o, target, online)

        return (actor, critic, follow(target_actor, actor), follow(target_critic, critic), actor_adam, critic_adam), loss

    actor, critic = mlp(17, 400, 300, 6), mlp(23, 400, 300, 1)
    copies = jax.tree.map(jnp.copy, (actor, critic))
    return runner(step, (actor, critic, *copies, adam_state(actor), adam_state(critic)), (state, action, reward, following, done))


def lenet():
    params = {"a": normal(5, 5, 1, 6) * 0.2, "b": normal(5, 5, 6, 16) * 0.1, "ab": jnp.zeros(6), "bb": jnp.zeros(16), "c": mlp(400, 120, 84, 10)}

    def convolution(x, kernel, bias, padding):
        y = jax.lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
        y = jax.nn.relu(y + bias)
        return jax.lax.reduce_window(y, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def loss(params, x, y):
        x = convolution(x, params["a"], params["ab"], "SAME")
        x = convolution(x, params["b"], params["bb"], "VALID")
        return cross_entropy(perceptron(params["c"], x.reshape(64, -1)), y)

    return minimiser(params, loss, (normal(64, 28, 28, 1), classes(64)))


def lstm():
    params = {"x": dense(16, 256), "h": normal(64, 256) * 0.1, "out": dense(64, 10)}

    def loss(params, x, y):
        def cell(state, x):
            h, c = state
            i, f, g, o = jnp.split(x + h @ params["h"], 4, 1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        steps = affine(params["x"], x).transpose(1, 0, 2)
        (h, _), _ = jax.lax.scan(cell, (jnp.zeros((32, 64)), jnp.zeros((32, 64))), steps)
        return cross_entropy(affine(params["out"], h), y)

    return minimiser(params, loss, (normal(32, 32, 16), classes(32)))


def transformer():
    norm = {"g": jnp.ones(128), "b": jnp.zeros(128)}
    params = {"qkv": dense(128, 384), "out": dense(128, 128), "up": dense(128, 512), "down": dense(512, 128), "n1": norm, "n2": jax.tree.map(jnp.copy, norm)}

    def normalise(layer, x):
        centred = x - x.mean(-1, keepdims=True)
        return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * layer["g"] + layer["b"]

    def loss(params, x, y):
        q, k, v = (part.reshape(16, 64, 8, 16) for part in jnp.split(affine(params["qkv"], x), 3, -1))
        weights = jax.nn.softmax(jnp.einsum("bqhd,bkhd->bhqk", q, k) / 4)
        mixed = jnp.einsum("bhqk,bkhd->bqhd", weights, v).reshape(16, 64, 128)
        x = normalise(params["n1"], x + affine(params["out"], mixed))
        x = normalise(params["n2"], x + affine(params["down"], jax.nn.relu(affine(params["up"], x))))
        return jnp.mean((x - y) ** 2)

    return minimiser(params, loss, (normal(16, 64, 128), normal(16, 64, 128)))


def classifier():
    return minimiser(mlp(784, 512, 512, 10), lambda p, x, y: cross_entropy(perceptron(p, x), y), (normal(128, 784), classes(128)))


WORKS = {
    "dqn-64-huber": lambda: dqn(64, "huber"),
    "dqn-64-mse": lambda: dqn(64, "mse"),
    "dqn-256-huber": lambda: dqn(256, "huber"),
    "observation": one_observation,
    "ddpg": ddpg,
    "perceptron": classifier,
    "lenet": lenet,
    "lstm": lstm,
    "transformer": transformer,
}

report([timing("JAX, jit", WORKS[work]())])
