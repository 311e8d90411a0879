"""Holds EDF+ and BDF+ files that the program wrote against what other readers read from them.

    cargo build --release && python check_written.py ../../target/release/evoked

Needs edfio, mne, numpy and pyedflib; run with edfio 0.4.18, MNE 1.13.2 and pyEDFlib 0.1.42. The
program converts `fixtures/session.vep`, whose counts and events come from the second implementation
of the frame in `fixtures/frames/vep.py`, and, where there is a folder of recordings ($EVOKED_DATA,
else ../shared/data beside the project), other projects' EDF and BDF files, which edfio reads before
and after. Each written file is opened with all three readers, and labels, rates, values and events
are compared. Ends with one line a file, or with an assertion that failed.
"""

import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import edfio
import mne
import numpy as np
import pyedflib

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DATA = Path(os.environ.get("EVOKED_DATA", ROOT.parent / "shared" / "data")) / "interop"
FILL = "BAD_ACQ_SKIP"

sys.path.insert(0, str(ROOT / "fixtures" / "frames"))
import vep  # noqa: E402


class Channel:
    """Label, rate, samples in physical units, and counts where these must be the same; how large
    samples can be."""

    def __init__(self, label, rate_hz, values, counts=None, span=0.0):
        self.label, self.rate_hz, self.values, self.counts = label, rate_hz, values, counts
        self.span = max(span, np.ptp(values), np.abs(values).max(), 1e-9)


def text_of(code, label):
    """How code and label stand in one text."""
    if not label:
        return str(code)
    return f"{label} [{code}]" if code else label


def fixture():
    """Channels and events of the fixture, by a reader that shares nothing with the program."""
    data = (ROOT / "fixtures" / "session.vep").read_bytes()
    length = int.from_bytes(data[12:16], "little")
    (stream,) = json.loads(data[32 : 32 + length])["streams"]
    rate_hz, frames = stream["rate_hz"], list(vep.read(data))
    parts = [frame["values"] for frame in frames if frame["kind"] == "samples"]
    counts = np.concatenate([np.array(part) for part in parts], axis=1)
    channels = []
    for about, row in zip(stream["channels"], counts):
        scale = about["quantization"]["scale"]
        channels.append(Channel(about["label"], rate_hz, row * scale, row))
    events = [
        (event["sample"] / rate_hz, 0.0, text_of(event["code"], event["label"]))
        for frame in frames
        if frame["kind"] == "event"
        for event in frame["events"]
    ]
    return channels, sorted(events)


def by_edfio(path):
    read = edfio.read_bdf if path.suffix == ".bdf" else edfio.read_edf
    file = read(path)
    channels = [
        Channel(
            signal.label,
            signal.sampling_frequency,
            signal.data,
            signal.digital,
            abs(signal.physical_max - signal.physical_min),
        )
        for signal in file.signals
    ]
    return channels, [(a.onset, a.duration or 0.0, a.text) for a in file.annotations]


def by_pyedflib(path):
    with pyedflib.EdfReader(str(path)) as file:
        channels = [
            Channel(
                file.getLabel(i),
                file.getSampleFrequency(i),
                file.readSignal(i),
                file.readSignal(i, digital=True),
            )
            for i in range(file.signals_in_file)
        ]
        # Unlike readAnnotations, this one works under NumPy 2, too.
        events = [
            (onset * 1e-7, float(duration or 0), text.decode())
            for onset, duration, text in file.read_annotation()
        ]
    return channels, sorted(events)


def by_mne(path):
    """MNE resamples all channels to the highest rate: only those of that rate can be compared."""
    read = mne.io.read_raw_bdf if path.suffix == ".bdf" else mne.io.read_raw_edf
    raw = read(path, preload=True, stim_channel=None, verbose="error")
    factors = raw._raw_extras[0]["units"]
    samples = raw._raw_extras[0]["n_samps"][raw._raw_extras[0]["sel"]]
    channels = [
        Channel(label, raw.info["sfreq"], raw.get_data([i])[0] / factors[i])
        for i, label in enumerate(raw.ch_names)
        if samples[i] == samples.max()
    ]
    events = zip(raw.annotations.onset, raw.annotations.duration, raw.annotations.description)
    return channels, [(float(o), float(d), str(t)) for o, d, t in events]


READERS = {"edfio": by_edfio, "pyEDFlib": by_pyedflib, "MNE": by_mne}


