#!/usr/bin/python3
"""Trains and evaluates any network of Atelier in PyTorch and prints its speed: the rival of `atelier-cli bench --rival`.

usage: bench.py bench [--seconds 3] [--threads N] [--batch 256] [--network FILE.json]

Without --network it takes the article's network. Prints one JSON object. The pictures are noise: their content
does not change the speed. Needs the Debian package python3-torch.
"""
import argparse
import json
import os
import resource
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

ACTIVATIONS = {
    "relu": nn.ReLU, "leaky_relu": lambda: nn.LeakyReLU(0.2), "tanh": nn.Tanh, "sigmoid": nn.Sigmoid,
    "linear": nn.Identity, "softmax": nn.Identity,  # the loss holds the softmax
}
CONV = {"kind": "conv2d", "kernel": 3, "padding": "same", "activation": "relu"}
ARTICLE = [
    {"kind": "batch_normalization"}, {**CONV, "filters": 32}, {"kind": "max_pooling2d", "size": 2}, {"kind": "dropout", "rate": 0.25},
    {"kind": "batch_normalization"}, {**CONV, "filters": 32}, {"kind": "max_pooling2d", "size": 2}, {"kind": "dropout", "rate": 0.25},
    {"kind": "flatten"}, {"kind": "dense", "units": 128, "activation": "relu"}, {"kind": "dropout", "rate": 0.5},
    {"kind": "dense", "units": 10, "activation": "softmax"},
]


def conv(inputs, filters, kernel, stride=1, same=False, bias=True, groups=1):
    padding = kernel // 2 if same else 0
    return nn.Conv2d(inputs, filters, kernel, stride, padding, groups=groups, bias=bias)


class Residual(nn.Module):
    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.main = nn.Sequential(
            conv(inputs, filters, 3, stride, True, False), nn.BatchNorm2d(filters), nn.ReLU(),
            conv(filters, filters, 3, 1, True, False), nn.BatchNorm2d(filters))
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != filters:
            self.shortcut = nn.Sequential(conv(inputs, filters, 1, stride, False, False), nn.BatchNorm2d(filters))

    def forward(self, x):
        return F.relu(self.main(x) + self.shortcut(x))


def modules(layer, shape):
    """The modules of one layer for an input of shape (channels, rows, columns) or (numbers,)."""
    kind, bias = layer["kind"], not layer.get("no_bias", False)
    stride, same = layer.get("stride") or 1, layer.get("padding") == "same"
    act = [ACTIVATIONS[layer.get("activation") or "linear"]()]
    if kind == "conv2d":
        return [conv(shape[0], layer["filters"], layer["kernel"], stride, same, bias)] + act
    if kind == "depthwise_conv2d":
        return [conv(shape[0], shape[0], layer["kernel"], stride, same, bias, shape[0])] + act
    if kind == "separable_conv2d":
        return [conv(shape[0], shape[0], layer["kernel"], stride, same, False, shape[0]), conv(shape[0], layer["filters"], 1, bias=bias)] + act
    if kind == "residual":
        return [Residual(shape[0], layer["filters"], stride)]
    if kind == "max_pooling2d":
        return [nn.MaxPool2d(layer["size"], layer.get("stride") or layer["size"], ceil_mode=same)]
    if kind == "average_pooling2d":
        return [nn.AvgPool2d(layer["size"], layer.get("stride") or layer["size"], ceil_mode=same, count_include_pad=False)]
    if kind == "global_average_pooling2d":
        return [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    if kind == "batch_normalization":
        return [(nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(shape[0], eps=layer.get("epsilon") or 1e-3, momentum=0.01)]
    if kind == "dropout":
        return [nn.Dropout(layer["rate"])]
    if kind == "flatten":
        return [nn.Flatten()]
    if kind == "dense":
        return [nn.Linear(shape[0], layer["units"], bias)] + act
    if kind == "activation":
        return [ACTIVATIONS[layer["function"]]()]
    raise SystemExit(f"unknown kind of layer: {kind}")


def build(description):
    net, x = nn.Sequential(), torch.zeros(2, description["input"][2], *description["input"][:2])
    for layer in description["layers"]:
        for m in modules(layer, tuple(x.shape[1:])):
            net.append(m) if hasattr(net, "append") else net.add_module(str(len(net)), m)
            x = m(x)
    return net, x.shape[1]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("do", choices=["bench"])
    p.add_argument("--seconds", type=float, default=3)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--batch", type=int, default=256)
    p.add_argument("--network")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    description = {"input": [28, 28, 1], "layers": ARTICLE}
    if a.network:
        with open(a.network) as f:
            description = json.load(f)
    net, classes = build(description)
    h, w, c = description["input"]
    x, y = torch.rand(a.batch, c, h, w), torch.arange(a.batch) % classes
    opt = torch.optim.SGD(net.parameters(), lr=0.01)

    def rate(step, images):
        for _ in range(3):
            step()
        times, start = [], time.time()
        while time.time() - start < a.seconds or len(times) < 5:
            t = time.time()
            step()
            times.append(time.time() - t)
        return images / float(np.median(times))

    def train():
        opt.zero_grad()
        F.cross_entropy(net(x), y).backward()
        opt.step()

    net.train()
    training = rate(train, a.batch)
    net.eval()
    with torch.no_grad():
        evaluation, one = rate(lambda: net(x), a.batch), rate(lambda: net(x[:1]), 1)
    print(json.dumps({
        "train_images_per_second": training, "evaluate_images_per_second": evaluation, "predict_one_ms": 1000 / one,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "threads": a.threads,
        "parameters": sum(p.numel() for p in net.parameters()), "kernel": "torch " + torch.__version__,
    }), flush=True)


main()
