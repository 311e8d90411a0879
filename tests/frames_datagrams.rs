//! Datagrams that are lost, come twice or overtake each other, against the same frames in order.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are tests, too"
)]

#[path = "common/frames.rs"]
mod frames;

use std::collections::BTreeMap;

use evoked::frame::{Datagrams, Item, Kind, Limits, Notice, Reader};
use frames::{Raw, Stream, eeg_with_events, f32_payload, tiny_frames, two_streams};
use proptest::prelude::*;

/// How far a frame may come too late in the property below, in frames.
const JITTER: usize = 6;
/// Enough for twice that, with every frame sent twice.
const WINDOW: usize = 4 * JITTER + 4;

/// What is told of each stream, in order. Offsets differ with the order of arrival and are left out.
type Told = BTreeMap<u16, Vec<String>>;

fn tell(told: &mut Told, item: &Item<'_>) {
    let (stream, words) = match item {
        Item::Frame(frame) => {
            (frame.header.stream, format!("{:?} {:?}", frame.header, frame.payload()))
        }
        Item::Notice(Notice::FramesLost { stream, first, frames }) => {
            (*stream, format!("frames {first} {frames}"))
        }
        Item::Notice(Notice::SamplesLost { stream, samples }) => {
            (*stream, format!("samples {samples:?}"))
        }
        Item::Notice(other) => (u16::MAX, format!("{other:?}")),
    };
    told.entry(stream).or_default().push(words);
}

fn drain(datagrams: &mut Datagrams, told: &mut Told) {
    while let Some(item) = datagrams.next() {
        tell(told, &item);
    }
}

/// What comes out of these datagrams, with a window of so many frames.
fn decoded<'a>(window: usize, datagrams: impl IntoIterator<Item = &'a [u8]>) -> Told {
    let mut decoder = Datagrams::from_start(Limits::default(), window);
    let mut told = Told::new();
    for datagram in datagrams {
        decoder.push(datagram);
        drain(&mut decoder, &mut told);
    }
    decoder.flush();
    drain(&mut decoder, &mut told);
    told
}

fn frame(stream: &Stream, place: usize) -> &[u8] {
    &stream.bytes[stream.frames[place].bytes.clone()]
}

fn in_order(bytes: &[u8]) -> Told {
    let mut told = Told::new();
    Reader::new(bytes, Limits::default()).for_each(|item| tell(&mut told, &item));
    told
}

proptest! {
    #[test]
    fn within_the_window_the_order_of_arrival_does_not_matter(
        which in 0..3_usize,
        fates in prop::collection::vec((0..=JITTER, 0..10_u8, 0..=JITTER), 64),
    ) {
        let stream = [eeg_with_events, two_streams, tiny_frames][which]();
        let mut arrivals = Vec::new();
        let mut survivors = Vec::new();
        for place in 0..stream.frames.len() {
            let (delay, fate, second) = fates[place % fates.len()];
            // One frame in ten is lost, two in ten come twice.
            if fate == 0 {
                continue;
            }
            survivors.push(frame(&stream, place));
            arrivals.push((place + delay, place));
            if fate < 3 {
                arrivals.push((place + second, place));
            }
        }
        arrivals.sort();
        let repeated = arrivals.len() - survivors.len();

        let mut told = decoded(WINDOW, arrivals.iter().map(|&(_, place)| frame(&stream, place)));
        let others = told.remove(&u16::MAX).unwrap_or_default();
        prop_assert_eq!(others.len(), repeated);
        prop_assert!(others.iter().all(|notice| notice.starts_with("Duplicate")), "{:?}", others);
        prop_assert_eq!(told, in_order(&survivors.concat()));
    }

    #[test]
    fn no_bytes_make_it_stumble(
        which in 0..3_usize,
        window in 0..5_usize,
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..80_usize), 0..30),
        noise in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let stream = [eeg_with_events, two_streams, tiny_frames][which]();
        let piece = |&(at, len): &(prop::sample::Index, usize)| {
            let start = at.index(stream.bytes.len());
            &stream.bytes[start..(start + len * 8).min(stream.bytes.len())]
        };
        let datagrams: Vec<_> = cuts.iter().map(piece).chain([&noise[..]]).collect();
        let told = decoded(window, datagrams.iter().copied());
        // No frame twice, and each as it was written.
        for words in told.values().flatten().filter(|words| words.starts_with("Header")) {
            prop_assert!(in_order(&stream.bytes).values().flatten().any(|known| known == words));
            prop_assert_eq!(told.values().flatten().filter(|other| *other == words).count(), 1);
        }
    }
}

