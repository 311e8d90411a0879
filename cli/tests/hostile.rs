//! Peers that mean harm, or have gone without a word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod loopback;

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use evoked::frame::{Item, Kind, Limits, Reader, Replay, ReplayParams};
use loopback::*;
use socket2::SockRef;

/// Counts what is read until `stop`, and what was not as it should be.
fn read_until(address: &str, stop: &AtomicBool) -> (u64, Vec<String>) {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut tally = Reading::new();
    while !stop.load(Ordering::Relaxed) && tally.read(&mut stream) {}
    (tally.samples, tally.notices)
}

/// A thousand connections a second for three seconds: of those, half are closed at once, a quarter
/// are reset, and the others stay, without a word, as long as the last fifty of a thread are kept.
fn flood(address: &str) {
    const THREADS: u32 = 4;
    const EACH: u32 = 750;
    let started = Instant::now();
    let one = || {
        let mut silent = std::collections::VecDeque::new();
        for number in 0..EACH {
            let due = started + Duration::from_millis(u64::from(number * THREADS));
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let Ok(stream) = TcpStream::connect(address) else { continue };
            match number % 4 {
                0 | 1 => {}
                2 => SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap(),
                _ => silent.push_back(stream),
            }
            if silent.len() > 50 {
                silent.pop_front();
            }
        }
    };
    thread::scope(|scope| (0..THREADS).for_each(|_| drop(scope.spawn(one))));
    println!("{} connections in {:?}", THREADS * EACH, started.elapsed());
}

