//! `/ufa/<token>/<type>` takes a thumbnail, `/ufa/get` gives several.

use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::sandbox::body::Reply;
use crate::sandbox::crypto::base64;
use crate::sandbox::http::{Answer, bytes, plain};
use crate::sandbox::server::Server;
use crate::sandbox::store::records::FileAttribute;
use crate::sandbox::text::UserHandle;

/// Most bytes of a request here: a thumbnail, or a list of handles.
const LARGEST: usize = 17 << 20;

/// Takes or gives thumbnails.
///
/// # Errors
/// If the client went away.
pub async fn serve(
    server: &Server,
    rest: &str,
    mut body: Incoming,
) -> Result<Answer, std::io::Error> {
    let mut data = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(part) = frame.map_err(std::io::Error::other)?.into_data() {
            data.extend_from_slice(&part);
        }
        if data.len() > LARGEST {
            return Err(std::io::Error::other("the thumbnail is too large"));
        }
    }
    if rest.starts_with("get") {
        return Ok(bytes(Reply::whole(collect(server, &data))));
    }
    let token = rest.split('/').next().unwrap_or_default();
    let Some(upload) = server.transfers.upload(token) else {
        return Ok(plain(200, "-8"));
    };
    if upload.content.write_at(0, &data).is_err() || upload.content.sync().is_err() {
        return Ok(plain(200, "-5"));
    }
    let handle = UserHandle::random();
    let pending = {
        let mut tx = server.store.begin();
        tx.add_blob(upload.blob, upload.size, upload.content.inline());
        tx.put_file_attribute(handle, FileAttribute { blob: upload.blob });
        tx.finish()
    };
    server.transfers.done(token);
    if pending.durable(&server.store).await.is_err() {
        return Ok(plain(500, ""));
    }
    let raw = base64::decode(handle.as_str()).unwrap_or_default();
    Ok(bytes(Reply::whole(raw)))
}

/// For each known handle: the handle, the length, the data.
fn collect(server: &Server, handles: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for raw in handles.chunks_exact(8) {
        let Some(handle) = UserHandle::parse(&base64::encode(raw)) else {
            continue;
        };
        let found = server.store.read(|world| {
            let blob = world.file_attribute(handle)?.blob;
            Some((blob, world.blob(blob)?.clone()))
        });
        let Some((id, blob)) = found else {
            continue;
        };
        let length = usize::try_from(blob.size).unwrap_or(0);
        let mut data = vec![0; length];
        let read = server
            .store
            .content(id, blob.inline)
            .is_ok_and(|content| content.read_at(0, &mut data).is_ok());
        if read {
            out.extend_from_slice(raw);
            out.extend_from_slice(&u32::try_from(length).unwrap_or(0).to_le_bytes());
            out.extend_from_slice(&data);
        }
    }
    out
}
