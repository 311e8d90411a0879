"""Writes xdf_expected.json and xdf_small.json: what pyxdf reads from XDF files.

    python make_xdf_expected.py

Needs pyxdf and NumPy. EVOKED_DATA names the folder of recordings, the one with `interop/xdf` and
`xdf-cyton` in it. `xdf_expected.json` describes those recordings by figures; `xdf_small.json` holds
small files made here, byte for byte, and all that pyxdf says of them. Time stamps are seconds of the
recorder's clock. Made with pyxdf 1.17.5.
"""

import json
import os
import struct
import tempfile
from pathlib import Path

import numpy as np
import pyxdf

HERE = Path(__file__).parent
FORMS = {"int8": "b", "int16": "h", "int32": "i", "int64": "q", "float32": "f", "double64": "d"}


def describe(stream, all_of_it):
    info = stream["info"]
    times = np.asarray(stream["time_stamps"])
    text = info["channel_format"][0] == "string"
    n = len(times)
    rows = list(range(n)) if all_of_it else sorted({int(i) for i in np.linspace(0, n - 1, 25)})
    rows = rows if n else []
    result = {
        "id": info["stream_id"],
        "name": info["name"][0],
        "type": info["type"][0],
        "format": info["channel_format"][0],
        "channels": int(info["channel_count"][0]),
        "nominal_rate_hz": float(info["nominal_srate"][0]),
        "effective_rate_hz": float(info["effective_srate"]),
        "samples": n,
        "segments": [list(map(int, segment)) for segment in info["segments"]],
        "rows": rows,
        "times_s": [float(times[row]) for row in rows],
        "largest_s": max((abs(time) for time in stream["clock_times"]), default=0.0),
        "sum_of_times_s": float(np.sum(times - times[0])) if n else 0.0,
    }
    desc = info["desc"][0] if info["desc"] else None
    channels = desc["channels"][0]["channel"] if desc and "channels" in desc else []
    result["labels"] = [channel["label"][0] for channel in channels]
    result["units"] = [channel["unit"][0] if "unit" in channel else "" for channel in channels]
    if text:
        result["texts"] = [list(texts) for texts in stream["time_series"]]
        result["all_times_s"] = [float(time) for time in times]
    else:
        x = np.asarray(stream["time_series"], dtype=float)
        result["values"] = [[float(value) for value in x[row]] for row in rows]
        result["sum"] = x.sum(axis=0).tolist()
        result["sum_of_sizes"] = np.abs(x).sum(axis=0).tolist()
    return result


def read(path, all_of_it):
    streams, _ = pyxdf.load_xdf(str(path))
    return [describe(stream, all_of_it) for stream in streams]


def number(value):
    """A number with the fewest bytes."""
    if value < 256:
        return struct.pack("<BB", 1, value)
    if value < 1 << 32:
        return struct.pack("<BI", 4, value)
    return struct.pack("<BQ", 8, value)


def chunk(tag, content):
    return number(len(content) + 2) + struct.pack("<H", tag) + content


def header(id, name, kind, form, channels, rate, desc=""):
    xml = (
        f"<?xml version=\"1.0\"?><info><name>{name}</name><type>{kind}</type>"
        f"<channel_count>{channels}</channel_count><nominal_srate>{rate}</nominal_srate>"
        f"<channel_format>{form}</channel_format><desc>{desc}</desc></info>"
    )
    return chunk(2, struct.pack("<I", id) + xml.encode())


def footer(id, count):
    xml = f"<?xml version=\"1.0\"?><info><sample_count>{count}</sample_count></info>"
    return chunk(6, struct.pack("<I", id) + xml.encode())


def offset(id, time, value):
    return chunk(4, struct.pack("<Idd", id, time, value))


def samples(id, form, stamps, rows):
    """Samples of a stream; None for a stamp that is left out."""
    content = struct.pack("<I", id) + number(len(rows))
    for stamp, row in zip(stamps, rows):
        content += b"\0" if stamp is None else struct.pack("<Bd", 8, stamp)
        for value in row:
            if form == "string":
                content += number(len(value.encode())) + value.encode()
            else:
                content += struct.pack("<" + FORMS[form], value)
    return chunk(3, content)


def xdf(*chunks):
    xml = b"<?xml version=\"1.0\"?><info><version>1.0</version></info>"
    return b"XDF:" + chunk(1, xml) + b"".join(chunks)


def stamped(id, form, stamps, rows, size=50):
    parts = range(0, len(stamps), size)
    return [samples(id, form, stamps[i : i + size], rows[i : i + size]) for i in parts]


def offsets(id, times, values):
    return [offset(id, time, value) for time, value in zip(times, values)]


def counts(n, channels, rng):
    return rng.integers(-100, 100, size=(n, channels)).tolist()


def all_types(rng):
    chunks = []
    for id, form in enumerate(FORMS, 1):
        chunks.append(header(id, form, "EEG", form, 2, 100))
        chunks.append(samples(id, form, [7.0 + id] + [None] * 4, counts(5, 2, rng)))
    chunks.append(header(9, "string", "Markers", "string", 2, 0))
    chunks.append(samples(9, "string", [7.5, 9.25], [["a", "b"], ["ä", ""]]))
    return xdf(*chunks)