#[test]
fn a_thousand_connections_a_second_cost_a_client_nothing() {
    let file = simulate("flooded.vep", &["--blocks", "1"]);
    let more = ["--port", "0", "--speed", "10", "--loop", "--clients", "16", "--wait", "1"];
    let server = Server::start(&file, &more);
    let (stop, started) = (AtomicBool::new(false), Instant::now());
    let (mut threads, mut before_kib) = (0, 0);
    let (samples, notices) = thread::scope(|scope| {
        let reader = scope.spawn(|| read_until(&server.address, &stop));
        server.warned.until("listens");
        before_kib = server.status("VmHWM");
        let flood = scope.spawn(|| flood(&server.address));
        while !flood.is_finished() {
            threads = server.status("Threads").max(threads);
            thread::sleep(Duration::from_millis(5));
        }
        // Soon there is a place for others again.
        assert!((0..1000).any(|_| {
            thread::sleep(Duration::from_millis(20));
            let (mut late, mut reading) = (server.connect(), Reading::new());
            while reading.samples == 0 && reading.read(&mut late) {}
            reading.samples > 0
        }));
        stop.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    let grown_kib = server.status("VmHWM") - before_kib;
    println!("{samples} samples, {threads} threads, {grown_kib} KiB more");
    assert!(samples > 0 && notices.is_empty(), "{notices:?}");
    let warned = server.stop();
    assert!(warned.contains("refused 127.0.0.1"), "{warned}");
    assert!(warned.contains("16 clients are served already"), "{warned}");
    assert!(warned.contains("more refusals"), "{warned}");
    // Of each kind eleven lines a second.
    let most = 2 * 11 * (started.elapsed().as_secs() + 2);
    assert!(warned.lines().count() as u64 <= most, "{warned}");
    // One each, one that takes them in, one that plays, and those that are just ending.
    assert!(threads <= 2 * 16 + 2, "{threads} threads");
    assert!(grown_kib < 16 * 1024, "{grown_kib} KiB");
}

/// From now on a socket hears nothing and so acknowledges nothing, as if its machine were gone.
#[cfg(target_os = "linux")]
fn vanish(stream: &TcpStream) {
    let return_nothing = socket2::SockFilter::new(0x06, 0, 0, 0);
    SockRef::from(stream).attach_filter(&[return_nothing]).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn who_vanished_is_dropped_and_not_waited_for() {
    let file = simulate("vanished.vep", &["--blocks", "1"]);
    let more = ["--port", "0", "--as-fast-as-possible", "--wait", "2", "--stall", "1"];
    let server = Server::start(&file, &more);
    // Before the start only the session frame is sent now and then.
    let vanished = server.connect();
    server.warned.until("listens");
    vanish(&vanished);
    let peer = vanished.local_addr().unwrap();
    server.warned.until(&format!("dropped {peer}: it took nothing in time"));
    let closed = server.connect();
    server.warned.until("listens");
    drop(closed);
    server.warned.until("has gone");
    // Neither counts any more: the session starts with the second of these.
    let samples = recording(&file).streams()[0].samples().len() as u64;
    thread::scope(|scope| {
        let first = scope.spawn(|| read_all(&server.address));
        server.warned.until("listens");
        assert_eq!(read_all(&server.address), (samples, vec![]));
        assert_eq!(first.join().unwrap(), (samples, vec![]));
    });
    server.finish();
}

#[test]
fn hostile_clients_cost_a_listener_nothing() {
    let file = simulate("besieged.vep", &["--blocks", "5"]);
    let more = ["--port", "0", "--speed", "12", "--clients", "6", "--wait", "1"];
    let server = Server::start(&file, &more);
    let record = path("besieged-heard.vep");
    let listener = listen(&server.address, &record, &[]).spawn().unwrap();
    server.warned.until("listens");
    // Random bytes, more than anybody takes; silence; half of a farewell.
    let mut noisy = server.connect();
    noisy.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
    let noise: Vec<u8> =
        (0..1 << 20).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let _ = noisy.write_all(&noise);
    let silent = [server.connect(), server.connect()];
    let half_open = server.connect();
    half_open.shutdown(std::net::Shutdown::Write).unwrap();
    // All at once.
    let flood: Vec<_> = (0..400).map(|_| server.connect()).collect();
    drop(flood);
    let output = listener.wait_with_output().unwrap();
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", text(&output.stderr));
    assert_eq!(recording(&record), recording(&file));
    drop((noisy, silent, half_open));
    let (said, warned) = server.finish();
    assert!(number_before(&said, " refused") > 300, "{said}");
    assert!(warned.contains("refused 127.0.0.1"), "{warned}");
    assert!(warned.lines().count() < 200, "{warned}");
}

#[test]
fn a_hostile_server_does_not_stop_the_listener() {
    let file = simulate("noise.vep", &["--blocks", "1"]);
    let opened = evoked::formats::open(&file).unwrap();
    let mut replay =
        Replay::new(&opened.recording, opened.codebook, 9, &ReplayParams::default()).unwrap();
    let mut good = Vec::new();
    while replay.next(&mut good).unwrap().is_some() {}
    let mut state = 1_u32;
    let mut bad: Vec<u8> = (0..300_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    // Sync words before lengths that nobody could hold.
    for place in (0..bad.len() - 64).step_by(1000) {
        bad[place..place + 6].copy_from_slice(b"\x89VEP\x01\x02");
        bad[place + 12..place + 16].fill(0xff);
    }
    // A session without its end, cut within a frame.
    bad.extend_from_slice(&good[..good.len() / 3]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = thread::spawn(move || {
        for bytes in [&bad, &good] {
            listener.accept().unwrap().0.write_all(bytes).unwrap();
        }
    });
    let record = path("noise-heard.vep");
    let output = listen(&address, &record, &[]).output().unwrap();
    serving.join().unwrap();
    let said = text(&output.stdout);
    // The second connection repeats what had come; only the damage is a loss.
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("lost: 0 frames, 0 samples"), "{said}");
    assert_eq!(recording(&record), recording(&file));
    assert_eq!(decided(&output).len(), 4, "{said}");
}

/// What somebody sends who wants a session to end, to begin anew, or to miss something.
fn forged(file: &str, tag: u16) -> Vec<Vec<u8>> {
    let opened = evoked::formats::open(file).unwrap();
    let mut datagrams = vec![b"\x89VEP\x01\x02".repeat(200), vec![0xff; 1000], vec![]];
    for tag in [tag, tag.wrapping_add(1)] {
        let params = ReplayParams { frame_s: 0.5, ..ReplayParams::default() };
        let codebook = opened.codebook.clone();
        let mut replay = Replay::new(&opened.recording, codebook, tag, &params).unwrap();
        let mut frame = Vec::new();
        while replay.next(&mut frame).unwrap().is_some() {
            datagrams.push(std::mem::take(&mut frame));
        }
    }
    datagrams
}

fn frames(datagram: &[u8]) -> Vec<(Kind, u16)> {
    let kind_and_tag = |item| match item {
        Item::Frame(frame) => Some((frame.header.kind, frame.header.tag)),
        _ => None,
    };
    Reader::joining(datagram, Limits::default()).filter_map(kind_and_tag).collect()
}

#[test]
fn forged_datagrams_change_nothing_and_are_counted() {
    let file = simulate("forged-at.vep", &["--blocks", "3"]);
    let other = simulate("forged.vep", &["--blocks", "1", "--seed", "7"]);
    let record = path("forged-heard.vep");
    let second = path("forged-heard-2.vep");
    let _ = std::fs::remove_file(&second);
    let mut listener = listen("127.0.0.1:0", &record, &["--udp"]).spawn().unwrap();
    let warned = Lines::of(listener.stderr.take().unwrap());
    let to = warned.until("receiving on");
    let to: SocketAddr = to.rsplit(' ').next().unwrap().parse().unwrap();
    let relay = UdpSocket::bind("127.0.0.1:0").unwrap();
    relay.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let at = relay.local_addr().unwrap().to_string();
    let mut server = evoked(&["serve", &file, "--udp", &at, "--speed", "12"]).spawn().unwrap();

    let hostile = [(); 3].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    hostile[0].send_to(b"noise, before anybody is followed", to).unwrap();
    let (mut bytes, mut kit, mut sent) = (vec![0; 1 << 16], Vec::<Vec<u8>>::new(), 1);
    loop {
        let read = relay.recv(&mut bytes).unwrap();
        let known = frames(&bytes[..read]);
        relay.send_to(&bytes[..read], to).unwrap();
        if known.iter().any(|(kind, _)| *kind == Kind::End) {
            break;
        }
        if kit.is_empty() {
            kit = forged(&other, known[0].1);
            // The very frames of the session, from elsewhere.
            kit.push(bytes[..read].to_vec());
        }
        for socket in &hostile {
            socket.send_to(&kit[sent % kit.len()], to).unwrap();
            sent += 1;
        }
    }
    assert!(server.wait().unwrap().success());
    let output = listener.wait_with_output().unwrap();
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(sent > kit.len(), "not all was sent");
    assert_eq!(number_before(&said, " datagrams of other senders"), sent as u64, "{said}");
    assert_eq!(recording(&record), recording(&file));
    assert!(!std::path::Path::new(&second).exists());
    assert_alike(&decided(&output), &decided_in(&file));
    assert!(warned.rest().lines().count() < 200);
}
