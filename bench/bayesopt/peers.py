"""The peers of the regret benchmark, one job after another: reads a job and then outcomes from standard input, writes
suggestions to standard output, all as JSON lines. A job is {side, space, starts: [{values, value}], trials, seed}; after its
last suggestion comes {seconds}: the processor time that the optimiser itself took, which other programs do not lengthen."""

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
# What the peers print must not come between the lines.
answers, sys.stdout = sys.stdout, sys.stderr


def active(dimension, values):
    return "on" not in dimension or values.get(dimension["on"]) in dimension["equals"]


class Optuna:
    def __init__(self, kind, job):
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.optuna, self.space = optuna, job["space"]
        seed = job["seed"]
        sampler = (
            optuna.samplers.GPSampler(seed=seed, deterministic_objective=True)
            if kind == "gp"
            else optuna.samplers.TPESampler(seed=seed)
        )
        self.study = optuna.create_study(sampler=sampler)
        for start in job["starts"]:
            distributions = {d["name"]: self.distribution(d) for d in self.space if active(d, start["values"])}
            self.study.add_trial(
                optuna.trial.create_trial(params=start["values"], distributions=distributions, value=start["value"])
            )

    def distribution(self, d):
        of = self.optuna.distributions
        if d["kind"] == "categorical":
            return of.CategoricalDistribution(d["choices"])
        if d["kind"] == "integer":
            return of.IntDistribution(d["low"], d["high"])
        return of.FloatDistribution(d["low"], d["high"], log=d["kind"] == "logReal")

    def ask(self):
        self.trial = self.study.ask()
        values = {}
        for d in self.space:
            if active(d, values):
                values[d["name"]] = self.suggest(d)
        return values

    def suggest(self, d):
        if d["kind"] == "categorical":
            return self.trial.suggest_categorical(d["name"], d["choices"])
        if d["kind"] == "integer":
            return self.trial.suggest_int(d["name"], d["low"], d["high"])
        return self.trial.suggest_float(d["name"], d["low"], d["high"], log=d["kind"] == "logReal")

    def tell(self, value):
        self.study.tell(self.trial, value)


class Botorch:
    """Unit cube, names one-hot and enumerated, integers rounded; inactive dimensions take part."""

    def __init__(self, noise, job):
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(job["seed"])
        self.torch, self.noise, self.space = torch, noise, job["space"]
        self.x = [self.encode(s["values"]) for s in job["starts"]]
        self.y = [s["value"] for s in job["starts"]]
        self.d = len(self.x[0])

    def encode(self, values):
        import math

        point = []
        for d in self.space:
            v = values.get(d["name"])
            if d["kind"] == "categorical":
                point += [1.0 if v == c else 0.0 for c in d["choices"]]
            elif v is None:
                point.append(0.5)
            elif d["kind"] == "logReal":
                point.append(math.log(v / d["low"]) / math.log(d["high"] / d["low"]))
            else:
                point.append((v - d["low"]) / (d["high"] - d["low"]))
        return point

    def decode(self, point):
        values, at = {}, 0
        for d in self.space:
            if d["kind"] == "categorical":
                k = len(d["choices"])
                hot = point[at : at + k]
                v, at = d["choices"][hot.index(max(hot))], at + k
            else:
                u, at = min(1.0, max(0.0, point[at])), at + 1
                if d["kind"] == "logReal":
                    v = d["low"] * (d["high"] / d["low"]) ** u
                else:
                    v = d["low"] + u * (d["high"] - d["low"])
                if d["kind"] == "integer":
                    v = round(v)
            if active(d, values):
                values[d["name"]] = v
        return values

    def fixed_choices(self):
        import itertools

        options, at = [], 0
        for d in self.space:
            if d["kind"] == "categorical":
                k = len(d["choices"])
                options.append([{at + j: float(j == i) for j in range(k)} for i in range(k)])
                at += k
            else:
                at += 1
        return [{k: v for part in parts for k, v in part.items()} for parts in itertools.product(*options)]

    def ask(self):
        from botorch.acquisition import LogExpectedImprovement
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import SingleTaskGP
        from botorch.optim import optimize_acqf, optimize_acqf_mixed
        from gpytorch.mlls import ExactMarginalLogLikelihood

        torch = self.torch
        x = torch.tensor(self.x, dtype=torch.double)
        y = -torch.tensor(self.y, dtype=torch.double).unsqueeze(-1)
        yvar = None if self.noise is None else torch.full_like(y, self.noise * max(1e-12, float(y.var())))
        model = SingleTaskGP(x, y, train_Yvar=yvar)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        score = LogExpectedImprovement(model, best_f=y.max())
        bounds = torch.stack([torch.zeros(self.d), torch.ones(self.d)]).double()
        common = dict(acq_function=score, bounds=bounds, q=1)
        choices = self.fixed_choices()
        if choices == [{}]:
            found, _ = optimize_acqf(num_restarts=20, raw_samples=1024, **common)
        else:
            found, _ = optimize_acqf_mixed(num_restarts=4, raw_samples=256, fixed_features_list=choices, **common)
        self.last = self.decode(found[0].tolist())
        return self.last

    def tell(self, value):
        self.x.append(self.encode(self.last))
        self.y.append(value)


