"""Records scikit-learn's and SciPy's figures for made-up predictions.

Run as: python3 record.py > sklearn.json   (needs python3-sklearn)
"""
import json
import sys

import numpy as np
from scipy import optimize, stats
from sklearn import calibration, metrics

rng = np.random.default_rng(7)
N, C = 400, 10


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def predictions(skill):
    scores = rng.normal(size=(N, C)) * 1.6
    scores[np.arange(N), labels] += skill
    # Class 9 is never predicted, so that a precision has nothing to divide by.
    scores[:, 9] = scores[:, :9].max(axis=1) - 0.5
    return softmax(scores).astype(np.float32).round(6)


# Class 8 has no pictures, so that a recall has nothing to divide by.
labels = rng.choice([0, 0, 1, 2, 3, 4, 5, 6, 7, 9], size=N)
first, second = predictions(2.6), predictions(2.2)
predicted = first.argmax(axis=1)
right, right2 = predicted == labels, second.argmax(axis=1) == labels


def clipped_loss(probs):
    p = np.clip(probs.astype(np.float64)[np.arange(N), labels], 1e-7, 1 - 1e-7)
    return float(-np.log(p).mean())


def scores(average):
    p, r, f, s = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(C), average=average, zero_division=0)
    if average is None:
        return [dict(precision=a, recall=b, f1=c, support=int(d)) for a, b, c, d in zip(p, r, f, s)]
    return dict(precision=p, recall=r, f1=f, support=N)


def ece(bins):
    confidence = first.max(axis=1).astype(np.float64)
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    total = 0.0
    for b in range(bins):
        inside = which == b
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return float(total)


def loss_at(temperature):
    z = np.log(np.maximum(first.astype(np.float64), 1e-30)) / temperature
    return metrics.log_loss(labels, softmax(z), labels=range(C), eps=1e-300)


accuracy_bins, confidence_bins = calibration.calibration_curve(right, first.max(axis=1).astype(np.float64), n_bins=15)
interval = stats.binomtest(int(right.sum()), N).proportion_ci(method="wilson")
only_first, only_second = int((right & ~right2).sum()), int((right2 & ~right).sum())
json.dump({
    "classes": C,
    "labels": labels.tolist(),
    "first": [[round(float(x), 6) for x in row] for row in first],
    "second": [[round(float(x), 6) for x in row] for row in second],
    "accuracy": metrics.accuracy_score(labels, predicted),
    "interval": [interval.low, interval.high],
    "loss": clipped_loss(first),
    "confusion": metrics.confusion_matrix(labels, predicted, labels=range(C)).tolist(),
    "shares": np.nan_to_num(metrics.confusion_matrix(labels, predicted, labels=range(C), normalize="true")).tolist(),
    "per_class": scores(None), "macro": scores("macro"), "weighted": scores("weighted"),
    "top2": metrics.top_k_accuracy_score(labels, first, k=2, labels=range(C)),
    "top3": metrics.top_k_accuracy_score(labels, first, k=3, labels=range(C)),
    "ece": ece(15),
    "bins_accuracy": accuracy_bins.tolist(), "bins_confidence": confidence_bins.tolist(),
    "temperature": optimize.minimize_scalar(loss_at, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-8}).x,
    "mcnemar": {"only_first": only_first, "only_second": only_second,
                "p": stats.binomtest(only_first, only_first + only_second).pvalue},
}, sys.stdout)
