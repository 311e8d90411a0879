"""Times reading a recording: ours beside the Python readers, medians of several runs.

    python benches/readers.py [FORMAT ...]

Writes the files itself into a temporary folder (64 channels, 10 minutes, 1 kHz of noise; of XDF 32
channels, 19 minutes, 250 Hz, with jittered time stamps, clock offsets and markers), reads each once
before the clock starts, and prints a table. Needs numpy, and of edfio, mne, pyedflib and pyxdf those
that are to be compared; builds and runs `examples/time_reading.rs`. Give the names of formats to time
only these.

A new format is one function that writes a file and gives its readers, and one line in FORMATS.
"""

import json
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
CHANNELS, RATE_HZ, SECONDS = 64, 1000, 600
RUNS = 9


def header(width, records):
    """The header of EDF (2 bytes a sample) or BDF (3), a second a record."""
    highest = 2 ** (8 * width - 1) - 1
    text = [
        (b"0" if width == 2 else b"\xffBIOSEMI", 8),
        (b"X X X X", 80),
        (b"Startdate X X X X", 80),
        (b"01.01.85", 8),
        (b"00.00.00", 8),
        (b"%d" % (256 * (CHANNELS + 1)), 8),
        (b"", 44),
        (b"%d" % records, 8),
        (b"1", 8),
        (b"%d" % CHANNELS, 4),
    ]
    fields = [
        ([b"E%d" % i for i in range(CHANNELS)], 16),
        ([b""] * CHANNELS, 80),
        ([b"uV"] * CHANNELS, 8),
        ([b"-3276.8"] * CHANNELS, 8),
        ([b"3276.7"] * CHANNELS, 8),
        ([b"%d" % (-highest - 1)] * CHANNELS, 8),
        ([b"%d" % highest] * CHANNELS, 8),
        ([b""] * CHANNELS, 80),
        ([b"%d" % RATE_HZ] * CHANNELS, 8),
        ([b""] * CHANNELS, 32),
    ]
    fixed = b"".join(value.ljust(room) for value, room in text)
    return fixed + b"".join(value.ljust(room) for values, room in fields for value in values)


def gain(width):
    return (3276.7 + 3276.8) / (2 ** (8 * width) - 1)


def edf(folder):
    path = folder / "noise.edf"
    counts = np.random.default_rng(1).integers(-20000, 20000, (SECONDS, CHANNELS, RATE_HZ), "<i2")
    path.write_bytes(header(2, SECONDS) + counts.tobytes())

    def bare(kind):
        """Reshaping and scaling, with the layout known beforehand."""
        raw = np.fromfile(path, "<i2", offset=256 * (CHANNELS + 1))
        planar = raw.reshape(SECONDS, CHANNELS, RATE_HZ).transpose(1, 0, 2)
        scaled = planar.astype(kind).reshape(CHANNELS, -1)
        scaled *= kind(gain(2))
        scaled += kind(-3276.8 + 32768 * gain(2))
        return scaled

    readers = {
        "NumPy, bare reshape and scale, f32": lambda: bare(np.float32),
        "NumPy, bare reshape and scale, f64": lambda: bare(np.float64),
    }
    return path, readers | edf_readers(path)


def bdf(folder):
    path = folder / "noise.bdf"
    counts = np.random.default_rng(1).integers(-500000, 500000, (SECONDS, CHANNELS, RATE_HZ), "<i4")
    data = counts.reshape(-1, 1).view("u1").reshape(-1, 4)[:, :3]
    path.write_bytes(header(3, SECONDS) + np.ascontiguousarray(data).tobytes())
    return path, edf_readers(path)


