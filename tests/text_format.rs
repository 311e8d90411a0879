//! Tables and OpenBCI files as text, built by hand: every feature of the readers, and every odd
//! case.
#![cfg(feature = "formats")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests, too")]

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use evoked::formats::{FormatError, Opened, Options, read};
use evoked::signal::{Event, Segment, Unit};

fn opened(text: &str) -> Opened {
    read(Cursor::new(text.as_bytes()), Options::default()).unwrap()
}

fn refused(text: &str) -> String {
    read(Cursor::new(text.as_bytes()), Options::default()).unwrap_err().to_string()
}

fn told(opened: &Opened) -> String {
    opened.warnings.iter().map(|warning| format!("{warning}\n")).collect()
}

/// Opens without a word of warning.
fn clean(text: &str) -> Opened {
    let opened = opened(text);
    assert_eq!(told(&opened), "");
    opened
}

fn rows(opened: &Opened) -> Vec<Vec<f32>> {
    let stream = &opened.recording.streams()[0];
    (0..stream.channels().len()).map(|row| stream.samples().channel(row).to_vec()).collect()
}

fn labels(opened: &Opened) -> Vec<&str> {
    let channels = opened.recording.streams()[0].channels();
    channels.iter().map(|channel| channel.label.as_str()).collect()
}

fn rate_hz(opened: &Opened) -> f64 {
    opened.recording.streams()[0].rate_hz()
}

/// A table of times as `time` writes them, with one channel that counts.
fn timed(name: &str, len: usize, time: impl Fn(usize) -> String) -> String {
    let rows = (0..len).map(|i| format!("{},{i}\n", time(i)));
    format!("{name},Oz\n{}", rows.collect::<String>())
}

#[test]
fn a_plain_table() {
    let text = "time,Oz,\"O1 (mV)\",marker\n\
        0.000,1.5,-2,0\n0.004,2.5,1e-3,7\n0.008,3,0.5,7\n0.012,4,2,0\n0.016,5,3,8\n";
    let opened = clean(text);
    let stream = &opened.recording.streams()[0];
    assert_eq!((stream.rate_hz(), opened.format.to_string().as_str()), (250.0, "CSV"));
    assert_eq!(labels(&opened), ["Oz", "O1"]);
    let units: Vec<&Unit> = stream.channels().iter().map(|channel| &channel.unit).collect();
    assert_eq!(units, [&Unit::Other("unknown".to_owned()), &Unit::Microvolt]);
    assert_eq!(rows(&opened), [[1.5, 2.5, 3.0, 4.0, 5.0], [-2000.0, 1.0, 500.0, 2000.0, 3000.0]]);
    let events = [Event { duration: 2.0, ..Event::at(1, 7, "") }, Event::at(4, 8, "")];
    assert_eq!(opened.recording.events(), events);
    assert!(opened.recording.metadata().is_empty());
}

#[test]
fn separators_marks_and_ends_of_lines() {
    let expected = [[1.5, -0.25, 1e3], [2.0, 3.0, 4.0]];
    for (text, format) in [
        ("t,a,b\n0,1.5,2\n0.1,-.25,3\n0.2,1e3,4\n", "CSV"),
        ("\u{feff}t,a,b\r\n0,1.5,2\r\n0.1,-0.25,3\r\n0.2,1E3,4", "CSV"),
        ("t;a;b\n0,0;1,5;2\n0,1;-0,25;3\n0,2;1000;4\n", "CSV with ';'"),
        ("t\ta\tb\n0\t1,5\t2\n0.1\t-0,25\t3\n0.2\t1000\t4\n", "TSV"),
        ("# t a b\n0   1.5 2\n0.1 -0.25  3\n 0.2 1000 4 \n\n\n", "text table"),
        (
            "% made by hand\n\n\"t\",\"a\",\"b\"\n0,\"1.5\",2\n# later\n0.1,-0.25,3\n\n0.2,1000,4\n",
            "CSV",
        ),
        ("sep=;\nt;a;b\n0;1.5;2\n0.1;-0.25;3\n0.2;1000;4\n", "CSV with ';'"),
        ("t,a,b\n0,1.5,2,\n0.1,-0.25,3,\n0.2,1000,4,\n", "CSV"),
    ] {
        let opened = clean(text);
        assert_eq!(rows(&opened), expected, "{text}");
        assert_eq!((rate_hz(&opened), labels(&opened)), (10.0, vec!["a", "b"]), "{text}");
        assert_eq!(opened.format.to_string(), format, "{text}");
    }
}