class Hebo:
    def __init__(self, job):
        import numpy as np
        import pandas as pd
        import torch
        from hebo.design_space.design_space import DesignSpace
        from hebo.optimizers.hebo import HEBO

        np.random.seed(job["seed"])
        torch.manual_seed(job["seed"])
        torch.set_num_threads(1)
        self.np, self.pd, self.space = np, pd, job["space"]
        kinds = {"real": "num", "logReal": "pow", "integer": "int", "categorical": "cat"}
        parse = []
        for d in self.space:
            entry = {"name": d["name"], "type": kinds[d["kind"]]}
            if d["kind"] == "categorical":
                entry["categories"] = d["choices"]
            else:
                entry.update(lb=d["low"], ub=d["high"])
                if d["kind"] == "logReal":
                    entry["base"] = 10
            parse.append(entry)
        self.optimizer = HEBO(DesignSpace().parse(parse), rand_sample=len(job["starts"]))
        rows = [self.complete(s["values"]) for s in job["starts"]]
        self.optimizer.observe(pd.DataFrame(rows), np.array([[s["value"]] for s in job["starts"]]))

    def complete(self, values):
        """Inactive dimensions take part: they get the middle of their range."""
        row = dict(values)
        for d in self.space:
            if d["name"] not in row:
                row[d["name"]] = d["choices"][0] if d["kind"] == "categorical" else (d["low"] + d["high"]) / 2
        return row

    def ask(self):
        self.last = self.optimizer.suggest(n_suggestions=1)
        row, values = self.last.iloc[0].to_dict(), {}
        for d in self.space:
            if active(d, values):
                v = row[d["name"]]
                values[d["name"]] = int(v) if d["kind"] == "integer" else v if d["kind"] == "categorical" else float(v)
        return values

    def tell(self, value):
        self.optimizer.observe(self.last, self.np.array([[value]]))


SIDES = {
    "optuna gp": lambda job: Optuna("gp", job),
    "optuna tpe": lambda job: Optuna("tpe", job),
    "botorch": lambda job: Botorch(None, job),
    "botorch, low noise": lambda job: Botorch(1e-6, job),
    "hebo": Hebo,
}


def answer(message):
    print(json.dumps(message), file=answers, flush=True)


def receive():
    line = sys.stdin.readline()
    if line == "":
        sys.exit(0)
    return json.loads(line)


while True:
    job = receive()
    seconds, began = 0.0, time.process_time()
    side = SIDES[job["side"]](job)
    for _ in range(job["trials"] - len(job["starts"])):
        values = side.ask()
        seconds += time.process_time() - began
        answer({"values": values})
        value = receive()["value"]
        began = time.process_time()
        side.tell(value)
    seconds += time.process_time() - began
    answer({"seconds": seconds})
