//! From one stream of frames to many clients, none of which can hold up another. No network here.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The bytes of a frame, held once for all clients.
pub(crate) type Bytes = Arc<[u8]>;

/// All clients.
pub(crate) struct Fanout {
    room: Mutex<Room>,
    joined: Condvar,
    /// Clients at a time.
    most: usize,
    /// Bytes that may wait for a client.
    buffer: usize,
}

#[derive(Default)]
struct Room {
    queues: Vec<Arc<Queue>>,
    /// What a client needs to understand what follows.
    session: Option<Bytes>,
    ended: bool,
}

/// What waits for one client.
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// Frames that had to go because the client was behind.
    left_out: u64,
    /// Nothing will be added.
    ended: bool,
    /// Nothing will be taken.
    gone: bool,
}

/// What comes next for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    Frame(Bytes),
    /// Nothing came within the time.
    Nothing,
    /// Nothing follows.
    End,
}

/// Why nobody can join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Full(usize),
    Ended,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refused::Full(clients) => write!(f, "{clients} clients are served already"),
            Refused::Ended => f.write_str("the session has ended"),
        }
    }
}

impl Fanout {
    pub(crate) fn new(most: usize, buffer: usize) -> Self {
        Self { room: Mutex::default(), joined: Condvar::new(), most, buffer }
    }

    /// A place for a client. The session frame waits there already.
    pub(crate) fn join(&self) -> Result<Arc<Queue>, Refused> {
        let mut room = lock(&self.room);
        if room.ended {
            return Err(Refused::Ended);
        }
        if room.queues.len() >= self.most {
            return Err(Refused::Full(self.most));
        }
        let queue = Arc::new(Queue { waiting: Mutex::default(), changed: Condvar::new() });
        room.session.iter().for_each(|session| queue.push(session, self.buffer));
        room.queues.push(Arc::clone(&queue));
        self.joined.notify_all();
        Ok(queue)
    }

    /// The client's place is free again.
    pub(crate) fn leave(&self, queue: &Arc<Queue>) {
        queue.close();
        lock(&self.room).queues.retain(|other| !Arc::ptr_eq(other, queue));
        self.joined.notify_all();
    }

    /// Hands a frame to all clients at once and waits for none: who is behind by more than the
    /// buffer loses the oldest frames.
    pub(crate) fn send(&self, frame: &Bytes) {
        let room = lock(&self.room);
        room.queues.iter().for_each(|queue| queue.push(frame, self.buffer));
    }

    /// As [`send`](Self::send), for a session frame, which those who join later get, too.
    pub(crate) fn send_session(&self, frame: &Bytes) {
        let mut room = lock(&self.room);
        room.session = Some(Arc::clone(frame));
        room.queues.iter().for_each(|queue| queue.push(frame, self.buffer));
    }

    /// Sends the last session frame again, so that nobody takes a pause for the end.
    pub(crate) fn repeat_session(&self) {
        let session = lock(&self.room).session.clone();
        session.iter().for_each(|session| self.send(session));
    }

    /// Waits until every client has room for a frame.
    pub(crate) fn wait_for_room(&self, frame: &Bytes) {
        let queues = lock(&self.room).queues.clone();
        queues.iter().for_each(|queue| queue.wait_for_room(frame.len(), self.buffer));
    }

    /// Waits until there are so many clients, but no longer than `limit`; gives whether there are.
    pub(crate) fn wait_for(&self, clients: usize, limit: Duration) -> bool {
        let room = lock(&self.room);
        let fewer = |room: &mut Room| room.queues.len() < clients;
        let waited = self.joined.wait_timeout_while(room, limit, fewer);
        waited.unwrap_or_else(PoisonError::into_inner).0.queues.len() >= clients
    }

    /// Nothing follows. Returns when every client has what waited for it or has gone, but after
    /// `limit` at the latest; gives the number of those that are still there.
    pub(crate) fn end(&self, limit: Duration) -> usize {
        let mut room = lock(&self.room);
        room.ended = true;
        room.queues.iter().for_each(|queue| queue.end());
        let some = |room: &mut Room| !room.queues.is_empty();
        let waited = self.joined.wait_timeout_while(room, limit, some);
        waited.unwrap_or_else(PoisonError::into_inner).0.queues.len()
    }
}

impl Queue {
    /// The next frame; waits for it no longer than `limit`.
    pub(crate) fn next(&self, limit: Duration) -> Next {
        let waiting = lock(&self.waiting);
        let nothing = |waiting: &mut Waiting| waiting.frames.is_empty() && !waiting.ended;
        let waited = self.changed.wait_timeout_while(waiting, limit, nothing);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        match waiting.frames.pop_front() {
            Some(frame) => {
                waiting.bytes -= frame.len();
                self.changed.notify_all();
                Next::Frame(frame)
            }
            None if waiting.ended => Next::End,
            None => Next::Nothing,
        }
    }