def edf_readers(path):
    """The packages that are there, each reading all samples in physical units."""
    readers = {}
    try:
        import edfio

        read = edfio.read_bdf if path.suffix == ".bdf" else edfio.read_edf
        readers["edfio, f64"] = lambda: [signal.data for signal in read(path).signals]
    except ImportError:
        pass
    try:
        import mne

        load = mne.io.read_raw_bdf if path.suffix == ".bdf" else mne.io.read_raw_edf
        readers["MNE, f64"] = lambda: load(path, preload=True, verbose="error").get_data()
    except ImportError:
        pass
    try:
        import pyedflib

        def whole():
            with pyedflib.EdfReader(str(path)) as file:
                return [file.readSignal(i) for i in range(file.signals_in_file)]

        readers["pyEDFlib, f64"] = whole
    except ImportError:
        pass
    return readers


def xdf(folder):
    """Every sample with a time stamp, 32 samples a chunk, a clock offset every 5 s."""
    channels, rate_hz, seconds, per_chunk = 32, 250, 1140, 32
    path = folder / "noise.xdf"
    rng = np.random.default_rng(1)
    n = rate_hz * seconds // per_chunk * per_chunk
    rows = np.zeros(n, [("flag", "u1"), ("time_s", "<f8"), ("values", "<f4", channels)])
    rows["flag"] = 8
    rows["time_s"] = 1000 + np.arange(n) / (1.002 * rate_hz) + rng.normal(0, 1e-3, n)
    rows["values"] = rng.normal(0, 20, (n, channels))
    offsets = rng.normal(-3, 1e-4, seconds // 5)

    def chunk(tag, content):
        return b"\4" + struct.pack("<IH", len(content) + 2, tag) + content

    def stream(id, name, kind, form, count, rate):
        xml = (
            f"<info><name>{name}</name><type>{kind}</type><channel_count>{count}</channel_count>"
            f"<nominal_srate>{rate}</nominal_srate><channel_format>{form}</channel_format></info>"
        )
        return chunk(2, struct.pack("<I", id) + xml.encode())

    with path.open("wb") as file:
        file.write(b"XDF:" + chunk(1, b"<info><version>1.0</version></info>"))
        file.write(stream(1, "amp", "EEG", "float32", channels, rate_hz))
        file.write(stream(2, "marks", "Markers", "string", 1, 0))
        told = 0
        for i in range(0, n, per_chunk):
            part = rows[i : i + per_chunk].tobytes()
            file.write(chunk(3, struct.pack("<IBI", 1, 4, per_chunk) + part))
            if i >= told * 5 * rate_hz and told < len(offsets):
                at = 1000.0 + 5 * told
                file.write(chunk(4, struct.pack("<Idd", 1, at, offsets[told])))
                file.write(chunk(4, struct.pack("<Idd", 2, at - 3, 0.0)))
                mark = struct.pack("<BBBdBB", 1, 1, 8, at - 3, 1, 2) + b"33"
                file.write(chunk(3, struct.pack("<I", 2) + mark))
                told += 1
    readers = {}
    try:
        import pyxdf

        readers["pyxdf, its defaults"] = lambda: pyxdf.load_xdf(path)
    except ImportError:
        pass
    return path, readers


FORMATS = {"edf": edf, "bdf": bdf, "xdf": xdf}


def median_s(work):
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        made = work()
        times.append(time.perf_counter() - start)
        del made
    return sorted(times)[RUNS // 2]


def ours(path):
    command = ["cargo", "run", "-q", "--release", "--example", "time_reading", "--", path, str(RUNS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main(names):
    with tempfile.TemporaryDirectory() as folder:
        for name in names or FORMATS:
            path, readers = FORMATS[name](Path(folder))
            found = ours(path)
            megabytes = found["bytes"] / 1e6
            print(f"{name}: {megabytes:.0f} MB, {found['samples'] / 1e6:.1f} million samples")
            rows = {"bytes only": found["bytes_only_s"], "evoked, f32": found["reading_s"]}
            rows |= {reader: median_s(read) for reader, read in readers.items()}
            for reader, seconds in rows.items():
                ratio = seconds / found["reading_s"]
                print(f"  {reader:36} {seconds * 1e3:8.1f} ms {megabytes / seconds:7.0f} MB/s {ratio:6.2f}")
            path.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
