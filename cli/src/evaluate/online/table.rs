use std::io::{self, Write};

use evoked::evaluate::Watched;

use super::super::table::plural;
use super::result::{EACH_LOOK, Evaluation, Mean};

/// What is printed for people.
pub(crate) fn print(evaluation: &Evaluation, out: &mut impl Write) -> io::Result<()> {
    let Evaluation { start_s, step_s, latest_s, pause_s, split, .. } = evaluation;
    writeln!(
        out,
        "{}, sample by sample; filters run forward only, but for batch",
        plural(evaluation.people.len(), "subject")
    )?;
    writeln!(
        out,
        "windows from {start_s:.2} s after the onset, at most {latest_s:.2} s, a look every {step_s:.3} s; what is learned: {split}"
    )?;
    writeln!(out, "ITR at T = {start_s:.2} s + window + {pause_s:.2} s; means over subjects")?;
    let methods = evaluation.methods();
    let width = methods.iter().map(|name| name.len()).max().unwrap_or(0).max(6);
    writeln!(
        out,
        "\n{:<width$}  {:<15}  {:>6}  {:>10}  {:>8}  {:>8}",
        "method", "rule", "trials", "accuracy %", "window s", "bits/min"
    )?;
    for method in &methods {
        let mut line = |rule: &str, mean: Option<Mean>| {
            let Some(mean) = mean else { return Ok(()) };
            writeln!(
                out,
                "{method:<width$}  {rule:<15}  {:>6}  {:>10.1}  {:>8.2}  {:>8.1}",
                mean.total,
                100.0 * mean.accuracy,
                mean.window_s,
                mean.itr_bits_per_min
            )
        };
        for rule in evaluation.rules(method) {
            line(rule, evaluation.mean(method, rule, None))?;
        }
        line("best fixed*", evaluation.best_fixed(method))?;
    }
    writeln!(out, "* the window with the most bits/min, chosen with hindsight")?;
    if evaluation.people.len() > 1 {
        people(evaluation, &methods, out)?;
    }
    watched(evaluation, out)
}

fn people(evaluation: &Evaluation, methods: &[&str], out: &mut impl Write) -> io::Result<()> {
    let names = evaluation.people.iter().map(|person| person.name.chars().count());
    let width = names.max().unwrap_or(0).max(7);
    for method in methods {
        let rules = evaluation.rules(method);
        writeln!(out, "\n{method}: accuracy % / window s")?;
        write!(out, "{:<width$}", "subject")?;
        rules.iter().try_for_each(|rule| write!(out, "  {rule:>15}"))?;
        writeln!(out)?;
        for person in &evaluation.people {
            write!(out, "{:<width$}", person.name)?;
            for rule in &rules {
                let row = person.rows.iter().find(|row| row.method == *method && row.rule == *rule);
                let text = row.and_then(|row| Some((row.accuracy?, row.window_s)));
                let text = text.map_or("–".to_owned(), |(accuracy, window_s)| {
                    format!("{:.1}/{window_s:.2}", 100.0 * accuracy)
                });
                write!(out, "  {text:>15}")?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

/// What was found without cues.
fn watched(evaluation: &Evaluation, out: &mut impl Write) -> io::Result<()> {
    let Some(watch) = &evaluation.watch else { return Ok(()) };
    writeln!(
        out,
        "\nwithout cues: windows of {:.2} s that slide, dwell {:.2} s, pause {:.2} s, learned for {} false activations a minute",
        watch.window_s, watch.dwell_s, watch.refractory_s, watch.activations_per_min
    )?;
    writeln!(
        out,
        "{:<8}  {:>6}  {:>7}  {:>8}  {:>8}  {:>10}  {:>10}",
        "method", "hits %", "wrong %", "missed %", "hit at s", "false/min", "rest min"
    )?;
    for method in evaluation.methods() {
        let mut all = Watched::default();
        let own = evaluation.people.iter().flat_map(|person| &person.watched);
        own.filter(|(name, _)| name == method).for_each(|(_, found)| all.merge(found));
        let trials = all.hits + all.wrong + all.missed;
        if trials == 0 && all.rest_s == 0.0 {
            continue;
        }
        let percent = |count: usize| 100.0 * count as f64 / trials.max(1) as f64;
        let number = |value: Option<f64>| value.map_or("–".to_owned(), |v| format!("{v:.2}"));
        writeln!(
            out,
            "{method:<8}  {:>6.1}  {:>7.1}  {:>8.1}  {:>8}  {:>10}  {:>10.1}",
            percent(all.hits),
            percent(all.wrong),
            percent(all.missed),
            number(all.mean_hit_s()),
            number(all.activations_per_min()),
            all.rest_s / 60.0
        )?;
    }
    Ok(())
}

/// A line for each subject, method and rule.
pub(crate) fn csv(evaluation: &Evaluation, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "subject,method,rule,right,total,accuracy,window_s,itr_bits_per_min")?;
    for person in &evaluation.people {
        for row in &person.rows {
            let number = |value: Option<f64>| value.map_or(String::new(), |v| v.to_string());
            let rule = if row.rule == EACH_LOOK { "fixed" } else { &row.rule };
            writeln!(
                out,
                "{},{},{rule},{},{},{},{},{}",
                super::super::csv::quoted(&person.name),
                row.method,
                row.right,
                row.total,
                number(row.accuracy),
                row.window_s,
                number(row.itr_bits_per_min)
            )?;
        }
    }
    Ok(())
}
