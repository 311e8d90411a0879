#!/usr/bin/env python3
"""Two LSL streams to try lsl_bridge.py with: a simulated EEG, and the marker of each trial.

    python examples/lsl_outlet.py --trials 12

The user looks at lights of 9, 11, 13 and 15 Hz in turn, for three seconds each; a marker such as
"9 Hz" tells when one starts. With --gap, half a second of each fourth trial never arrives.
"""
import argparse
import math
import random
import time

import pylsl

RATE_HZ = 250
CHUNK = 10
TARGETS_HZ = (9, 11, 13, 15)
LABELS = ("PO3", "POz", "PO4", "O1", "Oz", "O2")
TRIAL, LIGHT = 4 * RATE_HZ, 3 * RATE_HZ  # samples from one trial to the next, and of its light


def sample(number):
    """Microvolts of all channels."""
    trial, since = divmod(number - RATE_HZ, TRIAL)
    signal = 0.0
    if trial >= 0 and since < LIGHT:
        turn = 2 * math.pi * TARGETS_HZ[trial % len(TARGETS_HZ)] * since / RATE_HZ
        signal = 4 * math.sin(turn) + 2 * math.sin(2 * turn)
    return [signal * (n + 1) / len(LABELS) + random.gauss(0, 6) for n in range(len(LABELS))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--gap", action="store_true", help="leave samples out")
    args = parser.parse_args()
    info = pylsl.StreamInfo("EEG", "EEG", len(LABELS), RATE_HZ, "float32", "simulated-eeg")
    info.set_channel_labels(list(LABELS))
    info.set_channel_units("microvolts")
    eeg = pylsl.StreamOutlet(info)
    markers = pylsl.StreamOutlet(
        pylsl.StreamInfo("Markers", "Markers", 1, 0, "string", "simulated-markers"))
    while not (eeg.have_consumers() and markers.have_consumers()):
        time.sleep(0.1)
    start = pylsl.local_clock()
    for first in range(0, RATE_HZ + args.trials * TRIAL, CHUNK):
        chunk = [sample(number) for number in range(first, first + CHUNK)]
        last = start + (first + CHUNK - 1) / RATE_HZ
        time.sleep(max(0, last - pylsl.local_clock()))
        trial, since = divmod(first - RATE_HZ, TRIAL)
        is_lost = args.gap and trial % 4 == 3 and RATE_HZ <= since < 1.5 * RATE_HZ
        if not is_lost:
            eeg.push_chunk(chunk, last)
        if trial >= 0 and since == 0:
            markers.push_sample(["%d Hz" % TARGETS_HZ[trial % len(TARGETS_HZ)]], start + first / RATE_HZ)
    time.sleep(1)


if __name__ == "__main__":
    main()
