"""Writes text_expected.json: what Python's csv module reads from recordings in text files.

    EVOKED_DATA=FOLDER python make_text_expected.py

The folder is the one with `ssvep-muse` in it. Onsets are rows, counted from 0.
"""

import csv
import gzip
import json
import os
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
INDICES = [0, 1, 999, 20000, -1]


def describe(path):
    with gzip.open(path, "rt", newline="") as file:
        names, *rows = csv.reader(file)
    table = np.array(rows, dtype=float)
    markers = table[:, names.index("Marker0")]
    onsets = np.flatnonzero((markers != 0) & (np.diff(markers, prepend=0) != 0))
    keep = [i for i, name in enumerate(names) if name not in ("timestamps", "Marker0")]
    x = table[:, keep].T
    return {
        "file": path.name,
        "channels": [names[i] for i in keep],
        "samples": x.shape[1],
        "seconds": table[-1, 0] - table[0, 0],
        "sum": x.sum(axis=1).tolist(),
        "sum_of_sizes": np.abs(x).sum(axis=1).tolist(),
        "indices": INDICES,
        "values": x[:, INDICES].tolist(),
        "events": [[int(i), int(markers[i])] for i in onsets],
    }


if __name__ == "__main__":
    folder = Path(os.environ["EVOKED_DATA"]) / "ssvep-muse"
    content = [describe(path) for path in sorted(folder.glob("*.csv.gz"))]
    lines = ",\n".join(json.dumps(item) for item in content)
    (HERE / "text_expected.json").write_text(f"[\n{lines}\n]\n")
