"""Makes the inputs in tests/crashes that try hard, after docs/FRAME.md and the XDF specification.

    python3 tests/data/make_crashes.py

Inputs that a fuzzer found stand beside them under their hashes.
"""

import json
import struct
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "crashes"
SESSION, SAMPLES, EVENT, GAP, INDEX, END, LATER = 1, 2, 3, 6, 7, 8, 200
LAST = 2**64 - 1


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 * (crc & 1))
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def header(kind, stream, sequence, length, sample=0, count=0, tag=7, version=1):
    fields = (version, kind, stream, sequence, length, sample, count, tag)
    return b"\x89VEP" + struct.pack("<BBHIIQHH", *fields)


def frame(kind, stream, sequence, payload=b"", length=None, **rest):
    length = len(payload) if length is None else length
    head = header(kind, stream, sequence, length, **rest)
    checksums = [struct.pack("<I", crc32c(data)) for data in (head, head + payload)]
    return head + checksums[0] + payload + checksums[1]


def document(value):
    return json.dumps(value, separators=(",", ":")).encode()


def stream(first_sample=0, **quantization):
    channel = {"label": "Oz", "unit": "uV"}
    if quantization:
        channel["quantization"] = quantization
    return {"id": 1, "name": "E", "rate_hz": 250, "first_sample": first_sample, "channels": [channel]}


def session(streams, **header_fields):
    return frame(SESSION, 0, 0, document({"streams": streams}), **header_fields)


def f32(*values):
    return b"\x04\0\x01\0" + struct.pack(f"<{len(values)}f", *values)


def samples(sequence, first, *values, **rest):
    return frame(SAMPLES, 1, sequence, f32(*values), sample=first, count=len(values), **rest)


def events(sequence, times, label=b""):
    one = struct.pack("<QfIdH", sequence, 0, sequence, 0, len(label)) + label
    return frame(EVENT, 1, sequence, one * times, count=times)


def end(sequence, index_offset, *totals, **rest):
    totals = b"".join(struct.pack("<HIQ", *total) for total in totals)
    return frame(END, 0, sequence, struct.pack("<Q", index_offset) + totals, **rest)


def index(offsets):
    entries = (struct.pack("<QQHBBI", offset, 0, 1, EVENT, 0, 0) for offset in offsets)
    return frame(INDEX, 0, 1, b"".join(entries))


def write(folder, name, data):
    (FOLDER / folder).mkdir(parents=True, exist_ok=True)
    (FOLDER / folder / name).write_bytes(data)


def write_stream(name, mode, pieces, data):
    """Mode and pieces are those of tests/common/properties/stream.rs."""
    write("stream", name, bytes([mode, pieces]) + data)


START = session([stream()])


def streams():
    chase = [(1, 0x60000000, 5), (1, 0xC0000000, 6), (1, 0x10000000, 7)]
    write_stream("end_totals_that_chase_each_other", 0, 0, START + end(1, 0, *chase))
    write_stream("end_total_of_stream_0", 0, 1, START + end(2, 0, (0, 0x80000000, 0)))
    late = session([stream(50)]) + samples(0, 50, 1, 2)
    other = frame(SESSION, 0, 0, b"{}", tag=8) + samples(0, 60, 1, tag=8)
    write_stream("malformed_session_after_one_that_starts_late", 0, 9, late + other)
    gap = frame(GAP, 1, 0, struct.pack("<QI", LAST, 0), sample=5)
    write_stream(
        "gap_past_the_end_of_the_clock", 0, 3, START + gap + samples(1, LAST, 1) + samples(2, LAST, 1)
    )
    promise = frame(SAMPLES, 1, 0, length=16 << 20, count=1)
    write_stream("header_that_promises_more_than_there_is", 0, 2, START + promise + samples(0, 0, 1))
    heads = b"".join(frame(LATER, 1, n, length=1000)[:32] for n in range(40))
    write_stream("headers_in_a_row_that_promise_much", 4, 77, heads + START)
    write_stream(
        "frames_of_other_versions_in_a_row", 0, 0, frame(SESSION, 0, 0, version=2) * 3 + START
    )
    tiny = session([stream(bits=24, scale=1e-40)])
    counts = frame(SAMPLES, 1, 0, b"\x02\0\x01\0" + bytes(range(1, 25)), count=8)
    write_stream("scale_that_is_hardly_a_number", 0, 255, tiny + counts)
    jumps = [0, 0x80000000, 0x80000001, 0x7FFFFFFF, 0xFFFFFFFE, 0, 0xFFFFFFFF, 63, 0]
    empty = b"".join(frame(LATER, 1, n) for n in jumps)
    write_stream("sequence_that_jumps_by_half_its_range", 0, 5, START + empty)
    order = [100, 200, 136, 135, 136, 135, 137, 199, 200]
    empty = b"".join(frame(LATER, 1, n) for n in order)
    write_stream("late_and_twice_around_the_memory_of_64", 4, 30, empty)
    empty = b"".join(frame(LATER, n, 0) for n in [0, 1, 2, 3, 1, 3])
    write_stream("one_stream_too_many", 8, 6, empty + end(1, 0, (4, 9, 9), (1, 3, 0)))
    noise = b"\x89VEP\x89VE\x89" * 30 + b"\x89VEP" + bytes(70)
    write_stream("noise_between_sync_words", 3, 50, noise)


