//! Templates and components that follow a signal score as the decoders of whole epochs do.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

#[path = "common/running.rs"]
mod common;

use common::*;
use evoked::decode::Shape;
use evoked::decode::ssvep::TdcaParams;
use evoked::decode::{Banked, Calibration, Decoder, Method, Settings};
use evoked::online::{Components, Running, Templates};
use evoked::signal::Epoch;
use evoked::stimulus::Codebook;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// At the length of the calibration's epochs, after an earlier trial, in any chunks.
    #[test]
    fn templates_score_as_epochs(seed in any::<u64>(), channels in 1..6usize, bands in 1..4usize, samples in 30..200usize) {
        let weights = if bands == 1 { vec![] } else { (0..bands).map(|band| 1.0 / (band + 1) as f64).collect() };
        let (codebook, calibration, rows) = trials(channels * bands, samples, seed);
        let settings = Settings { weights, ..Settings::default() };
        let planar = rows.concat();
        let epoch = Epoch::from_planar(&planar, rows.len()).unwrap();
        for method in [Method::Trca, Method::ETrca, Method::MsETrca, Method::Sscor, Method::ESscor] {
            let expected = method.fit(&codebook, &calibration, &settings).unwrap().score(epoch).unwrap();
            let mut decoder = Templates::fit(method, &codebook, &calibration, &settings).unwrap();
            push(&mut decoder, &rows, 0, samples / 2, seed);
            decoder.restart();
            push(&mut decoder, &rows, 0, samples, seed + 1);
            assert_near(&scores(&mut decoder), &expected, method.name());
            // What comes after the window is left alone.
            push(&mut decoder, &rows, 0, samples, seed + 2);
            prop_assert_eq!(decoder.len(), samples as u64);
            assert_near(&scores(&mut decoder), &expected, method.name());
        }
    }

    #[test]
    fn components_score_as_epochs(seed in any::<u64>(), channels in 1..5usize, bands in 1..3usize, samples in 40..160usize, delays in 0..6usize) {
        let weights = if bands == 1 { vec![] } else { vec![1.0, 0.5] };
        let (codebook, calibration, rows) = trials(channels * bands, samples, seed);
        let params = TdcaParams { harmonics: 3, delays, ..TdcaParams::default() };
        let own = |band: usize| calibration.rows(band * channels..(band + 1) * channels).unwrap();
        let fit = |band: usize| params.fit(&codebook, &own(band)).unwrap();
        let planar = rows.concat();
        let epoch = Epoch::from_planar(&planar, rows.len()).unwrap();
        let expected = match weights.as_slice() {
            [] => fit(0).score(epoch).unwrap(),
            weights => Banked::new(weights, (0..bands).map(fit).collect()).unwrap().score(epoch).unwrap(),
        };
        let mut decoder = Components::fit(&params, &codebook, &calibration, &weights).unwrap();
        push(&mut decoder, &rows, 0, samples / 2, seed);
        decoder.restart();
        push(&mut decoder, &rows, 0, samples, seed + 1);
        assert_near(&scores(&mut decoder), &expected, "tdca");
        push(&mut decoder, &rows, 0, samples, seed + 2);
        assert_near(&scores(&mut decoder), &expected, "tdca");
    }

    /// Chunks do not count, whatever is lost between them: the same bits as sample by sample, of which
    /// the tests beside the decoders say what they are.
    #[test]
    fn chunks_do_not_count_for_templates_and_components(
        seed in any::<u64>(), channels in 1..5usize, samples in 60..160usize,
        pieces in prop::collection::vec((1..30usize, prop::bool::weighted(0.2)), 3..20),
    ) {
        let (codebook, calibration, rows) = trials(channels, samples, seed);
        let settings = Settings::default();
        let mut decoders: Vec<Box<dyn Running>> = Vec::new();
        for method in [Method::Trca, Method::ETrca, Method::MsETrca, Method::Sscor, Method::ESscor] {
            let decoder = Templates::fit(method, &codebook, &calibration, &settings).unwrap();
            decoders.push(Box::new(decoder));
        }
        decoders.push(Box::new(Components::by_settings(&codebook, &calibration, &settings).unwrap()));
        for decoder in &mut decoders {
            let mut run = |one_by_one: bool| {
                decoder.restart();
                let mut at = 0;
                for (len, lost) in &pieces {
                    let len = (*len).min(samples - at);
                    match (lost, one_by_one) {
                        (true, true) => (0..len).for_each(|_| decoder.skip(1)),
                        (true, false) => decoder.skip(len as u64),
                        (false, true) => push(decoder, &rows, at, len, seed),
                        (false, false) => {
                            let planar = part(&rows, at, len);
                            decoder.push(Epoch::from_planar(&planar, channels).unwrap()).unwrap();
                        }
                    }
                    at += len;
                }
                let mut scores = vec![f64::NAN; decoder.targets()];
                decoder.score_into(&mut scores).map(|()| scores)
            };
            prop_assert_eq!(run(true), run(false));
        }
    }

    #[test]
    fn codes_score_as_epochs(seed in any::<u64>(), channels in 1..5usize) {
        let code = |label: &str, bits: &str| format!(
            r#"{{"label":"{label}","modulation":{{"kind":"code","bits":"{bits}","bit_rate_hz":50}}}}"#
        );
        let targets = [code("a", "1101000110010"), code("b", "0010110100111"), code("c", "1001011001101")];
        let codebook = Codebook::from_json(&format!(r#"{{"targets":[{}]}}"#, targets.join(","))).unwrap();
        let samples = 195;
        let shape = Shape { channels, samples, rate_hz: RATE_HZ };
        let mut calibration = Calibration::new(shape, &codebook).unwrap();
        for k in 0..6 {
            let planar = signal(channels, samples, seed.wrapping_add(k)).concat();
            calibration.add(k as usize % 3, Epoch::from_planar(&planar, channels).unwrap()).unwrap();
        }
        let rows = signal(channels, samples, seed.wrapping_add(9));
        let planar = rows.concat();
        let epoch = Epoch::from_planar(&planar, channels).unwrap();
        for method in [Method::Rcca, Method::RccaRiseFall] {
            let settings = Settings::default();
            let expected = method.fit(&codebook, &calibration, &settings).unwrap().score(epoch).unwrap();
            let mut decoder = Templates::fit(method, &codebook, &calibration, &settings).unwrap();
            push(&mut decoder, &rows, 0, samples, seed);
            assert_near(&scores(&mut decoder), &expected, method.name());
        }
    }
}
