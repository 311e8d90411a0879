"""Writes gdf_reference.json and gdf_small.json: what MNE-Python reads from GDF files.

    python make_gdf_reference.py FOLDER_OF_RECORDINGS

The folder is the one with `ssvep-exo/gdf` in it. `gdf_reference.json` describes those recordings
by figures; `gdf_small.json` holds small files made here, byte for byte, and all their samples.
Samples are microvolts (or the file's unit for other channels). Made with MNE 1.13.2.
"""

import json
import struct
import sys
import tempfile
from pathlib import Path

import mne
import numpy as np

HERE = Path(__file__).parent
INDICES = [0, 1, 255, 256, 12345, 40000, -1]


def events(raw):
    """Position, code and duration as MNE's reader has them: its annotations leave out events
    past the last sample, and its durations are at least one sample."""
    _, positions, codes, _, durations = raw._raw_extras[0]["events"]
    return [[int(p), int(c), int(d)] for p, c, d in zip(positions, codes, durations)]


def read(path):
    return mne.io.read_raw_gdf(path, preload=True, verbose="error", stim_channel=None)


def describe(path):
    raw = read(path)
    x = raw.get_data() * 1e6
    return {
        "file": path.name,
        "channels": raw.ch_names,
        "rate_hz": raw.info["sfreq"],
        "samples": x.shape[1],
        "sum": x.sum(axis=1).tolist(),
        "sum_of_sizes": np.abs(x).sum(axis=1).tolist(),
        "sum_of_squares": (x**2).sum(axis=1).tolist(),
        "indices": INDICES,
        "values": x[:, INDICES].tolist(),
        "events": [event[:2] for event in events(raw)],
    }


def per_channel(channels, form, key):
    return b"".join(struct.pack(form, channel[key]) for channel in channels)


def text(channels, key, width):
    return b"".join(channel[key].encode("latin-1").ljust(width) for channel in channels)


def gdf1(channels, counts, code, kind, events):
    n = len(channels)
    head = b"GDF 1.25" + b"P7 Somebody".ljust(80) + b"run 3".ljust(80) + b"2012070619021650"
    head += struct.pack("<q", 256 * (n + 1)) + bytes(24) + bytes(20)
    records = len(counts)
    head += struct.pack("<qIII", records, 1, 2, n)
    head += text(channels, "label", 16) + bytes(80 * n) + text(channels, "unit", 8)
    head += per_channel(channels, "<d", "pmin") + per_channel(channels, "<d", "pmax")
    head += per_channel(channels, "<q", "dmin") + per_channel(channels, "<q", "dmax")
    head += bytes(80 * n) + struct.pack("<I", counts.shape[2]) * n
    head += struct.pack("<I", code) * n + bytes(32 * n)
    table = struct.pack("<B", 1) + (2 * counts.shape[2]).to_bytes(3, "little")
    table += struct.pack("<I", len(events))
    table += b"".join(struct.pack("<I", e[0] + 1) for e in events)
    table += b"".join(struct.pack("<H", e[1]) for e in events)
    return head + counts.astype(kind).tobytes() + table


def gdf2(channels, counts, code, kind, events):
    n = len(channels)
    days = 719529 + 15527
    head = b"GDF 2.20" + b"P7 Somebody".ljust(66) + bytes(14) + b"run 3".ljust(64) + bytes(16)
    head += struct.pack("<QQH", (days << 32) + (3 << 30), 0, n + 1) + bytes(6 + 8 + 6 + 6 + 24)
    # MNE takes the record's length for two integers whatever the version.
    head += struct.pack("<qIIHH", len(counts), 1, 2, n, 0)
    head += text(channels, "label", 16) + bytes(80 * n) + bytes(6 * n)
    head += per_channel(channels, "<H", "unit_code")
    head += per_channel(channels, "<d", "pmin") + per_channel(channels, "<d", "pmax")
    head += per_channel(channels, "<d", "dmin") + per_channel(channels, "<d", "dmax")
    head += bytes(68 * n) + struct.pack("<f", 100.0) * n + struct.pack("<f", 0.5) * n
    head += struct.pack("<f", 50.0) * n + struct.pack("<I", counts.shape[2]) * n
    head += struct.pack("<I", code) * n + bytes(12 * n) + bytes(20 * n)
    table = struct.pack("<B", 3) + len(events).to_bytes(3, "little")
    table += struct.pack("<f", 2.0 * counts.shape[2])
    table += b"".join(struct.pack("<I", e[0] + 1) for e in events)
    table += b"".join(struct.pack("<H", e[1]) for e in events)
    table += b"".join(struct.pack("<H", 0) for e in events)
    table += b"".join(struct.pack("<I", e[2]) for e in events)
    return head + counts.astype(kind).tobytes() + table


def small():
    rng = np.random.default_rng(20120706)
    channels = [
        dict(label="Oz", unit="uV", unit_code=4275, pmin=-200.0, pmax=199.5, dmin=-2048, dmax=2047),
        dict(label="O1", unit="uV", unit_code=4274, pmin=-1.5, pmax=2.25, dmin=-30000, dmax=30001),
        dict(label="aux", unit="uV", unit_code=4275, pmin=0.0, pmax=5.0, dmin=0, dmax=255),
    ]
    marks = [[0, 0x8001, 1], [7, 0x8101, 3], [19, 0x800B, 12]]
    result = []
    for name, make, code, kind in [
        ("1.25 int16", gdf1, 3, "<i2"),
        ("1.25 int32", gdf1, 5, "<i4"),
        ("1.25 float32", gdf1, 16, "<f4"),
        ("2.20 int16", gdf2, 3, "<i2"),
        ("2.20 uint16", gdf2, 4, "<u2"),
        ("2.20 float64", gdf2, 17, "<f8"),
    ]:
        low = 0 if kind[1] == "u" else -2000
        counts = rng.integers(low, 2000, size=(4, len(channels), 8))
        content = make(channels, counts, code, kind, marks)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "small.gdf"
            path.write_bytes(content)
            raw = read(path)
        result.append(
            {
                "name": name,
                "hex": content.hex(),
                "rate_hz": raw.info["sfreq"],
                "channels": raw.ch_names,
                "values": (raw.get_data() * 1e6).tolist(),
                "events": events(raw),
                "start_time": raw.info["meas_date"].strftime("%Y-%m-%dT%H:%M:%S"),
            }
        )
    return result


def write(name, content):
    lines = ",\n".join(json.dumps(item) for item in content)
    (HERE / name).write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    folder = Path(sys.argv[1]) / "ssvep-exo" / "gdf"
    write("gdf_reference.json", [describe(path) for path in sorted(folder.glob("*.gdf"))])
    write("gdf_small.json", small())
