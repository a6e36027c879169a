#!/usr/bin/python3
"""Records optimizers.json: the losses of 12 steps of softmax regression (5 inputs, 3 classes, 6 rows) under each
optimiser of PyTorch, in float64. Data and initial weights are the formulas below, which the test repeats.

PyTorch adds epsilon to the root and Keras (for RMSprop) under it, so epsilon is chosen small enough not to matter.
"""
import json
import math
import os

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
ROWS, IN, OUT, RATE = 6, 5, 3, 0.05
X = torch.tensor([[math.sin(1 + 1.7 * (r * IN + i)) for i in range(IN)] for r in range(ROWS)])
Y = torch.tensor([(r * r + 1) % OUT for r in range(ROWS)])

OPTIMISERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=RATE),
    "sgd decay": lambda p: torch.optim.SGD(p, lr=RATE, weight_decay=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9),
    "momentum decay": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9, weight_decay=0.1),
    "nesterov": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.8, nesterov=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=RATE, alpha=0.9, eps=1e-12),
    "rmsprop momentum": lambda p: torch.optim.RMSprop(p, lr=RATE, alpha=0.95, momentum=0.5, eps=1e-12),
    "adam": lambda p: torch.optim.Adam(p, lr=RATE, eps=1e-12),
    "adam betas decay": lambda p: torch.optim.Adam(p, lr=RATE, betas=(0.8, 0.99), weight_decay=0.1, eps=1e-12),
    "adamw": lambda p: torch.optim.AdamW(p, lr=RATE, weight_decay=0.1, eps=1e-12),
}

losses = {}
for name, make in OPTIMISERS.items():
    w = torch.tensor([[math.cos(2 + 0.9 * (i * OUT + o)) for o in range(OUT)] for i in range(IN)], requires_grad=True)
    b = torch.zeros(OUT, requires_grad=True)
    opt = make([w, b])
    losses[name] = []
    for _ in range(12):
        cost = F.cross_entropy(X @ w + b, Y)
        opt.zero_grad()
        cost.backward()
        opt.step()
        losses[name].append(cost.item())

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers.json"), "w") as f:
    json.dump(losses, f, indent=1)
