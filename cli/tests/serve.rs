//! `evoked serve` and `evoked listen` over loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod loopback;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Child;
use std::thread;
use std::time::Duration;

use evoked::frame::{Content, Item, Kind, Limits, Reader};
use evoked::signal::Recording;
use loopback::*;

fn missing(recording: &Recording) -> u64 {
    recording.streams()[0].samples().gaps().map(|gap| gap.end - gap.start).sum()
}

#[test]
fn every_sample_and_event_arrives_and_trials_are_decided_as_in_the_file() {
    let file = simulate("served.vep", &["--blocks", "3"]);
    let server = Server::start(&file, &["--port", "0", "--speed", "100", "--wait", "1"]);
    let record = path("heard.vep");
    let output = listen(&server.address, &record, &[]).output().unwrap();
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", text(&output.stderr));
    assert!(said.contains("complete: ") && said.contains("lost: 0 frames, 0 samples"), "{said}");
    assert_eq!(recording(&record), recording(&file));
    let info = evoked(&["info", &record]).output().unwrap();
    assert!(!text(&info.stdout).contains("no end frame"));
    let live = decided(&output);
    assert_eq!(live.len(), 12);
    assert_alike(&live, &decided_in(&file));
    let (said, _) = server.finish();
    assert!(said.contains("1 clients, 0 refused, 0 frames left out"), "{said}");
}

#[test]
fn as_fast_as_possible_loses_nothing_however_small_the_buffer() {
    let file = simulate("fast.vep", &["--blocks", "1"]);
    let server = Server::start(&file, &["--port", "0", "--as-fast-as-possible", "--buffer", "1"]);
    let record = path("fast-heard.vep");
    let output = listen(&server.address, &record, &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(recording(&record), recording(&file));
    server.finish();
}

#[test]
fn a_server_that_restarts_is_found_again() {
    let file = simulate("restarted.vep", &["--blocks", "6"]);
    let server = Server::start(&file, &["--port", "0", "--speed", "20", "--wait", "1"]);
    let (address, port) = (server.address.clone(), server.port().to_owned());
    let record = path("restarted-heard.vep");
    let mut child = listen(&address, &record, &[]).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut before = String::new();
    while !before.contains("margin") {
        assert!(said.read_line(&mut before).unwrap() > 0, "{before}");
    }
    drop(server);
    let server = Server::start(&file, &["--port", &port, "--speed", "50", "--wait", "1"]);
    said.read_to_string(&mut before).unwrap();
    // Something is lost, and what it was can't be known.
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert!(before.contains("broken off, without an end"), "{before}");
    assert!(before.contains(" complete: "), "{before}");
    server.finish();

    let whole = recording(&file);
    let [first, second] = [recording(&record), recording(&path("restarted-heard-2.vep"))];
    assert_eq!(second, whole);
    let heard = first.streams()[0].samples();
    assert!(heard.len() > 250 && heard.len() < whole.streams()[0].samples().len());
    let same = whole.streams()[0].samples().epoch(0, heard.len()).unwrap();
    assert_eq!(heard.epoch(0, heard.len()).unwrap().channel(3), same.channel(3));
}

/// Carries the bytes of a server to one listener after another, and drops the connection after
/// `cut` bytes.
fn relay_that_cuts(server: String, cut: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for cut in [cut, usize::MAX] {
            let (mut out, _) = listener.accept().unwrap();
            let mut from = TcpStream::connect(&server).unwrap();
            let (mut bytes, mut carried) = ([0; 512], 0);
            while carried < cut {
                let read = from.read(&mut bytes).unwrap();
                if read == 0 || out.write_all(&bytes[..read]).is_err() {
                    break;
                }
                carried += read;
            }
        }
    });
    address
}

