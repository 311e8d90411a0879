//! What holds for any bytes as a saved model.

use evoked::online::Running;
use evoked::online::model::Model;
use evoked::signal::Epoch;

use super::memory::Meter;
use super::model::crc32c;

/// Memory for each byte of a model while it is read: a level of a code is two bytes of text, and 32 and
/// more in the memory of a parser.
const PER_BYTE: usize = 128;
/// Memory beside that, such as filters of a few sections.
const BESIDE: usize = 1 << 20;
/// Decoders of more values are not run.
const MOST_VALUES: usize = 1 << 14;

/// Reads a model in proportion to its bytes; what is read comes back as it was when it is written and
/// read again, and decides as it did. The lowest bit of the first byte makes length and checksum right
/// before, the next one the length of the description.
pub(crate) fn check(data: &[u8]) {
    let Some((choice, bytes)) = data.split_first() else { return };
    let mut bytes = bytes.to_vec();
    if choice & 2 != 0 {
        measure(&mut bytes);
    }
    if choice & 1 != 0 {
        seal(&mut bytes);
    }
    let meter = Meter::start();
    let model = Model::from_bytes(&bytes);
    let (peak, most) = (meter.peak(), PER_BYTE * bytes.len() + BESIDE);
    assert!(peak <= most, "{peak} bytes of memory for {}, at most {most}", bytes.len());
    match model {
        Ok(model) => check_model(&model),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn check_model(model: &Model) {
    let bytes = model.to_bytes().expect("a model that was read");
    let again = Model::from_bytes(&bytes).expect("a model that was written");
    assert_eq!(&again, model);
    assert_eq!(again.to_bytes().expect("the same model"), bytes);
    assert_eq!(
        model.rows_for(model.channels(), model.rate_hz(), Some(model.codebook())).map(drop),
        Ok(())
    );
    let rows = model.filters().expect("filters of a model").map_or(1, |filters| filters.len())
        * model.channels().len();
    let settings = &model.params().settings;
    if (rows * model.codebook().len()).saturating_mul(settings.harmonics) > MOST_VALUES {
        return;
    }
    let [first, second] = [model, &again].map(decisions);
    assert_eq!(first, second);
}

/// The bits of scores and what the stopping rule makes of them, after some noise.
fn decisions(model: &Model) -> Vec<String> {
    let Ok(mut decoder) = model.decoder() else { return Vec::new() };
    let rows = decoder.channels();
    let mut decisions = Vec::new();
    for (piece, len) in [30, 1, 70].into_iter().enumerate() {
        let noise = |at: usize| ((at * at * 31 + at * 7 + piece) % 113) as f64 - 56.0;
        let planar: Vec<f64> = (0..rows * len).map(noise).collect();
        decoder.push(Epoch::from_planar(&planar, rows).unwrap()).expect("noise");
        let mut scores = vec![0.0; decoder.targets()];
        let scored = decoder.score_into(&mut scores);
        let bits: Vec<u64> = scores.iter().map(|score| score.to_bits()).collect();
        let stop = model.stopping().stop(decoder.len(), &scores);
        decisions.push(format!("{scored:?} {bits:?} {stop:?}"));
    }
    decisions
}

/// Sets magic, version, length and checksum right.
pub(crate) fn seal(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().max(28), 0);
    let length = bytes.len();
    bytes[..12].copy_from_slice(b"\x89EVM\r\n\x1a\n\x01\0\0\0");
    bytes[16..24].copy_from_slice(&(length as u64).to_le_bytes());
    let checksum = crc32c(&[&bytes[..length - 4]]);
    bytes[length - 4..].copy_from_slice(&checksum.to_le_bytes());
}

/// Sets the length of the description to where its JSON ends.
fn measure(bytes: &mut [u8]) {
    let Some(text) = bytes.get(24..) else { return };
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<serde_json::Value>();
    if let Some(Ok(_)) = values.next() {
        let length = values.byte_offset() as u32;
        bytes[12..16].copy_from_slice(&length.to_le_bytes());
    }
}
