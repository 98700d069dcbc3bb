use super::*;
use proptest::prelude::*;

/// `class Node(value: i64, next: Node?, others: [Node], name: text)`
struct Nodes {
    rt: TestRt,
    node: TypeId,
    list: TypeId,
}

const NEXT: u32 = 16;
const OTHERS: u32 = 20;
const NAME: u32 = 24;

fn nodes() -> Nodes {
    let mut table = Table::new();
    let first = table.0.len() as u32;
    let (node, next, list) = (TypeId(first), TypeId(first + 1), TypeId(first + 2));
    let list_of = fields(&[("value", id::I64), ("next", next), ("others", list), ("name", id::TEXT)]);
    let kind = TypeKind::Class { name: "Node".to_string(), fields: list_of };
    table.add(kind, &[Repr::I64, Repr::Ref, Repr::Ref, Repr::Ref], false, true);
    table.niche(node, true);
    table.add(TypeKind::Array { elem: node }, &[Repr::Ref], false, true);
    Nodes { rt: table.rt(), node, list }
}

impl Nodes {
    fn new_node(&mut self, value: u64) -> u64 {
        let node = self.rt.ok(RtFn::rt_object_new, &[u64::from(self.node.0)]);
        let list = self.rt.ok(RtFn::rt_array_new, &[u64::from(self.list.0), 0]);
        let name = self.rt.str(&format!("node {value}"));
        self.rt.store(node as u32 + 8, value.to_le_bytes()).unwrap();
        self.rt.store(node as u32 + OTHERS, (list as u32).to_le_bytes()).unwrap();
        self.rt.store(node as u32 + NAME, (name as u32).to_le_bytes()).unwrap();
        node
    }

    /// Hands `to` over.
    fn link(&mut self, from: u64, to: u64) {
        let old = self.rt.word32(from as u32 + NEXT);
        self.rt.store(from as u32 + NEXT, (to as u32).to_le_bytes()).unwrap();
        self.rt.release(old).unwrap();
    }

    /// Hands `to` over.
    fn add(&mut self, from: u64, to: u64) {
        let list = u64::from(self.rt.word32(from as u32 + OTHERS));
        let list = self.rt.push(list, to, 4);
        self.rt.store(from as u32 + OTHERS, (list as u32).to_le_bytes()).unwrap();
    }
}

#[test]
fn a_list_of_a_million_nodes_is_freed_without_recursion() {
    let mut table = Table::new();
    let first = table.0.len() as u32;
    let list = fields(&[("next", TypeId(first + 1))]);
    table.add(TypeKind::Class { name: "Link".to_string(), fields: list }, &[Repr::Ref], false, true);
    table.niche(TypeId(first), true);
    let mut rt = table.rt();
    let mut head = 0u64;
    for _ in 0..1_000_000 {
        let next = rt.ok(RtFn::rt_object_new, &[u64::from(first)]);
        rt.store(next as u32 + 8, (head as u32).to_le_bytes()).unwrap();
        head = next;
    }
    assert_eq!(rt.stats().live_objects, 1_000_000);
    rt.drop(head);
    rt.assert_empty();
}

#[test]
fn rings_are_collected_with_what_they_own() {
    let mut all = nodes();
    let kept = all.new_node(0);
    for round in 0..20_000 {
        let (a, b) = (all.new_node(round), all.new_node(round));
        all.rt.retain(a as u32).unwrap();
        all.link(b, a);
        all.rt.retain(b as u32).unwrap();
        all.add(a, b);
        all.rt.retain(kept as u32).unwrap();
        all.link(a, kept);
        all.rt.drop(a);
        all.rt.drop(b);
    }
    assert!(all.rt.stats().collections > 2);
    assert!(all.rt.stats().live_objects < 40_000, "{:?}", all.rt.stats());
    all.rt.collect().unwrap();
    assert_eq!(all.rt.stats().live_objects, 3);
    assert_eq!(all.rt.word32(kept as u32), 1);
    all.rt.drop(kept);
    all.rt.assert_empty();
}

#[test]
fn what_is_held_from_outside_survives() {
    let mut all = nodes();
    let (a, b) = (all.new_node(1), all.new_node(2));
    all.rt.retain(a as u32).unwrap();
    all.link(b, a);
    all.link(a, b);
    all.rt.retain(a as u32).unwrap();
    all.rt.drop(a);
    all.rt.collect().unwrap();
    assert_eq!(all.rt.stats().live_objects, 6);
    assert_eq!(
        all.rt.shows(all.node, a),
        "Node(value: 1, next: Node(value: 2, next: Node(...), others: [], name: node 2), others: [], name: node 1)"
    );
    all.rt.drop(a);
    all.rt.assert_empty();
}

#[test]
fn cyclic_graphs_are_equal_by_structure() {
    let mut all = nodes();
    let mut rings = Vec::new();
    for last in [7, 7, 8] {
        let (a, b) = (all.new_node(1), all.new_node(last));
        all.rt.retain(a as u32).unwrap();
        all.link(b, a);
        all.link(a, b);
        rings.push(a);
    }
    let ty = u64::from(all.node.0);
    let places = [context::SCRATCH_A, context::SCRATCH_B];
    for (left, right, expected) in [(0, 1, 1), (0, 2, 0)] {
        for (place, ring) in places.into_iter().zip([left, right]) {
            all.rt.store(place, (rings[ring] as u32).to_le_bytes()).unwrap();
        }
        let equal = all.rt.ok(RtFn::rt_eq, &[ty, u64::from(places[0]), u64::from(places[1])]);
        assert_eq!(equal, expected);
    }
    for ring in rings {
        all.rt.drop(ring);
    }
    all.rt.assert_empty();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
    /// A random graph with some nodes held from outside: after a collection exactly what can be reached is alive.
    #[test]
    fn exactly_what_can_be_reached_survives(
        count in 1usize..24,
        edges in prop::collection::vec((0usize..24, 0usize..24, any::<bool>()), 0..60),
        held in prop::collection::vec(any::<bool>(), 24),
        collect_between in any::<bool>(),
    ) {
        let mut all = nodes();
        let list: Vec<u64> = (0..count).map(|i| all.new_node(i as u64)).collect();
        let mut model: Vec<(Option<usize>, Vec<usize>)> = vec![(None, Vec::new()); count];
        for (from, to, as_next) in edges {
            let (from, to) = (from % count, to % count);
            all.rt.retain(list[to] as u32).unwrap();
            if as_next {
                all.link(list[from], list[to]);
                model[from].0 = Some(to);
            } else {
                all.add(list[from], list[to]);
                model[from].1.push(to);
            }
        }
        for (i, node) in list.iter().enumerate() {
            if !held[i] {
                all.rt.drop(*node);
                if collect_between {
                    all.rt.collect().unwrap();
                }
            }
        }
        all.rt.collect().unwrap();
        let mut reached = vec![false; count];
        let mut work: Vec<usize> = (0..count).filter(|i| held[*i]).collect();
        while let Some(i) = work.pop() {
            if !std::mem::replace(&mut reached[i], true) {
                work.extend(model[i].1.iter().copied().chain(model[i].0));
            }
        }
        let alive = reached.iter().filter(|reached| **reached).count() as u64;
        prop_assert_eq!(all.rt.stats().live_objects, alive * 3);
        for (i, node) in list.iter().enumerate() {
            if held[i] {
                all.rt.drop(*node);
            }
        }
        all.rt.assert_empty();
    }
}