#[test]
fn what_a_broken_connection_costs_is_told_exactly() {
    let file = simulate("cut.vep", &["--blocks", "3"]);
    let server = Server::start(&file, &["--port", "0", "--speed", "8", "--wait", "1"]);
    let address = relay_that_cuts(server.address.clone(), 70_001);
    let record = path("cut-heard.vep");
    let output = listen(&address, &record, &["--onset", "32779"]).output().unwrap();
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}");
    let (whole, heard) = (recording(&file), recording(&record));
    let [all, there] = [&whole, &heard].map(|r| r.streams()[0].samples());
    let lost = number_before(said.split("lost: ").nth(1).unwrap(), " samples");
    assert!(lost > 0 && missing(&heard) == lost, "{said}");
    assert_eq!(there.len() as u64 + lost, all.len() as u64);
    for part in there.segments() {
        let [expected, found] = [all, there].map(|s| s.epoch(part.first, part.len).unwrap());
        assert!(expected.rows().eq(found.rows()));
    }
    assert_alike(&decided(&output), &decided_in(&record));
    assert!(text(&output.stderr).contains("lost: samples "));
    server.finish();
}

/// What a lossy network did.
#[derive(Default)]
struct Network {
    /// Numbers of the frames that went through, by stream.
    carried: BTreeMap<u16, BTreeSet<u32>>,
    /// Positions of their samples.
    samples: BTreeSet<u64>,
    /// Next numbers of all streams at the end.
    totals: BTreeMap<u16, u32>,
    dropped: u32,
    twice: u32,
    overtaken: u32,
}

impl Network {
    fn note(&mut self, datagram: &[u8]) -> bool {
        let mut is_end = false;
        for item in Reader::joining(datagram, Limits::default()) {
            let Item::Frame(frame) = item else { continue };
            let header = frame.header;
            self.carried.entry(header.stream).or_default().insert(header.sequence);
            if header.kind == Kind::Samples {
                self.samples.extend(header.sample..header.end());
            }
            if let Ok(Content::End(end)) = frame.content() {
                is_end = true;
                self.totals.insert(0, header.sequence + 1);
                self.totals.extend(end.totals.iter().map(|t| (t.stream, t.next_sequence)));
            }
        }
        is_end
    }

    /// Frames that did not come of a session that was broken off, up to the last that did.
    fn frames_lost_before_the_last(&self) -> usize {
        let lost = |numbers: &BTreeSet<u32>| {
            numbers.last().map_or(0, |last| *last as usize + 1 - numbers.len())
        };
        self.carried.values().map(lost).sum()
    }

    fn frames_lost(&self) -> usize {
        let lost = |(stream, &total): (&u16, &u32)| total as usize - self.carried[stream].len();
        self.totals.iter().map(lost).sum()
    }
}

/// Carries datagrams: of a hundred, about five get lost, five come twice and five come later than
/// those behind them. The first ones and the end always come. So many are carried, or all to the end.
fn lossy(from: &UdpSocket, to: SocketAddr, most: u32) -> Network {
    let (mut network, mut late) = (Network::default(), Vec::<(u32, Vec<u8>)>::new());
    let (mut bytes, mut state) = (vec![0; 65_536], 20_260_u64);
    for number in 0.. {
        let read = from.recv(&mut bytes).unwrap();
        let datagram = &bytes[..read];
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        let dice = (state >> 33) % 100;
        let is_end = number == most
            || Reader::joining(datagram, Limits::default())
                .any(|item| matches!(item, Item::Frame(frame) if frame.header.kind == Kind::End));
        let spared = number < 5 || is_end;
        match dice {
            0..5 if !spared => network.dropped += 1,
            5..10 if !spared => {
                network.overtaken += 1;
                late.push((number + 3, datagram.to_vec()));
            }
            _ => {
                let times = if (10..15).contains(&dice) { 2 } else { 1 };
                network.twice += times - 1;
                network.note(datagram);
                for _ in 0..times {
                    from.send_to(datagram, to).unwrap();
                }
            }
        }
        let due = |&(when, _): &(u32, Vec<u8>)| when <= number || is_end;
        while let Some(place) = late.iter().position(due) {
            let (_, datagram) = late.remove(place);
            network.note(&datagram);
            from.send_to(&datagram, to).unwrap();
        }
        if is_end {
            return network;
        }
    }
    unreachable!("numbers do not run out")
}

