//! The command channel (`POST cs`): typed commands, and the queue that carries them.
//!
//! A command says what it sends and how its answer reads ([`Command`]); the
//! queue ([`Api`]) owns everything about *sending*: batches, request ids,
//! retries, proof of work, session renewal. No command knows about the wire,
//! and the queue knows no command. Spec: docs/protocol.md, "Transport".

mod account;
mod answer;
mod command;
mod context;
mod events;
mod exchange;
mod fields;
mod login;
mod nodes;
mod queue;
mod share;
mod transfer;

pub use account::{Quota, QuotaReply, UserAttribute, UserAttributeReply, UserInfo, UserInfoReply};
pub use answer::{Answer, BadAnswer, parse_answer};
pub use command::{Command, Route};
pub use context::{SessionId, SessionRenewer};
pub use events::News;
pub use login::{
    KillSessions, Login, LoginReply, Logout, Prelogin, PreloginReply, SessionInfo, Sessions,
    SetKeyPair,
};
pub use nodes::{
    DeleteNode, DeleteVersions, EmptyRubbish, FetchNodes, MoveNode, NewNode, NodeSource, PutNodes,
    PutNodesReply, SetAttributes,
};
pub use queue::{Api, ApiOptions};
pub use share::{
    AddKeys, Export, KeyRequest, LinkInfo, LinkInfoReply, Share, ShareReply, Unexport, Unshare,
};
pub use transfer::{
    DownloadAddress, DownloadTarget, RequestDownload, RequestDownloadReply, RequestUpload,
};
