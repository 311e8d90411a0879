#!/usr/bin/env python3
"""Passes an LSL stream on to `evoked listen`: VEP frames in datagrams.

    pip install pylsl
    evoked listen 127.0.0.1:7654 --udp --targets 9,11,13,15
    python examples/lsl_bridge.py EEG --markers Markers

EEG and Markers are the names of two LSL streams; lsl_outlet.py beside this file makes such ones. The
bridge ends when the EEG stream does, or with Ctrl-C. Markers become events: a number is the code, and
whatever it is also the text.

LSL gives each sample a time, a frame gives it a position. Position n is at origin + n / rate; the
origin follows the times slowly, so that neither jitter nor a clock that runs a little fast moves a
sample. Where a time is more than GAP_S ahead of that, the samples in between were never sent: they
become a gap, and all positions behind it stay right. A stream needs a nominal rate for this.
"""
import argparse
import math
import pathlib
import random
import socket
import sys
import time

import pylsl

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "frames"))
import vep  # noqa: E402, the second implementation of the frame

GAP_S = 0.05          # more than jitter
FOLLOWING = 0.01      # part of a deviation that the origin follows, a sample
FRAME_S = 0.04        # the latency of a frame
DATAGRAM_BYTES = 1300
SESSION_EVERY_S = 2.0
STREAM = 1
NOT_DELIVERED = 1     # reason of a gap


class Clock:
    """From LSL times to positions."""

    def __init__(self, rate_hz, origin):
        self.rate_hz = rate_hz
        self.origin = origin

    def missing(self, position, when):
        """How many samples are missing before the one of this time, which would be at `position`."""
        late = when - (self.origin + position / self.rate_hz)
        missing = round(late * self.rate_hz) if late > GAP_S else 0
        late -= missing / self.rate_hz
        # A clock that was set back starts anew: no position comes twice.
        self.origin += late if late < -GAP_S else late * FOLLOWING
        return missing

    def position(self, when):
        return (when - self.origin) * self.rate_hz


class Bridge:
    def __init__(self, info, to, origin):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.to = to
        self.clock = Clock(info.nominal_srate(), origin)
        self.writer = vep.Writer(tag=random.randrange(1 << 16))
        self.document = document(info, origin)
        self.session()

    def send(self, frame):
        self.socket.sendto(frame, self.to)
        # The writer keeps what a file needs; nothing reads back what was sent.
        self.writer.bytes.clear()
        self.writer.entries.clear()

    def session(self):
        self.send(self.writer.session(self.document))
        self.session_at = time.monotonic()

    def samples(self, samples, times):
        if time.monotonic() - self.session_at > SESSION_EVERY_S:
            self.session()
        together = []
        for sample, when in zip(samples, times):
            missing = self.clock.missing(self.writer.position[STREAM] + len(together), when)
            if missing:
                self.unbroken(together)
                self.send(self.writer.gap(STREAM, missing, NOT_DELIVERED))
                together = []
            together.append(sample)
        self.unbroken(together)

    def unbroken(self, samples):
        if samples:
            self.send(self.writer.samples(STREAM, "f32", list(zip(*samples))))

    def marker(self, marker, when):
        position, text = self.clock.position(when), str(marker)
        if position >= 0:  # else before the first sample
            sample = math.floor(position)
            code = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
            self.send(self.writer.event(STREAM, [(sample, position - sample, code, 0.0, text)]))

    def end(self):
        last = self.writer.end()
        for _ in range(3):  # nothing follows that would tell of its loss
            self.send(last)


def document(info, origin):
    """The session as a frame tells it."""
    count = info.channel_count()
    labels = info.get_channel_labels() or [str(n + 1) for n in range(count)]
    units = [unit or "" for unit in info.get_channel_units() or [""] * count]
    units = ["uV" if unit.lower() in ("microvolts", "microvolt", "µv") else unit for unit in units]
    channels = [{"label": label or "", "unit": unit} for label, unit in zip(labels, units)]
    return {"streams": [{"id": STREAM, "name": info.name(), "rate_hz": info.nominal_srate(),
                         "origin_s": origin, "channels": channels}]}


def inlet(name, **options):
    found = pylsl.resolve_byprop("name", name, timeout=30)
    if not found:
        sys.exit("no LSL stream is called %r" % name)
    one = pylsl.StreamInlet(found[0], processing_flags=pylsl.proc_clocksync, **options)
    one.open_stream(timeout=30)
    return one


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("stream", help="name of the LSL stream")
    parser.add_argument("--markers", help="name of the LSL stream of markers")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7654)
    args = parser.parse_args()
    markers = inlet(args.markers) if args.markers else None
    stream = inlet(args.stream, recover=False)
    info = stream.info()
    if info.nominal_srate() == pylsl.IRREGULAR_RATE or info.channel_format() == pylsl.cf_string:
        sys.exit("%r has no nominal rate or no numbers" % args.stream)
    most = max(1, DATAGRAM_BYTES // (4 * info.channel_count()))
    most = min(most, max(1, round(FRAME_S * info.nominal_srate())))
    bridge = None
    try:
        while True:
            samples, times = stream.pull_chunk(timeout=FRAME_S, max_samples=most)
            if bridge is None and times:
                bridge = Bridge(info, (args.host, args.port), times[0])
                print("sending to %s:%d" % bridge.to, flush=True)
            if bridge is not None:
                bridge.samples(samples, times)
                for marker, when in zip(*markers.pull_chunk() if markers else ((), ())):
                    bridge.marker(marker[0], when)
    except (KeyboardInterrupt, pylsl.util.LostError):
        pass
    if bridge is not None:
        bridge.end()


if __name__ == "__main__":
    main()