fn samples(sequence: u32) -> Vec<u8> {
    Raw::samples(sequence, u64::from(sequence), 1, &f32_payload(&[sequence as f32])).bytes()
}

fn session() -> Vec<u8> {
    let payload = br#"{"streams":[{"id":1,"name":"x","rate_hz":1.0,"channels":[{"label":"O","unit":"uV"}]}]}"#;
    Raw::new(Kind::Session, 0, 0, payload).bytes()
}

fn sequences(told: &Told) -> Vec<&str> {
    let of_stream = told.get(&1).map_or(&[][..], Vec::as_slice);
    let number = |words: &'_ String| words.find("sequence: ").map(|at| at + 10);
    let cut = |words| {
        number(words).map_or(&words[..], |at| &words[at..words[at..].find(',').unwrap() + at])
    };
    of_stream.iter().map(cut).collect()
}

#[test]
fn what_comes_after_its_time_is_lost_and_late() {
    let arrivals =
        [session(), samples(0), samples(2), samples(3), samples(4), samples(1), samples(5)];
    let told = decoded(2, arrivals.iter().map(Vec::as_slice));
    assert_eq!(sequences(&told), ["0", "frames 1 1", "samples 1..2", "2", "3", "4", "5"]);
    assert!(matches!(&told[&u16::MAX][..], [late] if late.starts_with("Late")), "{told:?}");
    let told = decoded(3, arrivals.iter().map(Vec::as_slice));
    assert_eq!(sequences(&told), ["0", "1", "2", "3", "4", "5"]);
    assert!(!told.contains_key(&u16::MAX));
}

#[test]
fn without_a_window_it_is_the_plain_decoder() {
    let arrivals = [session(), samples(1), samples(0), samples(2)];
    let told = decoded(0, arrivals.iter().map(Vec::as_slice));
    assert_eq!(told, in_order(&arrivals.concat()));
}

#[test]
fn a_session_frame_may_be_overtaken() {
    let arrivals = [samples(1), samples(0), session(), samples(2)];
    let told = decoded(8, arrivals.iter().map(Vec::as_slice));
    assert_eq!(told, in_order(&[session(), samples(0), samples(1), samples(2)].concat()));
}

#[test]
fn a_new_session_ends_what_is_held_of_the_old_one() {
    let next_session =
        Raw { tag: 8, ..Raw::new(Kind::Session, 0, 0, br#"{"streams":[]}"#) }.bytes();
    let payload = f32_payload(&[1.0]);
    let of_next = Raw { tag: 8, ..Raw::samples(0, 0, 1, &payload) }.bytes();
    let arrivals = [session(), samples(0), samples(2), of_next.clone(), next_session.clone()];
    let told = decoded(8, arrivals.iter().map(Vec::as_slice));
    let ordered = [session(), samples(0), samples(2), next_session, of_next].concat();
    assert_eq!(told, in_order(&ordered));
}

#[test]
fn a_frame_cut_by_the_end_of_its_datagram_does_not_go_on_in_the_next() {
    let whole = samples(0);
    let (start, rest) = whole.split_at(40);
    let told = decoded(4, [&session()[..], start, rest]);
    assert!(!told.contains_key(&1), "{told:?}");
    let len = session().len() as u64;
    let damaged = [len..len + 40, len + 40..len + whole.len() as u64];
    let expected = damaged.map(|bytes| format!("{:?}", Notice::Damaged { bytes }));
    assert_eq!(told[&u16::MAX], expected);
}

#[test]
fn after_a_flush_it_goes_on() {
    let mut decoder = Datagrams::from_start(Limits::default(), 8);
    let mut told = Told::new();
    for arriving in [session(), samples(1)] {
        decoder.push(&arriving);
        drain(&mut decoder, &mut told);
    }
    assert!(sequences(&told).is_empty());
    decoder.flush();
    drain(&mut decoder, &mut told);
    for arriving in [samples(3), samples(2)] {
        decoder.push(&arriving);
        drain(&mut decoder, &mut told);
    }
    let expected = ["frames 0 1", "samples 0..1", "1", "2", "3"];
    assert_eq!(sequences(&told), expected);
}
