//! The clause on comparing stored files with content at hand.

use megarc::remote::{Candidate, Depth, Likeness};

use super::suite::{Place, pattern, pieces};

pub async fn contents_are_compared_where_that_is_promised(place: Place) {
    let content = pattern(300_000);
    let file = place.put("f", &content).await;
    let mut other = content.clone();
    other[150_000] ^= 1;
    let promised = place.remote().features().likeness;
    for depth in [Depth::Sample, Depth::Whole] {
        for (with, equal) in [(&content, true), (&other, false)] {
            let with = Candidate::new(None, pieces(with));
            match place.remote().likeness(&file, with, depth).await.unwrap() {
                Likeness::Unknown(reason) => assert!(!promised, "{reason}"),
                found => assert_eq!((promised, found.is_equal()), (true, equal), "{found:?}"),
            }
        }
    }
}