#[test]
fn times_in_several_units() {
    let text = |name: &str, unit: f64, from: f64| {
        timed(name, 1000, |i| format!("{}", (from + i as f64 / 250.0) * unit))
    };
    for (name, unit) in [
        ("time", 1.0),
        ("time", 1e3),
        ("time (ms)", 1e3),
        ("t_us", 1e6),
        ("Timestamps", 1e6),
        ("ms", 1e3),
    ] {
        let opened = clean(&text(name, unit, 10.0));
        assert_eq!(rate_hz(&opened), 250.0, "{name} {unit}");
        assert_eq!(opened.recording.metadata().get("start_time"), None, "{name} {unit}");
    }
    // 1,700,000,000 s after 1970 it was 2023-11-14T22:13:20, by Python's datetime.
    for (name, unit) in [("timestamp", 1.0), ("Timestamp", 1e3), ("unix time", 1e6)] {
        let opened = clean(&text(name, unit, 1.7e9));
        assert_eq!(rate_hz(&opened), 250.0, "{name} {unit}");
        assert_eq!(opened.recording.metadata()["start_time"], "2023-11-14T22:13:20.000000");
    }
    let dated =
        timed("datetime", 1000, |i| format!("2024-02-29 23:59:{:06.3}", 50.0 + i as f64 / 128.0));
    let opened = clean(&dated);
    assert_eq!(rate_hz(&opened), 128.0);
    assert_eq!(opened.recording.metadata()["start_time"], "2024-02-29T23:59:50.000000");
    let of_day = timed("time", 1000, |i| format!("23:50:{:06.3}", 50.0 + i as f64 / 128.0));
    assert_eq!(rate_hz(&clean(&of_day)), 128.0);
}

#[test]
fn a_rate_comes_from_times_from_notes_or_from_the_caller() {
    let table = "Oz,O1\n1,2\n2,1\n3,5\n";
    let error = refused(table);
    assert!(
        error.contains("byte 6: found a table that does not tell its sampling rate"),
        "{error}"
    );
    assert!(error.contains("--rate 256"), "{error}");
    let given =
        |text: &str| read(Cursor::new(text.as_bytes()), Options::default().rate_hz(256.0)).unwrap();
    assert_eq!((rate_hz(&given(table)), told(&given(table)).as_str()), (256.0, ""));
    assert_eq!(rate_hz(&clean(&format!("# Sampling rate: 500 Hz\n{table}"))), 500.0);
    assert_eq!(
        rate_hz(&clean(&format!("Time:512Hz,{}", "Oz\n0,1\n0.001953125,2\n0.00390625,3\n"))),
        512.0
    );
    // What they say against each other.
    let slow = timed("time", 200, |i| format!("{}", i as f64 / 100.0));
    let opened = given(&slow);
    assert_eq!(told(&opened), "times: they keep 100.000 Hz; 256 Hz is used, as asked for\n");
    let opened = self::opened(&format!("# sampling rate: 256\n{slow}"));
    assert_eq!(rate_hz(&opened), 100.0);
    assert_eq!(
        told(&opened),
        "sampling rate: 256 Hz are stated; the times keep 100 Hz, which is used\n"
    );
    let still = timed("time", 200, |_| "5".to_owned());
    assert!(refused(&still).contains("--rate"));
    let opened = given(&still);
    assert_eq!(told(&opened), "time: the times do not rise; they tell no sampling rate\n");
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = read(Cursor::new(table), Options::default().rate_hz(rate)).unwrap_err();
        assert!(matches!(error, FormatError::Signal(_)), "{error}");
    }
}

#[test]
fn a_rate_that_no_device_has_is_kept_and_one_that_is_near_is_told() {
    let at = |rate: f64| timed("time", 20_000, |i| format!("{:.6}", i as f64 / rate));
    let opened = opened(&at(250.1));
    assert_eq!(rate_hz(&opened), 250.0);
    assert_eq!(told(&opened), "times: they keep 250.100 Hz; taken for 250 Hz\n");
    assert!((rate_hz(&clean(&at(250.48))) - 250.48).abs() < 1e-4);
}

