//! How long reading a recording takes, next to reading its bytes only: medians of several runs.
//!
//!     cargo run --release --example time_reading -- FILE [RUNS]
//!
//! `benches/readers.py` runs it beside other readers.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use evoked::formats::open;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("give a recording")?;
    let runs: usize = args.next().map_or(Ok(9), |runs| runs.parse())?;

    let bytes = std::fs::metadata(&path)?.len();
    let opened = open(&path)?;
    let samples: usize =
        opened.recording.streams().iter().map(|s| s.samples().len() * s.channels().len()).sum();
    drop(opened);
    let reading_s = median_s(runs, || open(&path))?;
    let bytes_only_s = median_s(runs, || std::fs::read(&path))?;
    println!(
        "{{\"bytes\": {bytes}, \"samples\": {samples}, \"reading_s\": {reading_s:.6}, \
         \"bytes_only_s\": {bytes_only_s:.6}}}"
    );
    Ok(())
}

/// What `work` takes in the middle of so many runs. Dropping what it gives is not counted.
fn median_s<T, E: Error + 'static>(
    runs: usize,
    work: impl Fn() -> Result<T, E>,
) -> Result<f64, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..runs.max(1) {
        let start = Instant::now();
        let made = black_box(work()?);
        times.push(start.elapsed().as_secs_f64());
        drop(made);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}
