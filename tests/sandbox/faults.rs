//! What goes wrong on purpose.

use std::time::{Duration, Instant};

use megarc::sandbox::crypto::base64;
use megarc::sandbox::crypto::hashcash::Challenge;
use megarc::sandbox::{Faults, Handle};
use serde_json::json;

use crate::support::{Client, bytes, sandbox, seal};

fn set(handle: &Handle, text: &str) {
    handle.set_faults(Faults::parse(text).unwrap());
}

async fn ug(client: &Client) -> reqwest::Result<(u16, String)> {
    let url = format!(
        "{}cs?id={}&sid={}",
        client.url,
        crate::support::next_id(),
        client.sid
    );
    let answer = client
        .http
        .post(url)
        .body("[{\"a\":\"ug\"}]")
        .send()
        .await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

#[tokio::test]
async fn codes_come_bare_and_inside() {
    let (handle, client) = sandbox().await;
    set(&handle, "cs:-3@1,cs:500@2,cs:[-3]@1");
    assert_eq!(ug(&client).await.unwrap(), (200, "-3".into()));
    assert_eq!(ug(&client).await.unwrap().0, 500);
    assert_eq!(ug(&client).await.unwrap(), (200, "[-3]".into()));
    assert!(ug(&client).await.unwrap().1.contains("email"));
    assert_eq!(handle.stats().faults, 3);
}

#[tokio::test]
async fn lost_answers_were_carried_out() {
    let (handle, client) = sandbox().await;
    let (folder, _) = client.folder(client.cloud(), "x").await;
    set(&handle, "cs:lose@1,cs:reset@2,cs:refuse@3,cs:cut=3@4");
    let url = format!("{}cs?id=lost&sid={}", client.url, client.sid);
    let body = json!([{"a":"d","n":folder}]).to_string();
    let send = async || client.http.post(&url).body(body.clone()).send().await;
    assert!(send().await.is_err());
    assert!(ug(&client).await.is_err());
    assert!(ug(&client).await.is_err());
    assert!(ug(&client).await.is_err());
    // The same request again: not "not found", but the answer that was lost.
    assert_eq!(send().await.unwrap().text().await.unwrap(), "[0]");
    assert!(client.node(&folder).await.is_none());
}

#[tokio::test]
async fn work_is_demanded_and_checked() {
    let (handle, client) = sandbox().await;
    set(&handle, "cs:402=255@1-3");
    let url = format!("{}cs?id=work&sid={}", client.url, client.sid);
    let send = async |work: &str| {
        let answer = client
            .http
            .post(&url)
            .header("x-hashcash", work)
            .body("[{\"a\":\"ug\"}]")
            .send();
        answer.await.unwrap()
    };
    let asked = send("").await;
    assert_eq!(
        (asked.status().as_u16(), asked.content_length()),
        (402, Some(0))
    );
    let challenge = Challenge::parse(asked.headers()["x-hashcash"].to_str().unwrap()).unwrap();
    let prefix = (0u32..)
        .map(u32::to_be_bytes)
        .find(|prefix| challenge.word(*prefix) <= challenge.threshold());
    let token = base64::encode(&challenge.token);
    let wrong = send(&format!("1:{token}:AAAA")).await;
    assert_eq!(wrong.status(), 402);
    let right = send(&format!("1:{token}:{}", base64::encode(&prefix.unwrap()))).await;
    assert_eq!(right.status(), 200);
}

#[tokio::test]
async fn downloads_break_in_every_way() {
    let (handle, client) = sandbox().await;
    let file = seal(&bytes(300_000));
    let node = client.file(client.cloud(), "x", &file).await;
    let answer = client.one(json!({"a":"g","g":1,"n":node})).await;
    let address = format!("{}/0-99999", answer["g"].as_str().unwrap());
    let get = async || {
        let answer = client.http.get(&address).send().await?;
        let status = answer.status().as_u16();
        Ok::<_, reqwest::Error>((status, answer.bytes().await?.to_vec()))
    };
    let right = &file.data[..100_000];
    set(
        &handle,
        "down:short=10@1,down:long=10@2,down:shift=16@3,down:flip@4,down:cut=500@5,down:509=30@6,down:503@7,down:empty@8,down:length=7@9",
    );
    assert_eq!(get().await.unwrap().1, &right[..99_990]);
    assert_eq!(get().await.unwrap().1.len(), 100_010);
    assert_eq!(get().await.unwrap().1, &file.data[16..100_016]);
    let flipped = get().await.unwrap().1;
    let bits: u32 = flipped
        .iter()
        .zip(right)
        .map(|(a, b)| (a ^ b).count_ones())
        .sum();
    assert_eq!(bits, 1);
    assert!(get().await.is_err(), "cut");
    assert_eq!(get().await.unwrap().0, 509);
    assert_eq!(get().await.unwrap().0, 503);
    assert_eq!(get().await.unwrap().1, b"");
    assert!(get().await.is_err(), "promised more than came");
    assert_eq!(get().await.unwrap().1, right);
    set(&handle, "down:slow=1000000,down:stall=60@9");
    let start = Instant::now();
    assert_eq!(get().await.unwrap().1, right);
    assert!(start.elapsed() >= Duration::from_millis(90));
    set(&handle, "down:stall=60");
    let start = Instant::now();
    assert_eq!(get().await.unwrap().1, right);
    assert!(start.elapsed() >= Duration::from_millis(60));
    set(&handle, "down:expired@1");
    assert_eq!(get().await.unwrap().0, 403);
    assert_eq!(get().await.unwrap().0, 403, "dead for good");
}

#[tokio::test]
async fn uploads_break_too() {
    let (handle, client) = sandbox().await;
    let file = seal(&bytes(1000));
    let address = client.upload_address(1000).await;
    let to = format!("{address}/0");
    set(&handle, "up:-3@1,up:-14@2,up:hangup=10@3,up:lose@4");
    assert_eq!(client.piece(&to, &file.data).await, b"-3");
    assert_eq!(client.piece(&to, &file.data).await, b"-14");
    for _ in 0..2 {
        assert!(
            client
                .http
                .post(&to)
                .body(file.data.clone())
                .send()
                .await
                .is_err()
        );
    }
    assert_eq!(client.piece(&to, &file.data).await.len(), 36);
    set(&handle, "up:flip@1,up:expired@2");
    let token = client.send(&file).await;
    let put = json!({"a":"p","t":client.cloud(),"n":[client.row(&token, "x", &file)]});
    assert_eq!(
        client.one(put).await,
        -14,
        "the witness sees the flipped bit"
    );
    let address = client.upload_address(1000).await;
    assert_eq!(
        client.piece(&format!("{address}/0"), &file.data).await,
        b"-8"
    );
}

#[tokio::test]
async fn bits_of_keys_and_attributes_flip_in_lists() {
    let (handle, client) = sandbox().await;
    let node = client.file(client.cloud(), "x", &seal(b"x")).await;
    let good = client.node(&node).await.unwrap();
    set(&handle, "cs.f:flip=key@1,cs.f:flip=attr@2,cs.g:quota=77@1");
    let bad = client.node(&node).await.unwrap();
    assert_ne!(bad["k"], good["k"]);
    assert_eq!(
        (&bad["a"], bad["k"].as_str().unwrap().len()),
        (&good["a"], good["k"].as_str().unwrap().len())
    );
    let bad = client.node(&node).await.unwrap();
    assert_ne!(bad["a"], good["a"]);
    assert_eq!(client.node(&node).await.unwrap(), good);
    let g = client.one(json!({"a":"g","g":1,"n":node})).await;
    assert_eq!((&g["e"], &g["tl"]), (&json!(-17), &json!(77)));
}
