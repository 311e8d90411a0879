//! Whether the memory holds what is to be read.
//!
//! Linux gives out more memory than there is, and ends programs that then use it. So what is large
//! is held against what the system says is left.

use std::io;

use super::FormatError;

/// What is smaller is there, or asking would not help.
const SMALL_BYTES: u64 = 64 << 20;

/// So many values of 32 bits as a number of this machine.
///
/// # Errors
/// [`FormatError::Memory`] where there is no room for them.
pub(super) fn room_for_values(values: u64) -> Result<usize, FormatError> {
    let len = usize::try_from(values).ok().filter(|_| has_room(values.saturating_mul(4)));
    let there = len.filter(|&len| Vec::<f32>::new().try_reserve_exact(len).is_ok());
    there.ok_or(FormatError::Memory { values })
}

/// So many bytes as a number of this machine.
///
/// # Errors
/// [`io::ErrorKind::OutOfMemory`] where there is no room for them.
pub(super) fn room_for_bytes(bytes: u64) -> io::Result<usize> {
    let len = usize::try_from(bytes).ok().filter(|_| has_room(bytes));
    let there = len.filter(|&len| Vec::<u8>::new().try_reserve_exact(len).is_ok());
    let message = || format!("no memory for {bytes} bytes, which are needed at once");
    there.ok_or_else(|| io::Error::new(io::ErrorKind::OutOfMemory, message()))
}

fn has_room(bytes: u64) -> bool {
    bytes < SMALL_BYTES || left_bytes().is_none_or(|left| bytes <= left)
}

/// What can be had without taking it from others, where the system tells.
fn left_bytes() -> Option<u64> {
    if cfg!(target_os = "linux") {
        available_bytes(&std::fs::read_to_string("/proc/meminfo").ok()?)
    } else {
        None
    }
}

/// The line of available memory in the kernel's table.
fn available_bytes(table: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_table_is_understood() {
        let table =
            "MemTotal:  200 kB\nMemFree:   50 kB\nMemAvailable:     120 kB\nBuffers: 1 kB\n";
        assert_eq!(available_bytes(table), Some(120 << 10));
        for table in ["", "MemAvailable: many kB\n", "MemAvailable: 120\n"] {
            assert_eq!(available_bytes(table), None, "{table:?}");
        }
    }

    #[test]
    fn what_no_machine_has_is_refused() {
        assert_eq!(room_for_values(1000).unwrap(), 1000);
        assert_eq!(room_for_bytes(1000).unwrap(), 1000);
        for many in [1 << 52, u64::MAX] {
            assert!(
                matches!(room_for_values(many), Err(FormatError::Memory { values }) if values == many)
            );
            assert_eq!(room_for_bytes(many).unwrap_err().kind(), io::ErrorKind::OutOfMemory);
        }
    }
}