def drift(rng):
    """Two clocks that drift, with jitter, late offsets and time stamps left out."""
    n, rate = 1500, 250.0
    true = 1000.0 + np.arange(n) / 250.2
    stamps = (true - 40.0 + rng.normal(0, 2e-3, n)).tolist()
    for i in range(n):
        if i % 10:
            stamps[i] = None
    when = 960.0 + np.arange(0, 8, 0.4)
    values = 40.0 + 1e-4 * (when - 960.0) + rng.normal(0, 5e-5, len(when))
    values[5] += 3e-3
    values[12] += 0.05
    marks = (1001.0 + 0.5 * np.arange(8) + rng.normal(0, 0.1, 8)).tolist()
    return xdf(
        header(1, "amp", "EEG", "int16", 1, rate),
        header(2, "marks", "Markers", "string", 1, 0),
        *stamped(1, "int16", stamps, counts(n, 1, rng)),
        *offsets(1, when, values),
        *offsets(2, [1000.0, 1005.0], [-0.25, -0.26]),
        *stamped(2, "string", marks, [[str(i)] for i in range(8)]),
        footer(1, n),
        footer(2, 8),
    )


def breaks(rng):
    """Pauses, shorter and longer than what breaks a line; one back in time; a sample alone."""
    steps = rng.normal(0.01, 1e-3, 700)
    steps[100] = 4.0
    steps[200] = 5.5
    steps[400] = 60.0
    steps[401] = 30.0
    steps[550] = -7.0
    stamps = (50.0 + np.cumsum(steps)).tolist()
    return xdf(
        header(1, "amp", "EEG", "int8", 1, 100),
        *stamped(1, "int8", stamps, counts(700, 1, rng)),
    )


def resets(rng):
    """A clock that is set anew twice, once back; the markers share it."""
    parts, when, values = [], [], []
    for start, shift in [(500.0, 0.0), (90.0, 460.0), (9000.0, -8400.0)]:
        parts.append(start + np.arange(300) / 50.0 + rng.normal(0, 1e-3, 300))
        times = start + np.arange(0, 6, 0.25)
        when += times.tolist()
        values += (shift + rng.normal(0, 2e-5, len(times))).tolist()
    stamps = np.concatenate(parts).tolist()
    marks = [stamps[i] + 0.003 for i in (20, 299, 301, 450, 620, 899)]
    return xdf(
        header(1, "amp", "EEG", "int8", 1, 50),
        header(2, "marks", "Markers", "string", 1, 0),
        *stamped(1, "int8", stamps, counts(900, 1, rng)),
        *stamped(2, "string", marks, [[f"m{i}"] for i in range(6)]),
        *offsets(1, when, values),
        *offsets(2, when, values),
    )


def irregular(rng):
    """A stream without a rate, one that drops samples, and texts at a rate."""
    stamps = np.cumsum(rng.exponential(0.1, 60)).tolist()
    frames = (10.0 + np.cumsum(rng.choice([0.033, 0.033, 0.066], 80))).tolist()
    drops = "<synchronization><can_drop_samples>true</can_drop_samples></synchronization>"
    texts = (3.0 + np.arange(30) / 5.0 + rng.normal(0, 0.01, 30)).tolist()
    return xdf(
        header(1, "gaze", "Gaze", "double64", 2, 0),
        header(2, "video", "Video", "int32", 1, 30, drops),
        header(3, "beats", "Beats", "string", 1, 5),
        *stamped(1, "double64", stamps, rng.normal(size=(60, 2)).tolist()),
        *stamped(2, "int32", frames, [[i] for i in range(80)]),
        *stamped(3, "string", texts, [[str(i)] for i in range(30)]),
        *offsets(1, [0.0, 2.0, 4.0], [100.0, 100.001, 100.002]),
        *offsets(2, [0.0], [95.0]),
    )


def surplus(rng):
    """What a torn down outlet leaves: one sample too many and an offset that is none."""
    stamps = (20.0 + np.arange(101) / 20.0).tolist()
    when = (20.0 + np.arange(0, 5, 0.5)).tolist() + [60.0]
    values = rng.normal(1.0, 1e-4, 10).tolist() + [-700.0]
    return xdf(
        header(1, "amp", "EEG", "int16", 1, 20),
        *stamped(1, "int16", stamps, counts(101, 1, rng)),
        *offsets(1, when, values),
        footer(1, 100),
    )


def outliers(rng):
    """Offsets with so many outliers that the fit does not settle in a thousand rounds."""
    when = 70000.0 + 5.0 * np.arange(40)
    values = -3.0 + 2e-5 * (when - 70000.0) + rng.normal(0, 1e-4, 40)
    values[[3, 4, 9, 17, 18, 30]] += [0.3, 0.9, 0.04, 1.0, 0.5, 0.7]
    stamps = (70000.0 + np.arange(200)).tolist()
    return xdf(
        header(1, "slow", "EEG", "int8", 1, 1),
        *stamped(1, "int8", stamps, counts(200, 1, rng)),
        *offsets(1, when, values),
    )


def small():
    rng = np.random.default_rng(20260401)
    result = []
    for make in (all_types, drift, breaks, resets, irregular, surplus, outliers):
        content = make(rng)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "small.xdf"
            path.write_bytes(content)
            streams = read(path, True)
        result.append({"name": make.__name__, "hex": content.hex(), "streams": streams})
    return result


def recordings():
    folder = Path(os.environ["EVOKED_DATA"])
    paths = sorted(folder.glob("interop/xdf/*.xdf")) + sorted(folder.glob("xdf-cyton/*.xdf"))
    for path in paths:
        yield {"file": str(path.relative_to(folder)), "streams": read(path, False)}


def write(name, content):
    lines = ",\n".join(json.dumps(item) for item in content)
    (HERE / name).write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    write("xdf_small.json", small())
    write("xdf_expected.json", recordings())
