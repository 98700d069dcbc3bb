//! Types of a further artifact among those of the program: the same descriptor, down to the last part, is the same type.

use abi::types::well_known;
use abi::{TypeDesc, TypeId};
use std::collections::BTreeMap;

/// What the types of an artifact are in the program.
pub struct Unified {
    /// By the artifact's id.
    pub ids: Vec<TypeId>,
    /// Descriptors that the program lacks, with ids of the program.
    pub added: Vec<TypeDesc>,
}

/// Finds each type of an artifact in the program. Types that circle back to themselves are the same where no difference can be found by
/// following them. Two types of the artifact never become one.
pub fn unify(program: &[TypeDesc], artifact: &[TypeDesc]) -> Unified {
    let first_own = well_known::FIRST_OWN as usize;
    let of = |types: &[TypeDesc]| types.iter().map(Shallow::of).collect();
    let mut search = Search {
        program: of(program),
        artifact: of(artifact),
        same: BTreeMap::new(),
        taken: BTreeMap::new(),
    };
    for id in 0..artifact.len().min(first_own) as u32 {
        search.assume(TypeId(id), TypeId(id));
    }
    let mut next = program.len() as u32;
    let mut new = Vec::new();
    for index in first_own..artifact.len() {
        let id = TypeId(index as u32);
        if search.same.contains_key(&id) {
            continue;
        }
        let candidates = first_own as u32..program.len() as u32;
        if candidates.into_iter().any(|known| search.try_same(id, TypeId(known))) {
            continue;
        }
        search.same.insert(id, TypeId(next));
        new.push(id);
        next += 1;
    }
    let ids: Vec<TypeId> = (0..artifact.len() as u32).map(|id| search.same[&TypeId(id)]).collect();
    let added = new.into_iter().map(|id| artifact[id.0 as usize].map_ids(|id| ids[id.0 as usize])).collect();
    Unified { ids, added }
}

/// A descriptor, and apart from it the ids that are in it.
struct Shallow {
    desc: TypeDesc,
    ids: Vec<TypeId>,
}

impl Shallow {
    fn of(desc: &TypeDesc) -> Shallow {
        let mut ids = Vec::new();
        let desc = desc.map_ids(|id| {
            ids.push(id);
            TypeId(0)
        });
        Shallow { desc, ids }
    }
}

struct Search {
    program: Vec<Shallow>,
    artifact: Vec<Shallow>,
    /// By the artifact's type: the program's.
    same: BTreeMap<TypeId, TypeId>,
    /// The other way round.
    taken: BTreeMap<TypeId, TypeId>,
}

impl Search {
    fn assume(&mut self, of_artifact: TypeId, of_program: TypeId) {
        self.same.insert(of_artifact, of_program);
        self.taken.insert(of_program, of_artifact);
    }

    /// Assumes that two types are the same and follows them; takes everything back where a difference is found.
    fn try_same(&mut self, of_artifact: TypeId, of_program: TypeId) -> bool {
        let mut assumed = Vec::new();
        let mut work = vec![(of_artifact, of_program)];
        while let Some((new, known)) = work.pop() {
            match (self.same.get(&new), self.taken.get(&known)) {
                (Some(&other), _) if other == known => continue,
                (None, None) if self.alike(new, known, &mut work) => {
                    self.assume(new, known);
                    assumed.push((new, known));
                }
                _ => {
                    for (new, known) in assumed {
                        self.same.remove(&new);
                        self.taken.remove(&known);
                    }
                    return false;
                }
            }
        }
        true
    }

    /// True where two descriptors differ in nothing but ids; the ids that must be the same then are added to the work.
    fn alike(&self, new: TypeId, known: TypeId, work: &mut Vec<(TypeId, TypeId)>) -> bool {
        let (new, known) = (&self.artifact[new.0 as usize], &self.program[known.0 as usize]);
        if new.desc != known.desc || new.ids.len() != known.ids.len() {
            return false;
        }
        work.extend(new.ids.iter().copied().zip(known.ids.iter().copied()));
        true
    }
}