    /// Nothing more is taken; gives the number of frames that the client lost.
    pub(crate) fn close(&self) -> u64 {
        let mut waiting = lock(&self.waiting);
        waiting.gone = true;
        waiting.frames = VecDeque::new();
        self.changed.notify_all();
        waiting.left_out
    }

    fn push(&self, frame: &Bytes, most: usize) {
        let mut waiting = lock(&self.waiting);
        if waiting.gone {
            return;
        }
        while waiting.bytes + frame.len() > most
            && let Some(oldest) = waiting.frames.pop_front()
        {
            waiting.bytes -= oldest.len();
            waiting.left_out += 1;
        }
        waiting.bytes += frame.len();
        waiting.frames.push_back(Arc::clone(frame));
        self.changed.notify_all();
    }

    fn wait_for_room(&self, bytes: usize, most: usize) {
        let mut waiting = lock(&self.waiting);
        while !waiting.gone && !waiting.frames.is_empty() && waiting.bytes + bytes > most {
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn end(&self) {
        lock(&self.waiting).ended = true;
        self.changed.notify_all();
    }
}

/// A thread that failed has left nothing half done that matters here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(byte: u8) -> Bytes {
        vec![byte; 10].into()
    }

    /// The first byte of the next frame, however long it takes; `None` where nothing follows.
    fn next(queue: &Queue) -> Option<u8> {
        loop {
            match queue.next(Duration::from_secs(60)) {
                Next::Frame(frame) => return Some(frame[0]),
                Next::Nothing => {}
                Next::End => return None,
            }
        }
    }

    fn drain(queue: &Queue) -> Vec<u8> {
        queue.end();
        std::iter::from_fn(|| next(queue)).collect()
    }

    #[test]
    fn who_is_behind_loses_whole_frames_and_others_none() {
        let fanout = Fanout::new(2, 30);
        let [slow, quick] = [(); 2].map(|()| fanout.join().unwrap());
        let mut taken = Vec::new();
        for byte in 0..100 {
            fanout.send(&frame(byte));
            taken.extend(next(&quick));
        }
        assert_eq!(taken, (0..100).collect::<Vec<u8>>());
        assert_eq!(drain(&slow), [97, 98, 99]);
        assert_eq!((slow.close(), quick.close()), (97, 0));
    }

    #[test]
    fn who_joins_gets_the_last_session_frame_first() {
        let fanout = Fanout::new(3, 100);
        fanout.send_session(&frame(1));
        fanout.send(&frame(2));
        fanout.send_session(&frame(3));
        fanout.send(&frame(4));
        let late = fanout.join().unwrap();
        fanout.send(&frame(5));
        fanout.repeat_session();
        assert_eq!(drain(&late), [3, 5, 3]);
    }

    #[test]
    fn a_full_room_and_an_ended_one_refuse() {
        let fanout = Fanout::new(1, 100);
        let only = fanout.join().unwrap();
        assert_eq!(fanout.join().err(), Some(Refused::Full(1)));
        fanout.leave(&only);
        assert!(fanout.join().map(|queue| fanout.leave(&queue)).is_ok());
        assert_eq!(fanout.end(Duration::ZERO), 0);
        assert_eq!(fanout.join().err(), Some(Refused::Ended));
    }

    #[test]
    fn nobody_is_waited_for_without_end() {
        let fanout = Fanout::new(2, 100);
        let queue = fanout.join().unwrap();
        assert_eq!(queue.next(Duration::ZERO), Next::Nothing);
        assert!(fanout.wait_for(1, Duration::ZERO) && !fanout.wait_for(2, Duration::ZERO));
        fanout.send(&frame(1));
        assert_eq!(fanout.end(Duration::ZERO), 1);
        assert_eq!(drain(&queue), [1]);
    }

    #[test]
    fn a_frame_larger_than_the_buffer_goes_alone() {
        let fanout = Fanout::new(1, 5);
        let queue = fanout.join().unwrap();
        (0..3).for_each(|byte| fanout.send(&frame(byte)));
        assert_eq!(drain(&queue), [2]);
    }

    #[test]
    fn waiting_for_room_ends_when_a_client_takes_or_goes() {
        let fanout = Fanout::new(2, 20);
        let [slow, stalled] = [(); 2].map(|()| fanout.join().unwrap());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for byte in 0..50 {
                    fanout.wait_for_room(&frame(byte));
                    fanout.send(&frame(byte));
                }
                fanout.end(Duration::MAX);
            });
            scope.spawn(|| {
                assert_eq!(next(&stalled), Some(0));
                fanout.leave(&stalled);
            });
            let taken: Vec<u8> = std::iter::from_fn(|| next(&slow)).collect();
            assert_eq!(taken, (0..50).collect::<Vec<u8>>());
            fanout.leave(&slow);
        });
    }
}
