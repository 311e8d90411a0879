//! Which methods are taken where nobody names one, and which do not suit what the targets show.

use evoked::decode::{Light, Method};
use evoked::stimulus::Codebook;

use crate::failure::Failure;

/// Start of the windows for frequencies: about when the response to the onset begins.
const RESPONSE_S: f64 = 0.14;

/// Start of the windows after the onset. Events of a code count from the onset.
pub(crate) fn start_s(asked: Option<f64>, codebook: &Codebook) -> Result<f64, Failure> {
    match asked {
        Some(start_s) if start_s.is_finite() && start_s >= 0.0 => Ok(start_s),
        Some(start_s) => Err(Failure::new(format!("--start {start_s}: give 0 or more seconds"))),
        None => Ok(if Light::of(codebook) == Light::Codes { 0.0 } else { RESPONSE_S }),
    }
}

/// The method that decodes one recording.
pub(crate) fn method(
    asked: Option<Method>,
    calibrate: usize,
    codebook: &Codebook,
) -> Result<Method, Failure> {
    let light = Light::of(codebook);
    let method = match (asked, light) {
        (Some(method), _) => method,
        (None, Light::Frequencies) => Method::Whitened,
        (None, Light::Codes) if calibrate == 0 => Method::ZeroTraining,
        (None, Light::Codes) => Method::Reconvolution,
        (None, Light::Other) => Method::Trca,
    };
    check(method, codebook)?;
    if method.needs_calibration_for(codebook) && calibrate == 0 {
        let free = light.methods().iter().filter(|method| !method.needs_calibration_for(codebook));
        let names: Vec<&str> = free.map(|method| method.name()).collect();
        let others = match names.as_slice() {
            [] => String::new(),
            names => format!("; methods without calibration: {}", names.join(", ")),
        };
        return Err(Failure::new(format!(
            "{method} has to be fitted: say to how many of the first trials with --calibrate N{others}"
        )));
    }
    Ok(method)
}

/// Refuses a method that is not made for what the targets show, and names those that are.
pub(crate) fn check(method: Method, codebook: &Codebook) -> Result<(), Failure> {
    let light = Light::of(codebook);
    if light.methods().contains(&method) || Method::TEMPLATES.contains(&method) {
        return Ok(());
    }
    let shown = match light {
        Light::Frequencies => "frequencies",
        Light::Codes => "codes",
        Light::Other => "several luminances or frequencies each, or light of several kinds",
    };
    let names: Vec<&str> = light.methods().iter().map(|method| method.name()).collect();
    let names = names.join(", ");
    Err(Failure::new(format!(
        "{method} is not made for these targets, which show {shown}; methods for them: {names}"
    )))
}
