//! What several test programs share.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder of real recordings: `$EVOKED_DATA`, else `../shared/data` from the crate's root.
/// Says on stderr where it looked when neither is there.
pub(crate) fn data_dir() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let dir = std::env::var_os("EVOKED_DATA").map_or(beside, PathBuf::from);
    if dir.is_dir() {
        return Some(dir);
    }
    // Not `eprintln`, which a passing test keeps to itself.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED: no recordings at {}; set EVOKED_DATA to the folder that holds them",
        dir.display()
    );
    None
}
