//! Chunks of samples: sound ones, and what can be saved of others.

use std::io;

use super::chunk::{Head, varlen};
use super::header::Shape;
use super::raw::Mark;
use super::state::State;
use super::walk::{Nothing, Stop, Walked, walk};

/// Bytes behind the place where damage shows that are tried for the start of a sound sample.
const MOST_DAMAGE_BYTES: u64 = 1 << 12;

/// A chunk of samples of a known stream.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    head: Head,
    place: usize,
    shape: Shape,
    /// Samples that it states.
    stated: u64,
    /// Where they start.
    from: u64,
}

/// Reads a chunk of samples of the stream at `place`; gives the place after it.
pub(super) fn read(state: &mut State<'_, '_, '_>, head: &Head, place: usize) -> io::Result<u64> {
    let shape = state.contents.streams.get(place).map(|raw| raw.header.shape());
    let stated = varlen(state.window.get(head.content, 9)?);
    let (Some(shape), Some((stated, used))) = (shape, stated) else {
        return state.damaged(head.at, Some(head));
    };
    let chunk = Chunk { head: *head, place, shape, stated, from: head.content + used as u64 };
    if state.spare < head.content_bytes() && !state.has_its_length(head)? {
        return state.damaged(head.at, Some(head));
    }
    let mark = state.contents.mark(place);
    let limit = head.end.min(state.len());
    let walked = state.collect(place, shape, chunk.from, limit, stated)?;
    if walked.stop == Stop::Full && walked.end == head.end {
        return Ok(head.end);
    }
    state.spend(head.content_bytes());
    if state.has_its_length(head)? {
        content_is_odd(state, &chunk, mark, walked)
    } else {
        state.contents.undo(place, mark);
        length_is_odd(state, &chunk, mark)
    }
}

/// The length of the chunk is right, but not its content, which was taken as far as it makes sense.
fn content_is_odd(
    state: &mut State<'_, '_, '_>,
    chunk: &Chunk,
    mark: Mark,
    walked: Walked,
) -> io::Result<u64> {
    let &Chunk { head, place, shape, stated, .. } = chunk;
    let name = state.name(&head);
    let message = match walked.stop {
        Stop::Edge => format!("the {name} states {stated} samples and holds {}", walked.count),
        Stop::Full => {
            let after = state.contents.mark(place);
            let more = state.collect(place, shape, walked.end, head.end, u64::MAX)?;
            if more.stop == Stop::Edge {
                let count = walked.count + more.count;
                format!("the {name} states {stated} samples and holds {count}")
            } else {
                state.contents.undo(place, after);
                let found = behind_the_last(state, chunk, more)?;
                let extra = head.end - walked.end;
                let found = match found {
                    0 => "ignored".to_owned(),
                    found => format!("{found} more are in them"),
                };
                format!("the {name} has {extra} bytes after its {stated} samples; {found}")
            }
        }
        Stop::Inside | Stop::Bad => {
            state.contents.undo(place, mark);
            let lost = around_damage(state, chunk, walked)?;
            let lost = lost.map_or("some".to_owned(), |lost| lost.to_string());
            let bad = walked.end;
            format!("the {name} is damaged at byte {bad}: {lost} of its {stated} samples are lost")
        }
    };
    state.log.tell(format!("byte {}", head.at), message);
    Ok(head.end)
}

/// Takes what lies before and behind a damaged place of a chunk; gives the samples lost, where that
/// is known.
fn around_damage(
    state: &mut State<'_, '_, '_>,
    chunk: &Chunk,
    walked: Walked,
) -> io::Result<Option<u64>> {
    let &Chunk { head, place, shape, stated, from } = chunk;
    // The damage may have started in the values of the sample before the one where it shows.
    let kept = state.collect(place, shape, from, head.end, walked.count.saturating_sub(1))?.count;
    let smallest = match shape {
        Shape::Numbers { row_bytes } => row_bytes.saturating_add(1),
        Shape::Texts { channels } => channels.saturating_mul(2).saturating_add(1),
    };
    let fits = stated.checked_mul(smallest).is_some_and(|bytes| bytes <= head.end - from);
    let most = stated.saturating_sub(walked.count);
    let tail = if fits { tail(state, chunk, walked, most)? } else { None };
    let lost = fits.then(|| stated - kept - tail.map_or(0, |tail| tail.count));
    if kept == 0 && tail.is_none() {
        // Then it may be the number of the stream that is damaged.
        state.contents.holes();
    }
    if let Some(raw) = state.contents.streams.get_mut(place) {
        raw.hole(lost);
    }
    if let Some(Tail { from, count }) = tail {
        state.collect(place, shape, from, head.end, count)?;
    }
    Ok(lost)
}

/// Takes what can be found where a chunk goes on behind the samples that it states: the number of
/// them may be damaged together with the first bytes of what follows.
fn behind_the_last(
    state: &mut State<'_, '_, '_>,
    chunk: &Chunk,
    walked: Walked,
) -> io::Result<u64> {
    let tail = tail(state, chunk, walked, u64::MAX)?;
    if let Some(raw) = state.contents.streams.get_mut(chunk.place) {
        raw.hole(None);
    }
    let Some(Tail { from, count }) = tail else { return Ok(0) };
    Ok(state.collect(chunk.place, chunk.shape, from, chunk.head.end, count)?.count)
}

/// Samples behind a damaged place.
#[derive(Debug, Clone, Copy)]
struct Tail {
    from: u64,
    count: u64,
}

/// The place right behind the damage from where on fewer than `most` samples lead to the very end of
/// the chunk.
fn tail(
    state: &mut State<'_, '_, '_>,
    chunk: &Chunk,
    walked: Walked,
    most: u64,
) -> io::Result<Option<Tail>> {
    let Shape::Numbers { row_bytes } = chunk.shape else { return Ok(None) };
    let (bad, end) = (walked.end, chunk.head.end);
    let reach = row_bytes.saturating_mul(2).saturating_add(MOST_DAMAGE_BYTES);
    let furthest = bad.saturating_add(reach).min(end);
    for from in bad + 1..furthest {
        if !state.spend(1) {
            break;
        }
        let walked = walk(&mut state.window, chunk.shape, from, end, u64::MAX, &mut Nothing)?;
        state.spend(walked.end - from);
        if walked.stop == Stop::Edge && walked.count < most {
            return Ok(Some(Tail { from, count: walked.count }));
        }
    }
    Ok(None)
}

/// The length of the chunk leads nowhere: it is wrong, or what follows is damaged, or the file was
/// cut.
fn length_is_odd(state: &mut State<'_, '_, '_>, chunk: &Chunk, mark: Mark) -> io::Result<u64> {
    let &Chunk { head, place, shape, stated, from } = chunk;
    let len = state.len();
    let walked = state.collect(place, shape, from, len, stated)?;
    if walked.stop == Stop::Full && state.goes_on(walked.end)? {
        let name = state.name(&head);
        let message = format!("the length of the {name} is wrong; its samples are whole");
        state.log.tell(format!("byte {}", head.at), message);
        return Ok(walked.end);
    }
    state.contents.undo(place, mark);
    if head.end <= len || state.next_chunk(head.at + 1)? < len {
        return state.damaged(head.at, Some(&head));
    }
    let kept = match walked.stop {
        Stop::Bad => 0,
        _ => state.collect(place, shape, from, len, stated)?.count,
    };
    let name = state.name(&head);
    let message =
        format!("the file ends inside the {name}: {kept} of its {stated} samples are kept");
    state.log.tell(format!("byte {}", head.at), message);
    Ok(len)
}
