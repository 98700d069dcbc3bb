//! Lines of the standard input. A thread reads them, so that waiting for one can be ended.

use loader::Waker;
use std::io::{BufRead as _, Read as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Instant;

/// What a wait for a line came to.
pub enum Next {
    /// A line without its end. Bytes that are not UTF-8 come as the replacement character.
    Line(String),
    /// There are no more.
    End,
    /// The line is longer than it may be.
    TooLong,
    /// Somebody called the waker.
    Woken,
    /// The time was over.
    Late,
}

/// The lines of the standard input.
pub struct Lines {
    requests: Sender<()>,
    events: Receiver<Next>,
    wake: Sender<Next>,
}

impl Lines {
    /// Starts the thread, which reads when it is asked to. It ends with the process: nothing ends a read of the system.
    pub fn new(longest: u64) -> std::io::Result<Lines> {
        let (requests, asked) = channel();
        let (wake, events) = channel();
        let answers = wake.clone();
        std::thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || while asked.recv().is_ok() && answers.send(read_line(longest)).is_ok() {})?;
        Ok(Lines { requests, events, wake })
    }

    /// The next line, if it comes before the deadline and before the waker is called. Not to be asked again after that: the program ends.
    pub fn next(&self, deadline: Option<Instant>) -> Next {
        if self.requests.send(()).is_err() {
            return Next::End;
        }
        match deadline {
            None => self.events.recv().unwrap_or(Next::End),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                self.events.recv_timeout(left).unwrap_or_else(|error| match error {
                    RecvTimeoutError::Timeout => Next::Late,
                    RecvTimeoutError::Disconnected => Next::End,
                })
            }
        }
    }

    /// What ends a wait.
    pub fn waker(&self) -> Waker {
        let wake = self.wake.clone();
        // Where nobody waits any more, nobody has to be woken.
        Arc::new(move || drop(wake.send(Next::Woken)))
    }
}

fn read_line(longest: u64) -> Next {
    let mut line = Vec::new();
    // An input that cannot be read has ended.
    let count = std::io::stdin().lock().take(longest).read_until(b'\n', &mut line).unwrap_or(0);
    if count == 0 {
        return Next::End;
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    } else if count as u64 == longest {
        return Next::TooLong;
    }
    Next::Line(String::from_utf8_lossy(&line).into_owned())
}
