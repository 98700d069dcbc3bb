//! The deterministic work budget: counted inside the compiler, the same on every host.

/// Counts work units (one per token, syntax node, type step, instruction) against a limit.
#[derive(Clone, Debug)]
pub struct Budget {
    used: u64,
    limit: u64,
}

/// The budget was used up. Whoever sees it stops its pass; the driver reports it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

impl Budget {
    /// A budget of `limit` work units.
    pub fn new(limit: u64) -> Self {
        Budget { used: 0, limit }
    }

    /// Takes `units` from the budget.
    ///
    /// # Errors
    /// [`Exhausted`] once more was asked for than there is; it stays so from then on.
    pub fn spend(&mut self, units: u64) -> Result<(), Exhausted> {
        self.used = self.used.saturating_add(units);
        if self.used > self.limit { Err(Exhausted) } else { Ok(()) }
    }

    /// Work units used so far.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// True once the limit was passed.
    pub fn is_exhausted(&self) -> bool {
        self.used > self.limit
    }
}

impl Default for Budget {
    fn default() -> Self {
        Budget::new(u64::MAX)
    }
}
