"""Learners on real data sets as black boxes: reads {problem, values} and writes {value}, as JSON lines."""

import json
import sys
import warnings

import numpy as np
from sklearn.datasets import load_diabetes, load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

warnings.filterwarnings("ignore")
DIGITS = [a[:600] for a in load_digits(return_X_y=True)]
DIABETES = load_diabetes(return_X_y=True)


def classifier(c, gamma, components):
    """Error of three-fold cross-validation of a support vector machine on 600 digits."""
    model = make_pipeline(StandardScaler(), PCA(components, random_state=0), SVC(C=c, gamma=gamma))
    return 1 - cross_val_score(model, *DIGITS, cv=3).mean()


def regressor(rate, trees, depth, subsample, leaf):
    """Mean squared error of three-fold cross-validation of boosted trees on 442 patients, in units of the variance."""
    model = GradientBoostingRegressor(
        learning_rate=rate, n_estimators=trees, max_depth=depth, subsample=subsample, min_samples_leaf=leaf, random_state=0
    )
    scores = cross_val_score(model, *DIABETES, cv=3, scoring="neg_mean_squared_error")
    return -scores.mean() / np.var(DIABETES[1])


PROBLEMS = {"digits classifier": classifier, "diabetes regressor": regressor}
for line in sys.stdin:
    job = json.loads(line)
    print(json.dumps({"value": float(PROBLEMS[job["problem"]](**job["values"]))}), flush=True)
