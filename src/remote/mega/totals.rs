//! Counting what folders hold, without an entry for every node.

use super::MegaOptions;
use super::names::Found;
use crate::mega::node::NodeKind;
use crate::mega::tree::NodeRef;
use crate::remote::Totals;
use crate::remote::path::is_element;

impl MegaOptions {
    /// What lies below `found`. `None` where listings say what is wrong with
    /// it, or would show more than the nodes.
    pub(super) fn totals(&self, found: &Found<'_>) -> Option<Totals> {
        let mut folders: Vec<NodeRef<'_>> = match found {
            Found::Nodes(nodes) if !self.versions => nodes.clone(),
            _ => return None,
        };
        if folders.is_empty() || !folders.iter().all(|node| node.kind().is_folder()) {
            return None;
        }
        let mut totals = Totals::default();
        // First in, first out: the order in which a kept tree lies in memory.
        let mut next = 0;
        while let Some(folder) = folders.get(next).copied() {
            next += 1;
            for node in folder.children().filter(|node| self.is_shown(*node)) {
                if node.kind() == NodeKind::File {
                    totals.files += 1;
                    totals.bytes = totals.bytes.saturating_add(node.size());
                } else {
                    totals.dirs += 1;
                    folders.push(node);
                }
            }
        }
        Some(totals)
    }

    /// Whether a listing has an entry for the node.
    fn is_shown(&self, node: NodeRef<'_>) -> bool {
        node.name()
            .is_some_and(|name| is_element(&self.shown(name)))
    }
}
