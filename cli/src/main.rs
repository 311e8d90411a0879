//! The `evoked` program: decode, evaluate, inspect and convert recordings of visual evoked potentials.

#![forbid(unsafe_code)]

mod args;
mod band;
mod convert;
mod decode;
mod doctor;
mod evaluate;
mod failure;
mod fit;
mod info;
mod listen;
mod open;
mod output;
mod page;
mod recover;
mod report;
mod serve;
mod simulate;
mod stimulus;
mod suited;
mod survey;
mod targets;
mod throttled;
mod trials;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser;

/// How the program ends, where it does not fail.
enum Finish {
    Clean,
    /// Done, but something was lost on the way, or was lost already.
    WithLoss,
}

/// Exit code of [`Finish::WithLoss`]; 1 is a failure, 2 a wrong call.
const WITH_LOSS: u8 = 3;

fn main() -> ExitCode {
    let clean = |()| Finish::Clean;
    let done = match Args::parse().command {
        Command::Decode(args) => decode::run(&args).map(clean),
        Command::Evaluate(args) => evaluate::run(&args).map(clean),
        Command::Fit(args) => fit::run(&args).map(clean),
        Command::Info(args) => info::run(&args).map(clean),
        Command::Convert(args) => convert::run(&args).map(clean),
        Command::Doctor(args) => doctor::run(&args),
        Command::Recover(args) => recover::run(&args),
        Command::Simulate(args) => simulate::run(&args).map(clean),
        Command::Serve(args) => serve::run(&args).map(clean),
        Command::Listen(args) => listen::run(&args),
        Command::Stimulus { command } => stimulus::run(&command),
    };
    match done {
        Ok(Finish::Clean) => ExitCode::SUCCESS,
        Ok(Finish::WithLoss) => ExitCode::from(WITH_LOSS),
        // A reader such as `head` that has seen enough is no failure.
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