/// A listener for datagrams, its address, and a socket that carries them there, with its own.
fn listen_behind_a_relay(record: &str) -> (Child, SocketAddr, UdpSocket, String) {
    let mut child = listen("127.0.0.1:0", record, &["--udp", "--onset", "32779"]).spawn().unwrap();
    let mut warned = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    warned.read_line(&mut line).unwrap();
    let to = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
    // Somebody has to read what else it says, or it would wait.
    thread::spawn(move || drop(std::io::copy(&mut warned, &mut std::io::sink())));
    let relay = UdpSocket::bind("127.0.0.1:0").unwrap();
    relay.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let at = relay.local_addr().unwrap().to_string();
    (child, to, relay, at)
}

#[test]
fn lost_datagrams_are_told_exactly_and_other_trials_are_decided_as_in_the_file() {
    // About one trial in six loses nothing.
    let file = simulate("datagrams.vep", &["--blocks", "12"]);
    let record = path("datagrams-heard.vep");
    let (child, to, relay, at) = listen_behind_a_relay(&record);
    let mut server = evoked(&["serve", &file, "--udp", &at, "--speed", "20"]).spawn().unwrap();
    let network = lossy(&relay, to, u32::MAX);
    assert!(server.wait().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(network.dropped > 10 && network.twice > 10 && network.overtaken > 10);

    let (whole, heard) = (recording(&file), recording(&record));
    let [all, there] = [&whole, &heard].map(|r| r.streams()[0].samples());
    let told = said.split("complete: ").nth(1).unwrap_or_else(|| panic!("{said}"));
    let told = told.split("lost: ").nth(1).unwrap();
    assert_eq!(number_before(told, " frames") as usize, network.frames_lost(), "{said}");
    let lost = number_before(told, " samples") as usize;
    assert_eq!(lost, all.len() - network.samples.len(), "{said}");
    let arrived: BTreeSet<u64> =
        there.segments().iter().flat_map(|part| part.first..part.end()).collect();
    assert_eq!(arrived, network.samples);
    for part in there.segments() {
        let [expected, found] = [all, there].map(|s| s.epoch(part.first, part.len).unwrap());
        assert!(expected.rows().eq(found.rows()));
    }
    let (live, batch) = (decided(&output), decided_in(&record));
    assert!(!live.is_empty(), "{said}");
    assert_alike(&live, &batch);
    // And, but for the filter's start after a gap, as in the file that was sent.
    let of_file = decided_in(&file);
    assert!(live.iter().all(|(onset, (target, _))| of_file[onset].0 == *target), "{said}");
}

/// The recording, but for what a lossy network kept, and how a server that starts again in the middle is
/// heard: both sessions with their exact losses, each in a file of its own.
#[test]
fn a_restart_amid_lost_datagrams_is_told_exactly() {
    let file = simulate("datagrams-restarted.vep", &["--blocks", "12"]);
    let record = path("datagrams-restarted-heard.vep");
    let (child, to, relay, at) = listen_behind_a_relay(&record);
    let serve = || evoked(&["serve", &file, "--udp", &at, "--speed", "20"]).spawn().unwrap();

    let mut server = serve();
    let first = lossy(&relay, to, 1500);
    server.kill().unwrap();
    server.wait().unwrap();
    // What was still on its way never comes.
    relay.set_nonblocking(true).unwrap();
    while relay.recv(&mut [0; 65_536]).is_ok() {}
    relay.set_nonblocking(false).unwrap();
    let mut server = serve();
    let second = lossy(&relay, to, u32::MAX);
    assert!(server.wait().unwrap().success());

    let output = child.wait_with_output().unwrap();
    let said = text(&output.stdout);
    let whole = recording(&file);
    let all = whole.streams()[0].samples();
    let files = [record.clone(), path("datagrams-restarted-heard-2.vep")];
    let told = ["broken off, without an end: ", " complete: "];
    let lost = [first.frames_lost_before_the_last(), second.frames_lost()];
    for (((file, told), lost), network) in files.iter().zip(told).zip(lost).zip([&first, &second]) {
        assert!(network.dropped > 10, "{}", network.dropped);
        let told = said.split(told).nth(1).unwrap_or_else(|| panic!("{said}"));
        let told = told.lines().next().unwrap().split("lost: ").nth(1).unwrap();
        assert_eq!(number_before(told, " frames") as usize, lost, "{said}");
        let heard = recording(file);
        let there = heard.streams()[0].samples();
        let arrived: BTreeSet<u64> =
            there.segments().iter().flat_map(|part| part.first..part.end()).collect();
        assert_eq!(arrived, network.samples);
        for part in there.segments() {
            let [expected, found] = [all, there].map(|s| s.epoch(part.first, part.len).unwrap());
            assert!(expected.rows().eq(found.rows()));
        }
    }
    // The trials of the second session, which begins anew, are decided as in its file.
    let live = decided_from(said.rsplit("session ").nth(1).unwrap_or(&said));
    assert!(!live.is_empty(), "{said}");
    assert_alike(&live, &decided_in(&files[1]));
}

const WIDE: &str = "Fz,Cz,C3,C4,Pz,P3,P4,P7,P8,PO3,POz,PO4,O1,Oz,O2,Iz";

/// `clients` beside one that never reads: what the others got, what the server said, and the most
/// memory it had, in KiB, where the system tells.
fn beside_a_stalled_one(server: Server, clients: usize) -> (Vec<(u64, Vec<String>)>, String, u64) {
    let stalled = server.connect();
    let address = server.address.as_str();
    let mut peak_kib = 0;
    let got = thread::scope(|scope| {
        let readers: Vec<_> =
            (0..clients).map(|_| scope.spawn(move || read_all(address))).collect();
        while readers.iter().any(|reader| !reader.is_finished()) {
            peak_kib = server.status("VmHWM").max(peak_kib);
            thread::sleep(Duration::from_millis(50));
        }
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    let (_, warned) = server.finish();
    drop(stalled);
    (got, warned, peak_kib)
}

#[test]
fn a_stalled_client_costs_the_others_nothing() {
    let file = simulate("wide.vep", &["--blocks", "4", "--rate", "1000", "--channels", WIDE]);
    let more =
        ["--port", "0", "--speed", "20", "--wait", "4", "--buffer", "2048", "--stall", "1.5"];
    let (got, warned, _) = beside_a_stalled_one(Server::start(&file, &more), 3);
    let samples = recording(&file).streams()[0].samples().len() as u64;
    assert!(got.iter().all(|got| *got == (samples, vec![])), "{got:?}");
    assert!(warned.contains("it took nothing in time"), "{warned}");
}

/// The long form: `EVOKED_SOAK_S` seconds (600 where it is not set) in real time, 50 clients.
#[test]
#[ignore = "takes ten minutes"]
fn fifty_clients_miss_nothing_for_ten_minutes() {
    let seconds: f64 =
        std::env::var("EVOKED_SOAK_S").map_or(600.0, |seconds| seconds.parse().unwrap());
    // Four trials of two seconds with a second around each make a block.
    let blocks = (seconds / 12.0).ceil().to_string();
    let file = simulate("soak.vep", &["--blocks", &blocks, "--rate", "1000", "--channels", WIDE]);
    let more = ["--port", "0", "--wait", "50", "--buffer", "512", "--stall", "5"];
    let (got, warned, peak_kib) = beside_a_stalled_one(Server::start(&file, &more), 49);
    let whole = recording(&file);
    let samples = whole.streams()[0].samples().len() as u64;
    let (seconds, readers) = (whole.duration_s(), got.len());
    println!("{seconds:.0} s, {samples} samples for each of {readers}, {peak_kib} KiB at most");
    assert!(got.iter().all(|got| *got == (samples, vec![])), "{got:?}");
    assert!(warned.contains("it took nothing in time"), "{warned}");
    // The recording itself is in memory, too.
    let recording_kib = samples * 16 * 4 / 1024;
    assert!(peak_kib < 3 * recording_kib + 64 * 1024, "{peak_kib} KiB");
}
