#!/usr/bin/python3
"""Records the losses of 20 steps of the article's network without dropout, from the weights beside this file:

losses.npy         as it is, in float32, with one thread
losses64.npy       as it is, in float64
losses_smooth.npy  with tanh in place of ReLU and average in place of maximum pooling, in float64

ReLU and maximum pooling make a trajectory chaotic: where two numbers all but tie, rounding decides which way a
gradient goes. PyTorch in float32 is up to 9e-4 from PyTorch in float64. Without them a trajectory says much more
about whether two programs compute the same.

usage: record.py TRAIN_IMAGES.gz TRAIN_LABELS.gz
"""
import gzip
import os
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))


def weight(name):
    return torch.from_numpy(np.load(os.path.join(HERE, name + "_weight.npy")))


def idx(path, header):
    with gzip.open(path) as f:
        return np.frombuffer(f.read(), np.uint8, offset=header).copy()


class Net(nn.Module):
    def __init__(self, smooth):
        super().__init__()
        self.activation = torch.tanh if smooth else F.relu
        self.pool = F.avg_pool2d if smooth else F.max_pool2d
        self.bn1 = nn.BatchNorm2d(1, eps=1e-3, momentum=0.01)
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(32, eps=1e-3, momentum=0.01)
        self.conv2 = nn.Conv2d(32, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * 7 * 7, 128)
        self.fc2 = nn.Linear(128, 10)
        for layer, value in (
            (self.conv1, weight("conv1").permute(3, 2, 0, 1)),
            (self.conv2, weight("conv2").permute(3, 2, 0, 1)),
            (self.fc1, weight("fc1").t()),
            (self.fc2, weight("fc2").t()),
        ):
            layer.weight.data.copy_(value)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        x = self.pool(self.activation(self.conv1(self.bn1(x))), 2)
        x = self.pool(self.activation(self.conv2(self.bn2(x))), 2)
        return self.fc2(self.activation(self.fc1(x.permute(0, 2, 3, 1).flatten(1))))


def record(name, x, y, dtype, smooth):
    net, x = Net(smooth).to(dtype).train(), x.to(dtype)
    opt = torch.optim.SGD(net.parameters(), lr=0.01)
    losses = []
    for i in range(0, 20 * 256, 256):
        cost = F.cross_entropy(net(x[i:i + 256]), y[i:i + 256])
        opt.zero_grad()
        cost.backward()
        opt.step()
        losses.append(cost.item())
    np.save(os.path.join(HERE, name + ".npy"), np.array(losses))
    print(name, losses)


def main():
    x = torch.from_numpy(idx(sys.argv[1], 16).reshape(-1, 1, 28, 28).astype(np.float32) / 255)
    y = torch.from_numpy(idx(sys.argv[2], 8).astype(np.int64))
    torch.set_num_threads(1)
    record("losses", x, y, torch.float32, smooth=False)
    record("losses64", x, y, torch.float64, smooth=False)
    record("losses_smooth", x, y, torch.float64, smooth=True)


main()
