//! The storage hosts: pieces come up, ranges go down, all of it ciphertext.
//!
//! | file | what |
//! | --- | --- |
//! | `transfers.rs` | uploads on their way, addresses, transfer quota |
//! | `upload.rs` | `POST /ul/<token>/<offset>` |
//! | `download.rs` | `GET /dl/<token>/<first>-<last>` |
//! | `thumbnails.rs` | `/ufa/...`: file attributes |
//! | `admit.rs` | what an upload has to pass before it becomes a node |

pub mod admit;
pub mod checksum;
pub mod download;
pub mod thumbnails;
pub mod transfers;
pub mod upload;