def sessions():
    channel = {"label": "", "unit": "", "quantization": {"bits": 255, "scale": -1e-45, "offset": 3.4028234e38}}
    extreme = {"id": 65535, "name": "\0\u2600", "rate_hz": 5e-324, "origin_s": -1.7976931348623157e308}
    extreme |= {"first_sample": LAST, "channels": [channel]}
    write("session", "extremes.json", document({"streams": [extreme], "metadata": {"": ""}}))
    write("session", "negative_zero.json", document({"streams": [stream() | {"origin_s": -0.0}]}))
    write("session", "deep.json", b'{"streams":[],"later":' + b"[" * 120 + b"]" * 120 + b"}")
    write("session", "deeper.json", b'{"streams":[],"later":' + b"[" * 2000)
    laser = {"targets": [{"label": "a", "modulation": {"kind": "laser"}}]}
    write("session", "codebook_of_later.json", document({"streams": [], "codebook": laser}))
    code = {"kind": "code", "bits": "1", "bit_rate_hz": 1e300}
    square = {"kind": "square", "frequency_hz": 1, "duty": 0.5}
    targets = [
        {"label": "a", "event": 7, "modulation": code},
        {"label": "b", "event": "07", "modulation": square},
    ]
    codebook = {"refresh_hz": 1e-300, "targets": targets}
    write("session", "events_of_all_kinds.json", document({"streams": [], "codebook": codebook}))


def file(frames, offsets, index_offset=None):
    """Frames, an index of these offsets, an end."""
    at = len(frames) if index_offset is None else index_offset
    return frames + index(offsets) + end(2, at, (1, 1, 0))


def files():
    one = START + events(0, 40, b"x" * 20)
    two = one + events(1, 40, b"x" * 20)
    first, second = len(START), len(one)
    write("file", "index_that_lists_an_event_often.vep", file(one, [first] * 500))
    write("file", "index_beyond_the_file.vep", file(one, [first], LAST))
    write("file", "index_of_entries_beyond_the_file.vep", file(one, [first, LAST]))
    write("file", "index_backwards.vep", file(two, [second, first]))
    write("file", "index_that_is_no_index.vep", file(one, [first], 32))
    inner = events(5, 30)
    outer = START + frame(LATER, 1, 0, inner * 20)
    places = [len(START) + 32 + len(inner) * n for n in range(20)]
    write("file", "events_inside_of_a_frame.vep", file(outer, places))
    write("file", "only_a_session.vep", START)
    second = session([stream()], tag=9) + samples(0, 0, 3, tag=9) + end(1, 0, (1, 1, 1), tag=9)
    write("file", "two_sessions.vep", START + samples(0, 0, 1, 2) + second)
    zeros = session([stream(bits=16, scale=1)]) + samples(0, 0, 0.0, -0.0, 1)
    write("file", "negative_zeros.vep", zeros + end(1, 0, (1, 1, 3)))


def xdf_chunk(tag, content):
    return struct.pack("<BIH", 4, len(content) + 2, tag) + content


def xdf():
    """Counts and kinds of chunks that damage made plausible."""
    xml = (
        b'<?xml version="1.0"?><info><name>amp</name><type>EEG</type><channel_count>1</channel_count>'
        b"<nominal_srate>10</nominal_srate><channel_format>int16</channel_format><desc></desc></info>"
    )
    one = struct.pack("<I", 1)
    rows = [struct.pack("<Bdh", 8, 5 + 0.1 * i, i) for i in range(4)]
    samples = xdf_chunk(3, one + b"\1\4" + b"".join(rows))
    start = b"XDF:" + xdf_chunk(2, one + xml) + samples
    none = xdf_chunk(3, one + b"\1\0" + b"\x5a" * 12 + b"".join(rows[2:]))
    write("xdf", "count_of_none.xdf", start + none + samples)
    write("xdf", "samples_inside_of_an_unknown_chunk.xdf", start + xdf_chunk(99, samples) + samples)


streams()
sessions()
files()
xdf()
