//! Files of the suite with damage: what fuzzers begin with, in a bounded and repeatable form for ordinary tests.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Calls `check` with damaged files of the suite. The damage is the same in every run: `FUZZ_SEED` chooses another, `FUZZ_COUNT` how
/// many files there are instead of `count`.
///
/// # Panics
/// `check` panicked; what it was given is printed, with the seed that makes it alone (`FUZZ_SEED=... FUZZ_COUNT=1`).
pub fn damaged(corpus: &[Vec<u8>], count: u64, check: impl Fn(&[u8])) {
    assert!(!corpus.is_empty(), "there is nothing to damage");
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let first: u64 = number("FUZZ_SEED").unwrap_or(1);
    for seed in first..first.saturating_add(number("FUZZ_COUNT").unwrap_or(count)) {
        let data = mutant(corpus, seed);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&data))) {
            println!("FUZZ_SEED={seed} FUZZ_COUNT=1 makes:\n{}\n", String::from_utf8_lossy(&data));
            std::panic::resume_unwind(panic);
        }
    }
}

/// Calls `check` with copies of bytes of which up to three are others: what has lengths in it stays readable that way. The changes are the same in
/// every run, as in [`damaged`].
///
/// # Panics
/// `check` panicked; the seed that makes what it was given is printed.
pub fn changed_bytes(original: &[u8], count: u64, check: impl Fn(&[u8])) {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let first: u64 = number("FUZZ_SEED").unwrap_or(1);
    for seed in first..first.saturating_add(number("FUZZ_COUNT").unwrap_or(count)) {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let mut data = original.to_vec();
        for _ in 0..=random.below(3) {
            let (at, from) = (random.below(data.len()), random.below(data.len()));
            data[at] = match random.below(4) {
                0 => data[at].wrapping_add(1),
                1 => data[at].wrapping_sub(1),
                2 => data[at] ^ 1 << random.below(8),
                _ => data[from],
            };
        }
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(&data))) {
            println!("FUZZ_SEED={seed} FUZZ_COUNT=1 makes it");
            std::panic::resume_unwind(panic);
        }
    }
}

/// The contents of the files with an ending in folders of the suite.
///
/// # Panics
/// They cannot be read: the checkout is not complete.
pub fn corpus(folders: &[&str], ending: &str) -> Vec<Vec<u8>> {
    let read = |path: &Path| std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    folders.iter().flat_map(|folder| crate::files(folder, ending)).map(|path| read(&path)).collect()
}

/// Xorshift: the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}

/// A file with a few changes. Texts are cut at lines half of the time, since what is larger than a token rarely survives otherwise.
fn mutant(corpus: &[Vec<u8>], seed: u64) -> Vec<u8> {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut data = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(4) {
        let other = &corpus[random.below(corpus.len())];
        let by_line = random.below(2) == 0;
        let (start, end) = range(&data, by_line, &mut random);
        match random.below(6) {
            0 => drop(data.drain(start..end)),
            1 => {
                let copy = data[start..end].to_vec();
                let (at, _) = range(&data, by_line, &mut random);
                data.splice(at..at, copy);
            }
            2 => {
                let (from, to) = range(other, by_line, &mut random);
                data.splice(start..end, other[from..to].iter().copied());
            }
            3 => {
                let (from, to) = range(other, by_line, &mut random);
                data.splice(start..start, other[from..to].iter().copied());
            }
            4 if start < data.len() => data[start] ^= 1 << random.below(8),
            _ if start < data.len() => {
                data[start] =
                    *[b'0', b'(', b')', b'\n', b' ', 0, 0xff, b'-'].get(random.below(8)).unwrap_or(&0);
            }
            _ => data.truncate(start),
        }
    }
    data
}

/// A short range of bytes, or of lines.
fn range(data: &[u8], by_line: bool, random: &mut Random) -> (usize, usize) {
    let start = random.below(data.len() + 1);
    let end = (start + random.below(12)).min(data.len());
    if !by_line {
        return (start, end);
    }
    let line = |at: usize| data[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let rest = data[end..].iter().position(|&byte| byte == b'\n').map_or(data.len(), |at| end + at + 1);
    (line(start), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_repeatable_and_various() {
        let corpus = corpus(&["run"], "spl");
        let made: Vec<Vec<u8>> = (0..100).map(|seed| mutant(&corpus, seed)).collect();
        let again: Vec<Vec<u8>> = (0..100).map(|seed| mutant(&corpus, seed)).collect();
        assert_eq!(made, again);
        let different: std::collections::BTreeSet<&Vec<u8>> = made.iter().collect();
        assert!(different.len() > 90, "{}", different.len());
    }
}
