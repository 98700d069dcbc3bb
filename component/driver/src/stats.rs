//! What a session counted.

/// Work of one stage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phase {
    /// Its name.
    pub name: &'static str,
    /// Units.
    pub work_units: u64,
}

/// What a session counted so far; the same on every host.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Units in all.
    pub work_units: u64,
    /// Units by stage, in the order they ran.
    pub phases: Vec<Phase>,
    /// Bytes of the added modules.
    pub source_bytes: u64,
    /// Functions after instantiation.
    pub instances: u32,
    /// Questions for type arguments that were looked at.
    pub inferences: u64,
    /// Instances that were asked for one by one.
    pub instantiations: u64,
    /// Those of them that were there already.
    pub cache_hits: u64,
    /// Those that were not.
    pub cache_misses: u64,
    /// Bytes of the latest artifact.
    pub artifact_bytes: u64,
}

impl Stats {
    /// Notes that a stage took the work up to `used`.
    pub(crate) fn phase(&mut self, name: &'static str, used: u64) {
        let work_units = used - self.work_units;
        self.work_units = used;
        match self.phases.iter_mut().find(|phase| phase.name == name) {
            Some(phase) => phase.work_units += work_units,
            None => self.phases.push(Phase { name, work_units }),
        }
    }
}