#[test]
fn lost_samples_leave_gaps() {
    let lost = |i: usize| if i < 400 { i } else { i + 50 };
    let segments = [Segment { first: 0, len: 400 }, Segment { first: 450, len: 600 }];
    let message = "samples: 1 gaps, with 50 samples lost\n";
    let by_time = timed("time", 1000, |i| format!("{:.3}", lost(i) as f64 / 256.0));
    let by_counter = format!("# fs: 256\n{}", timed("sample", 1000, |i| lost(i).to_string()));
    let blank: String = (0..1000)
        .map(|i| if i == 400 { ";\n".repeat(50) + "400;0\n" } else { format!("{i};0\n") })
        .collect();
    let by_blank_rows = format!("# fs: 256\nOz;O1\n{blank}");
    for text in [by_time, by_counter, by_blank_rows] {
        let opened = opened(&text);
        let samples = opened.recording.streams()[0].samples();
        assert_eq!((samples.segments(), told(&opened).as_str()), (&segments[..], message));
        assert!(samples.channel(0).iter().enumerate().all(|(i, &value)| value == i as f32));
        assert_eq!(rate_hz(&opened), 256.0);
    }
    // A counter that wraps tells nothing.
    let wraps = format!("# fs: 256\n{}", timed("counter", 1000, |i| (lost(i) % 128).to_string()));
    assert_eq!(clean(&wraps).recording.streams()[0].samples().segments().len(), 1);
}

#[test]
fn events_move_with_the_gaps() {
    let mut text = "time,Oz,trigger\n".to_owned();
    for i in 0..1000 {
        let time = if i < 300 { i } else { i + 10 } as f64 / 250.0;
        writeln!(text, "{time:.3},{i},{}", u8::from(i == 299) + 2 * u8::from(i == 300)).unwrap();
    }
    let opened = opened(&text);
    let expected = [Event::at(299, 1, ""), Event::at(310, 2, "")];
    assert_eq!(opened.recording.events(), expected);
}

#[test]
fn markers_are_numbers_or_words() {
    let text = "# fs: 100\nOz,Stimulus\n1,\n2,left\n3,left\n4,right\n5,0\n6,NaN\n7,7.0\n8,7\n9,-1\n\
        9,1.5\n9,\"a, b\"\n9,left\n";
    let opened = clean(text);
    let event = |sample, code, label: &str| Event::at(sample, code, label);
    let expected = [
        Event { duration: 2.0, ..event(1, 0, "left") },
        event(3, 0, "right"),
        event(6, 7, ""),
        event(7, 7, ""),
        event(8, 0, "-1"),
        event(9, 0, "1.5"),
        event(10, 0, "a, b"),
        event(11, 0, "left"),
    ];
    assert_eq!(opened.recording.events(), expected);
    // Several columns tell by their names which is meant.
    let opened = clean("# fs: 100\nOz,marker,label\n1,5,\n2,0,go\n");
    let expected = [event(0, 5, "marker/5"), event(1, 0, "label/go")];
    assert_eq!(opened.recording.events(), expected);
    // Rows of markers alone are no samples.
    let opened = clean("# fs: 100\nOz,marker\n1,\n,stop\n2,\n3,\n,end\n");
    assert_eq!(opened.recording.events(), [event(1, 0, "stop"), event(3, 0, "end")]);
    assert_eq!(rows(&opened), [[1.0, 2.0, 3.0]]);
}

#[test]
fn openvibe_tables_are_read() {
    let text = "Time:256Hz,Epoch,O1,O2,Event Id,Event Date,Event Duration\n\
        0.0000000000,0,1.5,2.5,,,\n0.0039062500,0,3,4,32779:33025,0.0039:0.0039,0:0\n\
        0.0078125000,0,5,6,,,\n0.0117187500,0,7,8,33282,0.0117,0\n";
    let opened = opened(text);
    assert_eq!((rate_hz(&opened), labels(&opened)), (256.0, vec!["O1", "O2"]));
    let events: Vec<_> = opened.recording.events().iter().map(|e| (e.sample, e.code)).collect();
    assert_eq!(events, [(1, 32779), (1, 33025), (3, 33282)]);
}