def hold(name, path, expected, events, exact):
    """All readers find these channels and events; gives the largest difference over the span
    of a channel."""
    worst = 0.0
    wanted = {channel.label: channel for channel in expected}
    for reader, read in READERS.items():
        what = f"{name} by {reader}"
        channels, found = read(path)
        assert channels and {c.label for c in channels} <= set(wanted), what
        if reader != "MNE":
            assert {c.label for c in channels} == set(wanted), what
        for channel in channels:
            own = wanted[channel.label]
            assert channel.rate_hz == own.rate_hz, (what, channel.rate_hz)
            length = len(own.values)
            assert len(channel.values) >= length, what
            worst = max(worst, np.abs(channel.values[:length] - own.values).max() / own.span)
            if exact and channel.counts is not None and own.counts is not None:
                assert (channel.counts[:length] == own.counts).all(), (what, channel.label)
            # What is more than was recorded is said to be.
            if len(channel.values) > length:
                start_s = length / own.rate_hz
                fills = [e for e in found if e[2].split("@@")[0] == FILL]
                assert any(abs(e[0] - start_s) < 1e-6 for e in fills), what
        end_s = max(len(c.values) / c.rate_hz for c in channels)
        found = sorted(event for event in found if not event[2].startswith(FILL))
        # MNE leaves out what lies past the last sample.
        own = sorted(e for e in events if reader != "MNE" or e[0] <= end_s)
        assert len(found) == len(own), (what, len(found), len(own))
        for a, b in zip(found, own):
            assert abs(a[0] - b[0]) < 1e-6 and abs(a[1] - b[1]) < 1e-6, (what, a, b)
            assert a[2] == b[2], (what, a, b)
    return worst


def convert(program, source, target):
    done = subprocess.run([program, "convert", source, target], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()


def renamed(channels):
    """Labels as the program makes them unique: like MNE."""
    labels = [channel.label for channel in channels]
    for label in {label for label in labels if labels.count(label) > 1}:
        same = [channel for channel in channels if channel.label == label]
        for number, channel in enumerate(same):
            channel.label = f"{label}-{number}"
    return channels


def main(program):
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp())
    cases = [("session.vep", ROOT / "fixtures" / "session.vep", fixture(), ("edf", "bdf"))]
    for name, endings in [
        ("pyedflib/test_generator.edf", ("edf", "bdf")),
        ("pyedflib/test_generator.bdf", ("edf", "bdf")),
        ("pyedflib/test_generator_datarec_generator_0_5.bdf", ("bdf",)),
        ("pyedflib/test_utf8.edf", ("edf", "bdf")),
        ("EDF.jl/evt.bdf", ("edf", "bdf")),
        ("EDF.jl/bdf_test.bdf", ("edf", "bdf")),
        ("EDF.jl/bdf_test.edf", ("edf",)),
        ("edfio/short_psg.edf", ("edf", "bdf")),
        ("mne-edf/duplicate_channel_labels.edf", ("edf",)),
        ("mne-edf/test_stim_channel.edf", ("edf",)),
        ("mne-edf/test_uneven_samp.edf", ("edf",)),
        ("mne-edf/test.bdf", ("bdf",)),
        ("mne-edf/test_bdf_stim_channel.bdf", ("bdf",)),
    ]:
        source = DATA / name
        if not source.exists():
            print(f"skipped: no {source}")
            continue
        channels, events = by_edfio(source)
        factors = [
            {"V": 1e6, "mV": 1e3}.get(signal.physical_dimension, 1.0)
            for signal in edfio.read_edf(source).signals
        ] if source.suffix == ".edf" else [1.0] * len(channels)
        for channel, factor in zip(channels, factors):
            channel.values, channel.span = channel.values * factor, channel.span * factor
        status = [c for c in channels if c.label == "Status" and source.suffix == ".bdf"]
        for channel in status:
            channel.values = channel.counts.astype(float)
        cases.append((name, source, (renamed(channels), events), endings))
    for name, source, (channels, events), endings in cases:
        for ending in endings:
            target = folder / f"{name.replace('/', '-')}.{ending}"
            lost = convert(program, source, target)
            words = " ".join(lost)
            exact = "rounded" not in words
            worst = hold(f"{name} -> {ending}", target, channels, events, exact)
            limit = 5e-7 if exact else (2e-5 if ending == "edf" else 2e-7)
            assert worst <= limit, (name, ending, worst)
            if ending == "bdf" and any(c.label == "Status" for c in channels):
                hold_triggers(source, target)
            how = "counts bit for bit" if exact else "rounded"
            print(f"{name} -> {ending}: {how}, off by {worst:.1e} of their span; {len(events)} events")
        for line in lost:
            print(f"    {line}")


def hold_triggers(source, target):
    """The trigger lines say the same as before."""
    if source.suffix != ".bdf":
        return
    found = [
        mne.find_events(
            mne.io.read_raw_bdf(path, preload=True, verbose="error"), "Status", verbose="error",
            shortest_event=1,
        )
        for path in (source, target)
    ]
    assert (found[0] == found[1]).all()


if __name__ == "__main__":
    main(sys.argv[1])
