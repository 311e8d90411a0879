//! What holds for any bytes as the payload of a session frame.

use evoked::frame::{Content, Encoder, FrameError, Item, Limits, Reader, Session};

use super::model::crc32c;

/// What parses is accepted by the encoder, and comes back from it as it was.
pub(crate) fn check(payload: &[u8]) {
    let limits = Limits::default();
    let Ok(mut session) = parse(&frame(payload), limits) else { return };
    // A codebook that is not understood is not written.
    assert!(session.codebook.is_none() || session.codebook_problem.is_none());
    session.codebook_problem = None;
    assert_eq!(session.check(&limits), Ok(()));
    let mut encoder = Encoder::new(session.clone(), limits).expect("what a reader takes");
    let mut bytes = Vec::new();
    encoder.session(&mut bytes).expect("a session that came in a payload");
    assert_eq!(parse(&bytes, limits), Ok(session));

    let mut end = Vec::new();
    encoder.end(&mut end).expect("an end frame");
    assert!(end.len() <= 4096, "an end frame of {} bytes", end.len());
}

/// A session frame as the specification lays it out.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x89VEP\x01\x01\0\0\0\0\0\0".to_vec();
    bytes.extend((payload.len() as u32).to_le_bytes());
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xEF, 0xBE]);
    bytes.extend(crc32c(&[&bytes]).to_le_bytes());
    bytes.extend(payload);
    let whole = crc32c(&[&bytes[..28], payload]);
    bytes.extend(whole.to_le_bytes());
    bytes
}

fn parse(bytes: &[u8], limits: Limits) -> Result<Session, FrameError> {
    let Some(Item::Frame(frame)) = Reader::new(bytes, limits).next() else {
        panic!("no frame at the front of {} bytes", bytes.len());
    };
    match frame.content()? {
        Content::Session(session) => {
            assert_eq!(session.tag, 0xBEEF);
            Ok(*session)
        }
        other => panic!("{other:?}"),
    }
}