#[test]
fn missing_cells_are_no_numbers() {
    let opened = opened("# fs: 100\na,b,c\n1,,3\n4,x,6\n7,8,NaN\n,,\n10,11,12\n13,14\n");
    let rows = rows(&opened);
    assert_eq!(rows[0], [1.0, 4.0, 7.0, 10.0, 13.0]);
    assert!(rows[1][0].is_nan() && rows[1][1].is_nan() && rows[1][2] == 8.0);
    assert!(rows[2][2].is_nan() && rows[2][4].is_nan());
    let found = "line 3: 4 cells of channels hold no number; NaN stands for them\n\
                 samples: 1 gaps, with 1 samples lost\n";
    assert_eq!(told(&opened), found);
    let samples = opened.recording.streams()[0].samples();
    assert!(samples.gaps().eq(std::iter::once(3..4)));
}

#[test]
fn rows_of_another_length_are_told() {
    let opened = opened("# fs: 100\na,b,c,d\n1,2,3,4\n5\n6,7,8,9,10\n1,2,3,4\n5,6,7,8\n9");
    assert_eq!(rows(&opened)[0], [1.0, 6.0, 1.0, 5.0]);
    let found = "line 4: 2 rows have less than half of the cells; left out\n\
                 line 5: 1 rows have more cells than there are columns; the last are left out\n";
    assert_eq!(told(&opened), found);
}

#[test]
fn what_is_no_channel_is_left_out_and_told() {
    let text = "time,Oz,who,empty,Timestamp (Formatted),\n\
        0,1,me,,12:00:00.0,\n0.1,2,me,,12:00:00.1,\n0.2,3,you,,12:00:00.2,\n";
    let opened = opened(text);
    assert_eq!(labels(&opened), ["Oz"]);
    let found = "columns: \"who\", \"Timestamp (Formatted)\", \"empty\" hold neither samples nor \
                 markers; left out\n";
    assert_eq!(told(&opened), found);
    let error = refused("time,marker\n0,1\n0.1,2\n0.2,0\n");
    assert!(error.contains("no column of samples"), "{error}");
}

#[test]
fn tables_without_names() {
    let opened = opened("0.00 1 2\n0.01 3 4\n0.02 5 1\n0.03 7 8\n");
    assert_eq!((rate_hz(&opened), labels(&opened)), (100.0, vec!["column 2", "column 3"]));
    let found = "columns: they have no names; the first rises steadily and is taken for the time in \
                 seconds\n";
    assert_eq!(told(&opened), found);
    let text = "5 4\n1 2\n3 4\n";
    let options = || Options::default().rate_hz(100.0);
    let opened = read(Cursor::new(text), options()).unwrap();
    assert_eq!((labels(&opened), told(&opened).as_str()), (vec!["column 1", "column 2"], ""));
    let opened = read(Cursor::new("0.5\n0.25\n-1\n"), options()).unwrap();
    assert_eq!(rows(&opened), [[0.5, 0.25, -1.0]]);
}

