//! Frames that come twice, late or not at all, as datagrams do: never a wrong or repeated sample.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are tests, too"
)]

#[path = "common/frames.rs"]
mod frames;

use evoked::frame::{Decoder, Header, Item, Kind, Limits, Notice, Reader};
use frames::{Raw, f32_payload, two_streams};
use proptest::prelude::*;
use proptest::sample::Index;

#[derive(Debug, Clone)]
enum Disorder {
    Drop(Index),
    Repeat(Index),
    Swap(Index, Index),
}

fn disorder() -> impl Strategy<Value = Disorder> {
    let index = any::<Index>;
    prop_oneof![
        index().prop_map(Disorder::Drop),
        index().prop_map(Disorder::Repeat),
        (index(), index()).prop_map(|(a, b)| Disorder::Swap(a, b)),
    ]
}

proptest! {
    #[test]
    fn no_order_of_frames_gives_a_wrong_or_repeated_sample(
        disorders in prop::collection::vec(disorder(), 0..8),
    ) {
        let written = two_streams();
        let mut order: Vec<usize> = (0..written.frames.len()).collect();
        for disorder in disorders {
            match disorder {
                Disorder::Drop(index) => drop(order.remove(index.index(order.len()))),
                Disorder::Repeat(index) => order.push(order[index.index(order.len())]),
                Disorder::Swap(a, b) => {
                    let (a, b) = (a.index(order.len()), b.index(order.len()));
                    order.swap(a, b);
                }
            }
        }
        let frame = |&place: &usize| &written.bytes[written.frames[place].bytes.clone()];
        let bytes = order.iter().map(frame).collect::<Vec<_>>().concat();

        // What should happen, told from the written frames: one counts by stream.
        let mut next = std::collections::BTreeMap::from([(0, 0), (1, 0), (300, 0)]);
        let mut seen = vec![false; written.frames.len()];
        let mut items = Reader::new(&bytes, Limits::default())
            .filter(|item| !matches!(item, Item::Notice(Notice::SamplesLost { .. })));
        for place in order {
            let frame = &written.frames[place];
            let expected = next[&frame.stream];
            if frame.sequence > expected {
                let frames = frame.sequence - expected;
                let lost = Notice::FramesLost { stream: frame.stream, first: expected, frames };
                prop_assert_eq!(items.next(), Some(Item::Notice(lost)));
            }
            // The end frame tells what each stream held, so what has not come counts as lost.
            let is_end = place + 1 == written.frames.len() && frame.sequence >= expected;
            for stream in [1, 300].into_iter().filter(|_| is_end) {
                let (first, total) = (next[&stream], 6);
                if first < total {
                    let lost = Notice::FramesLost { stream, first, frames: total - first };
                    prop_assert_eq!(items.next(), Some(Item::Notice(lost)));
                    next.insert(stream, total);
                }
            }
            let item = items.next().unwrap();
            if frame.sequence >= expected {
                let payload = &written.bytes[frame.bytes.start + 32..frame.bytes.end - 4];
                prop_assert!(matches!(item, Item::Frame(f) if f.payload() == payload));
                next.insert(frame.stream, frame.sequence + 1);
            } else if seen[place] {
                prop_assert!(matches!(item, Item::Notice(Notice::Duplicate(_))));
            } else {
                prop_assert!(matches!(item, Item::Notice(Notice::Late(_))));
            }
            seen[place] = true;
        }
        prop_assert_eq!(items.next(), None);
    }
}

/// Notices and delivered frames in short: `+5` is frame 5.
fn summary(bytes: &[u8]) -> Vec<String> {
    let mut decoder = Decoder::new(Limits::default());
    decoder.push(bytes);
    decoder.finish();
    let mut out = Vec::new();
    let number = |header: &Header| header.sequence.cast_signed();
    while let Some(item) = decoder.next() {
        out.push(match item {
            Item::Frame(frame) => format!("+{}", number(&frame.header)),
            Item::Notice(Notice::Duplicate(header)) => format!("again {}", number(&header)),
            Item::Notice(Notice::Late(header)) => format!("late {}", number(&header)),
            Item::Notice(Notice::FramesLost { first, frames, .. }) => {
                format!("lost {}×{frames}", first.cast_signed())
            }
            Item::Notice(other) => format!("{other:?}"),
        });
    }
    out
}

fn numbered(sequence: i32) -> Vec<u8> {
    Raw::new(Kind::Unknown(200), 1, sequence.cast_unsigned(), b"x").bytes()
}

#[test]
fn sequence_numbers_wrap_around() {
    let bytes = |order: &[i32]| order.iter().flat_map(|&n| numbered(n)).collect::<Vec<_>>();
    assert_eq!(summary(&bytes(&[-2, -1, 0, 1])), ["+-2", "+-1", "+0", "+1"]);
    let around = bytes(&[-3, 2, -1, -1, 0, 3]);
    assert_eq!(summary(&around), ["+-3", "lost -2×4", "+2", "late -1", "again -1", "late 0", "+3"]);
    assert_eq!(summary(&bytes(&[i32::MAX, i32::MIN])), ["+2147483647", "+-2147483648"]);
    let far = bytes(&[0, i32::MAX]);
    assert_eq!(summary(&far), ["+0", "lost 1×2147483646", "+2147483647"]);
}

#[test]
fn a_frame_too_far_back_to_know_is_left_out_as_seen() {
    let mut bytes: Vec<u8> = (0..70).filter(|&n| n != 1).flat_map(numbered).collect();
    bytes.extend(numbered(1));
    assert_eq!(summary(&bytes).last().unwrap(), "again 1");
}

#[test]
fn samples_that_overlap_are_left_out_and_those_skipped_are_told() {
    let payload = f32_payload(&[1.0, 2.0]);
    let frame = |sequence, sample| Raw::samples(sequence, sample, 2, &payload).bytes();
    let bytes = [frame(0, 10), frame(1, 11), frame(2, 14), frame(3, 16)].concat();
    let items: Vec<_> = Reader::new(&bytes, Limits::default()).collect();
    assert_eq!(items.len(), 5);
    assert!(matches!(items[1], Item::Notice(Notice::Overlap { expected: 12, .. })));
    assert_eq!(items[2], Item::Notice(Notice::SamplesLost { stream: 1, samples: 12..14 }));
}
