"""Serves an environment written in Python to Skein agents, over NATS.

    pip install gymnasium
    python skein_env.py CartPole-v1 --nats nats://127.0.0.1:4222
    skein train dqn --env nats://127.0.0.1:4222/CartPole-v1

or, with an environment of your own (anything with Gymnasium's reset, step, observation_space and action_space):

    from skein_env import serve
    serve(lambda: MyEnv(), name="MyEnv")

Only Python's standard library is needed besides the environment itself: the NATS protocol is a few lines of text.
Any number of servers may serve one name; a Skein agent spreads its copies over them.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import ssl
import sys
import time
from collections import OrderedDict
from urllib.parse import urlparse

NAMESPACE = os.environ.get("SKEIN_NATS_NAMESPACE", "skein")
# Copies that are kept; the one that was not used for longest makes room for a new one.
MAX_COPIES = 10_000


class Connection:
    """A connection to a NATS server that answers requests."""

    def __init__(self, url: str):
        address = urlparse(url)
        self._socket = socket.create_connection((address.hostname, address.port or 4222), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        info = json.loads(self._line().split(b" ", 1)[1])
        if address.scheme == "tls" or info.get("tls_required"):
            context = ssl.create_default_context(cafile=os.environ.get("SKEIN_NATS_CA"))
            self._socket = context.wrap_socket(self._socket, server_hostname=address.hostname)
            self._file = self._socket.makefile("rb")
        login = {
            "auth_token": os.environ.get("SKEIN_NATS_TOKEN"),
            "user": os.environ.get("SKEIN_NATS_USER"),
            "pass": os.environ.get("SKEIN_NATS_PASSWORD"),
        }
        options = {"verbose": False, "pedantic": False, "lang": "python", "version": "1", "name": "skein_env"}
        options.update({key: value for key, value in login.items() if value})
        self._send(b"CONNECT " + json.dumps(options).encode() + b"\r\nPING\r\n")
        while (line := self._line()) != b"PONG":
            if line.startswith(b"-ERR"):
                raise ConnectionError(line.decode())
        self._socket.settimeout(None)

    def subscribe(self, subject: str, queue: str = "") -> None:
        self._send(f"SUB {subject} {queue} {secrets.token_hex(4)}\r\n".encode())

    def requests(self):
        """Yields (reply subject, payload) until the connection ends."""
        while True:
            line = self._line()
            if line.startswith(b"MSG"):
                words = line.split()
                payload = self._file.read(int(words[-1]) + 2)[:-2]
                if len(words) == 5:
                    yield words[3].decode(), payload
            elif line == b"PING":
                self._send(b"PONG\r\n")
            elif line.startswith(b"-ERR"):
                raise ConnectionError(line.decode())

    def reply(self, subject: str, payload: bytes) -> None:
        self._send(f"PUB {subject} {len(payload)}\r\n".encode() + payload + b"\r\n")

    def _line(self) -> bytes:
        line = self._file.readline()
        if not line:
            raise ConnectionError("the server closed the connection")
        return line.rstrip(b"\r\n")

    def _send(self, data: bytes) -> None:
        self._socket.sendall(data)


def numbers(value):
    """An array or scalar as a number or a flat list of numbers."""
    if hasattr(value, "flatten"):
        value = value.flatten().tolist()
    elif hasattr(value, "item"):
        value = value.item()
    return list(value) if isinstance(value, (tuple, list)) else value


def bounds(value):
    """Bounds with None where there is none: JSON has no infinity."""
    values = numbers(value)
    finite = [x if abs(x) < 3e38 else None for x in (values if isinstance(values, list) else [values])]
    return finite if isinstance(values, list) else finite[0]


def spec(space) -> dict:
    """A Gymnasium space as Skein describes it."""
    if hasattr(space, "n") and not hasattr(space, "nvec") and not getattr(space, "shape", ()):
        return {"kind": "discrete", "n": int(space.n), "start": int(getattr(space, "start", 0))}
    if hasattr(space, "low"):
        return {"kind": "box", "shape": list(space.shape), "low": bounds(space.low), "high": bounds(space.high)}
    counts = getattr(space, "nvec", None)
    if counts is None:
        counts = [part.n for part in getattr(space, "spaces", [])]
    if len(counts) == 0:
        raise TypeError(f"expected a Box, Discrete, MultiDiscrete or Tuple of Discrete space, got {space}")
    return {"kind": "multiDiscrete", "counts": [int(n) for n in counts]}


class Copies:
    """The copies of one environment, by slot."""

    def __init__(self, make, subject: str):
        self._make = make
        self._subject = subject
        self._copies: OrderedDict[int, list] = OrderedDict()  # slot: [environment, steps of its episode or None]
        self._last = 0
        env = make()
        self._discrete = hasattr(env.action_space, "n")
        registered = getattr(env, "spec", None)
        self._spec = {
            "observation": spec(env.observation_space),
            "action": spec(env.action_space),
            "stepLimit": getattr(registered, "max_episode_steps", None),
            "solvedAt": getattr(registered, "reward_threshold", None),
        }
        env.close()

    def answer(self, request: dict) -> dict:
        kind = request["type"]
        if kind == "spec":
            return self._spec
        if kind == "make":
            return self._new()
        if kind not in ("reset", "step"):
            raise ValueError(f"expected spec, make, reset or step, got {kind}")
        copy = self._copies.get(request["slot"])
        if copy is None:
            return {"gone": True}
        self._copies.move_to_end(request["slot"])
        return self._reset(copy, request) if kind == "reset" else self._step(copy, request)

    def _new(self) -> dict:
        self._last += 1
        self._copies[self._last] = [self._make(), None]
        if len(self._copies) > MAX_COPIES:
            self._copies.popitem(last=False)[1][0].close()
        return {"subject": self._subject, "slot": self._last}

    def _reset(self, copy: list, request: dict) -> dict:
        observation, _info = copy[0].reset(seed=request["seed"])
        copy[1] = 0
        return {"observation": numbers(observation)}

    def _step(self, copy: list, request: dict) -> dict:
        if copy[1] != request["step"]:
            return {"gone": True}
        action = request["action"]
        if not self._discrete:
            import numpy

            space = copy[0].action_space
            action = numpy.asarray(action, dtype=space.dtype).reshape(space.shape)
        observation, reward, terminated, truncated, _info = copy[0].step(action)
        copy[1] = None if terminated or truncated else copy[1] + 1
        return {
            "observation": numbers(observation),
            "reward": float(reward),
            "terminated": bool(terminated),
            "truncated": bool(truncated),
        }


def serve(make, name: str, url: str = "nats://127.0.0.1:4222") -> None:
    """Serves copies of the environment that `make()` gives, under a name, until interrupted. Reconnects by itself."""
    own = f"{NAMESPACE}.env.{name}.{secrets.token_hex(8)}"
    copies = Copies(make, own)
    while True:
        try:
            connection = Connection(url)
            connection.subscribe(f"{NAMESPACE}.env.{name}", queue="servers")
            connection.subscribe(own)
            print(f"serving {url}/{name}", flush=True)
            for subject, payload in connection.requests():
                try:
                    reply = copies.answer(json.loads(payload))
                except Exception as error:  # What the environment throws is the agent's to know; others go on.
                    reply = {"error": f"{type(error).__name__}: {error}"}
                connection.reply(subject, json.dumps(reply).encode())
        except (ConnectionError, OSError) as error:
            print(f"{error}; trying again", file=sys.stderr, flush=True)
            time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a Gymnasium environment to Skein agents.")
    parser.add_argument("env", help="id of a Gymnasium environment, e.g. CartPole-v1")
    parser.add_argument("--name", help="name to serve it under; by default its id with - for other characters")
    parser.add_argument("--nats", default="nats://127.0.0.1:4222", help="address of the NATS server")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    import gymnasium

    name = arguments.name or "".join(c if c.isalnum() or c in "-_" else "-" for c in arguments.env)
    try:
        serve(lambda: gymnasium.make(arguments.env), name, arguments.nats)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