#[test]
fn chosen_channels_are_the_same_as_of_all() {
    let text = "# fs: 100\na,b,c,marker\n1,,3,0\n,5,,1\n7,8,9,0\n";
    let all = opened(text);
    let options = Options::default().channels(["B"]);
    let one = read(Cursor::new(text), options).unwrap();
    assert_eq!(labels(&one), ["b"]);
    assert_eq!(rows(&one)[0][1..], rows(&all)[1][1..]);
    assert!(rows(&one)[0][0].is_nan());
    assert_eq!(one.recording.events(), all.recording.events());
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn packed_files_are_unpacked() {
    let text = timed("time", 5000, |i| format!("{}", i as f64 / 250.0));
    let plain = clean(&text);
    let bytes = packed(text.as_bytes());
    let unpacked = read(Cursor::new(&bytes), Options::default()).unwrap();
    assert_eq!(unpacked, plain);
    let two = [packed(&text.as_bytes()[..30_000]), packed(&text.as_bytes()[30_000..])].concat();
    assert_eq!(read(Cursor::new(two), Options::default()).unwrap(), plain);
    // Cut short, and with a wrong checksum.
    let cut = read(Cursor::new(&bytes[..bytes.len() / 2]), Options::default()).unwrap();
    assert!(cut.warnings[0].to_string().starts_with("gzip: it is damaged or cut short"));
    let len = cut.recording.streams()[0].samples().len();
    assert!((1000..4000).contains(&len), "{len}");
    let mut wrong = bytes.clone();
    let at = wrong.len() - 8;
    wrong[at] ^= 1;
    let wrong = read(Cursor::new(wrong), Options::default()).unwrap();
    assert_eq!(rows(&wrong), rows(&plain));
    assert!(told(&wrong).contains("damaged"));
    // A file that grows out of all proportion.
    let bomb = packed(&vec![b'0'; 100 << 20]);
    let error = read(Cursor::new(bomb), Options::default()).unwrap_err().to_string();
    assert!(error.contains("at most 100 times as many"), "{error}");
    let nothing = read(Cursor::new(packed(b"hello")), Options::default()).unwrap_err();
    assert!(nothing.to_string().contains("text that starts with \"hello\""), "{nothing}");
}

#[test]
fn tables_of_many_blocks_are_read_through() {
    let text = timed("time", 200_000, |i| format!("{:.3}", i as f64 / 1000.0));
    assert!(text.len() > 2 << 20);
    let mut last = (0, 0);
    let mut calls = 0;
    let mut report = |done: u64, total: u64| {
        assert!(done >= last.0 && done <= total);
        (last, calls) = ((done, total), calls + 1);
    };
    let options = Options::default().progress(&mut report);
    let opened = read(Cursor::new(text.as_bytes()), options).unwrap();
    assert_eq!(rate_hz(&opened), 1000.0);
    let channel = opened.recording.streams()[0].samples().channel(0);
    assert_eq!(channel.len(), 200_000);
    assert!(channel.iter().enumerate().all(|(i, &value)| value == i as f32));
    assert_eq!(last, (text.len() as u64, text.len() as u64));
    assert!(calls >= 3);
}

/// A file of the GUI since version 5: an index, two electrodes, an input of each kind, times.
fn openbci(rows: impl Iterator<Item = (usize, usize)>, marker: impl Fn(usize) -> f64) -> String {
    let mut text = "%OpenBCI Raw EXG Data\n%Number of channels = 2\n%Sample Rate = 250 Hz\n\
        %Board = OpenBCI_GUI$BoardCytonSerial\n\
        Sample Index, EXG Channel 0, EXG Channel 1, Accel Channel 0, Accel Channel 1, Not Used, \
        Digital Channel 0 (D11), Other, Timestamp, Marker Channel, Timestamp (Formatted)\n"
        .to_owned();
    for (i, count) in rows {
        let seconds = i as f64 / 250.0;
        writeln!(
            text,
            "{count}.0, {i}.5, -{i}.25, 0.5, 0.0, 192.0, 0.0, 7.0, {:.6}, {}, 2023-11-14 \
             23:13:{:06.3}",
            1.7e9 + seconds,
            marker(i),
            20.0 + seconds
        )
        .unwrap();
    }
    text
}

#[test]
fn openbci_files_of_version_5() {
    let marker = |i| if (100..103).contains(&i) { 3.0 } else { f64::from(u8::from(i == 500)) };
    let opened = clean(&openbci((0..5000).map(|i| (i, i % 256)), marker));
    assert_eq!(opened.format.to_string(), "OpenBCI text");
    let [exg, aux] = opened.recording.streams() else { panic!("two streams") };
    assert_eq!(
        (exg.name(), aux.name(), exg.rate_hz(), aux.rate_hz()),
        ("EXG", "AUX", 250.0, 250.0)
    );
    assert_eq!(labels(&opened), ["EXG Channel 0", "EXG Channel 1"]);
    assert!(exg.channels().iter().all(|channel| channel.unit == Unit::Microvolt));
    let expected: Vec<f32> = (0..5000_u16).map(|i| -f32::from(i) - 0.25).collect();
    assert_eq!(exg.samples().channel(1), expected);
    let others: Vec<_> =
        aux.channels().iter().map(|c| (c.label.as_str(), c.unit.as_str())).collect();
    assert_eq!((others, aux.samples().channel(0)[9]), (vec![("Accel Channel 0", "g")], 0.5));
    assert_eq!(opened.recording.events(), [Event::at(100, 3, ""), Event::at(500, 1, "")]);
    let metadata = opened.recording.metadata();
    // The recorder's clock is an hour ahead of UTC.
    assert_eq!(metadata["start_time"], "2023-11-14T23:13:20.000000");
    assert_eq!(metadata["device"], "BoardCytonSerial");
}

#[test]
fn openbci_losses_are_told_by_the_index_and_the_times() {
    let is_there = |i: &usize| !(1000..1010).contains(i) && !(2000..2256).contains(i);
    let rows = (0..5000).filter(is_there).map(|i| (i, i % 256));
    let opened = opened(&openbci(rows, |i| f64::from(u8::from(i == 3000))));
    let found = "sample index: 2 gaps, with 266 samples lost; it starts anew after 256 samples and \
                 hides losses of whole turns: 256 of these samples are known by the times of arrival \
                 alone\n";
    assert_eq!(told(&opened), found);
    for stream in opened.recording.streams() {
        assert_eq!(stream.samples().gaps().collect::<Vec<_>>(), [1000..1010, 2000..2256]);
    }
    assert_eq!(opened.recording.events(), [Event::at(3000, 1, "")]);
}

#[test]
fn openbci_files_of_older_versions() {
    let head = "%OpenBCI Raw EEG Data\n%\n%Sample Rate = 250.0 Hz\n%First Column = SampleIndex\n\
        %Last Column = Timestamp\n%Other Columns = EEG data in microvolts\n";
    let row = |i: usize, end: &str| {
        format!(
            "{}, 1.5, 2, 3, 4, 5, 6, 7, {i}, 0.1, 0.2, 0.3, 23:59:{:06.3}{end}\n",
            i % 256,
            50.0 + i as f64 / 250.0
        )
    };
    let plain: String = (0..1000).map(|i| row(i, "")).collect();
    let dated: String =
        (0..1000).map(|i| row(i, &format!(", {}", 1_700_000_000_000 + i * 4))).collect();
    let commas = plain.replace('.', ",");
    for (text, start) in
        [(&plain, None), (&dated, Some("2023-11-14T22:13:20.000000")), (&commas, None)]
    {
        let opened = clean(&format!("{head}{text}"));
        let [exg, aux] = opened.recording.streams() else { panic!("two streams") };
        assert_eq!((exg.channels().len(), aux.channels().len()), (8, 3));
        assert_eq!((exg.samples().len(), exg.rate_hz()), (1000, 250.0));
        assert_eq!((exg.samples().channel(0)[5], exg.samples().channel(7)[999]), (1.5, 999.0));
        assert_eq!(aux.samples().channel(2)[0], 0.3);
        assert_eq!(opened.recording.metadata().get("start_time").map(String::as_str), start);
    }
}

#[test]
fn damaged_openbci_files_are_read() {
    let whole = openbci((0..2000).map(|i| (i, i % 256)), |_| 0.0);
    let damaged = whole
        .replace("\n5.0, 5.5, -5.25", "\n5.0, 5.5, x")
        .replace("\n9.0, 9.5, -9.25", "\n9.0, 9");
    let cut = &damaged[..damaged.len() - 80];
    let opened = opened(cut);
    let samples = opened.recording.streams()[0].samples();
    assert!(samples.channel(1)[5].is_nan());
    let told = told(&opened);
    assert!(told.contains("line 11: 1 samples are no numbers; NaN stands for them"), "{told}");
    let no_rate = whole.replace("%Sample Rate = 250 Hz\n", "");
    let opened = self::opened(&no_rate);
    assert_eq!(rate_hz(&opened), 250.0);
    assert_eq!(self::told(&opened), "sampling rate: it is not stated; the times keep 250 Hz\n");
    for (text, reason) in [
        ("%OpenBCI Raw EXG Data\n", "no rows"),
        ("%OpenBCI Raw EXG Data\nSample Index, Timestamp\n0, 1\n", "none of them of an electrode"),
        ("%OpenBCI Raw EXG Data\n%\n0, 1, 2, 3, 4, 5, 6, 7, 8\n", "no sampling rate"),
    ] {
        assert!(refused(text).contains(reason), "{}", refused(text));
    }
}

#[test]
fn chosen_openbci_channels_are_the_same_as_of_all() {
    let text = openbci((0..600).map(|i| (i, i % 256)), |_| 0.0);
    let all = clean(&text);
    let options = Options::default().channels(["exg channel 1", "Accel Channel 0"]);
    let two = read(Cursor::new(&text), options).unwrap();
    let (all, two) = (all.recording.streams(), two.recording.streams());
    assert_eq!(two[0].samples().channel(0), all[0].samples().channel(1));
    assert_eq!((two[0].channels().len(), &two[1]), (1, &all[1]));
}
