//! Upload and download hosts.

use megarc::sandbox::crypto::{base64, checksum::PieceChecksum, chunks, raid};
use megarc::sandbox::{AccountSpec, Options};
use serde_json::json;

use crate::support::{bytes, options, sandbox, seal, spec, with};

fn checksum(data: &[u8]) -> String {
    let mut sum = PieceChecksum::default();
    sum.update(data);
    sum.text()
}

#[tokio::test]
async fn sizes_at_every_edge_come_back() {
    let (handle, client) = sandbox().await;
    for size in [
        0, 1, 15, 16, 17, 131_071, 131_072, 131_073, 262_144, 262_145, 393_216, 1_048_579,
    ] {
        let file = seal(&bytes(size));
        let node = client.file(client.cloud(), "file", &file).await;
        assert_eq!(client.fetch(&node).await, file.data, "{size}");
        assert_eq!(client.node(&node).await.unwrap()["s"], size);
    }
    assert_eq!(handle.check(), Vec::<String>::new());
    assert_eq!(handle.stats().refusals, Vec::<String>::new());
}

#[tokio::test]
async fn pieces_come_in_any_order_joined_and_repeated() {
    let (_handle, client) = sandbox().await;
    let file = seal(&bytes(1_500_000));
    let table: Vec<(u64, u64)> = chunks::table(file.data.len() as u64).collect();
    let address = client.upload_address(file.data.len()).await;
    let piece = |from: usize, to: usize| {
        let start = table[from].0 as usize;
        let end = (table[to].0 + table[to].1) as usize;
        (format!("{address}/{start}"), &file.data[start..end])
    };
    let last = table.len() - 1;
    let (to, data) = piece(last, last);
    assert_eq!(
        client
            .piece(&format!("{to}?d={}", checksum(data)), data)
            .await,
        b"0"
    );
    let (to, data) = piece(1, last - 1);
    assert_eq!(
        client
            .piece(&format!("{to}?c={}", checksum(data)), data)
            .await,
        b""
    );
    assert_eq!(client.piece(&to, data).await, b"");
    let (to, data) = piece(0, 0);
    let token = client.piece(&to, data).await;
    assert_eq!(token.len(), 36);
    // A client that lost the answer asks again.
    assert_eq!(client.piece(&to, data).await, token);
    let token = String::from_utf8(token).unwrap();
    let put = json!({"a":"p","t":client.cloud(),"n":[client.row(&token, "x", &file)]});
    let answer = client.one(put.clone()).await;
    assert_eq!(
        client.fetch(answer["f"][0]["h"].as_str().unwrap()).await,
        file.data
    );
    assert_eq!(client.one(put).await, -9, "a token works once");
}

#[tokio::test]
async fn wrong_pieces_are_refused_and_change_nothing() {
    let (_handle, client) = sandbox().await;
    let file = seal(&bytes(400_000));
    let address = client.upload_address(file.data.len()).await;
    let code =
        async |to: String, data: &[u8]| String::from_utf8(client.piece(&to, data).await).unwrap();
    let first = &file.data[..131_072];
    assert_eq!(code(format!("{address}/5"), first).await, "-7");
    assert_eq!(code(format!("{address}/0"), &first[..1000]).await, "-7");
    assert_eq!(code(format!("{address}/393216"), first).await, "-7");
    assert_eq!(
        code(format!("{address}/0?c=AAAAAAAAAAAAAAAA"), first).await,
        "-14"
    );
    assert_eq!(
        code(format!("{}ul/nothing/0", client.url), first).await,
        "-8"
    );
    assert_eq!(code(format!("{address}/0"), first).await, "");
    let mut bad = first.to_vec();
    bad[7] ^= 1;
    // The repetition is answered, but what was stored stays.
    assert_eq!(
        code(format!("{address}/0?c=AAAAAAAAAAAAAAAA"), &bad).await,
        "-14"
    );
    let token = client
        .piece(&format!("{address}/131072"), &file.data[131_072..])
        .await;
    let token = String::from_utf8(token).unwrap();
    let put = json!({"a":"p","t":client.cloud(),"n":[client.row(&token, "x", &file)]});
    assert!(client.one(put).await["f"][0]["h"].is_string());
}

#[tokio::test]
async fn the_token_is_text_or_binary_as_asked_for() {
    let (_handle, client) = sandbox().await;
    let file = seal(b"hello");
    for level in [2, 3] {
        let answer = client.one(json!({"a":"u","s":5,"v":level})).await;
        assert_eq!(answer.get("ip").is_some(), level == 3);
        let address = format!("{}/0", answer["p"].as_str().unwrap());
        let token = client.piece(&address, &file.data).await;
        assert_eq!((token.len(), token.last()), (36, Some(&1)));
        let row = client.row(&base64::encode(&token), "x", &seal(b"hello"));
        let mut row = row;
        row["k"] = client.row("", "x", &file)["k"].clone();
        row["a"] = file.attributes("x").into();
        let answer = client
            .one(json!({"a":"p","t":client.cloud(),"n":[row]}))
            .await;
        assert!(answer["f"][0]["h"].is_string(), "{answer}");
    }
}

#[tokio::test]
async fn chunked_bodies_are_taken() {
    let (_handle, client) = sandbox().await;
    let file = seal(&bytes(300_000));
    let address = client.upload_address(file.data.len()).await;
    let parts: Vec<Result<Vec<u8>, std::io::Error>> = file
        .data
        .chunks(70_001)
        .map(|part| Ok(part.to_vec()))
        .collect();
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(parts));
    let answer = client
        .http
        .post(format!("{address}/0"))
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.bytes().await.unwrap().len(), 36);
}

#[tokio::test]
async fn ranges_are_inclusive_clamped_and_always_200() {
    let (_handle, client) = sandbox().await;
    for size in [1000usize, 300_000] {
        let file = seal(&bytes(size));
        let node = client.file(client.cloud(), "file", &file).await;
        let answer = client.one(json!({"a":"g","g":1,"ssl":2,"n":node})).await;
        assert_eq!(answer["s"], size);
        assert!(answer["at"].is_string());
        let address = answer["g"].as_str().unwrap().to_string();
        for (range, from, to) in [
            ("/0-15", 0, 16),
            ("/17-17", 17, 18),
            ("/990-", 990, size),
            ("", 0, size),
            (&format!("/0-{size}"), 0, size),
        ] {
            let answer = client
                .http
                .get(format!("{address}{range}"))
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(answer.content_length(), Some((to - from) as u64));
            assert_eq!(
                answer.bytes().await.unwrap(),
                &file.data[from..to],
                "{range}"
            );
            let answer = client
                .http
                .post(format!("{address}{range}"))
                .send()
                .await
                .unwrap();
            assert_eq!(
                answer.bytes().await.unwrap(),
                &file.data[from..to],
                "{range}"
            );
        }
        assert_eq!(client.one(json!({"a":"d","n":node})).await, 0);
        assert_eq!(
            client.http.get(&address).send().await.unwrap().status(),
            404
        );
    }
    let answer = client
        .http
        .get(format!("{}dl/nothing/0-5", client.url))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn information_without_an_address() {
    let (_handle, client) = sandbox().await;
    let file = seal(b"x");
    let node = client.file(client.cloud(), "file", &file).await;
    let answer = client.one(json!({"a":"g","n":node})).await;
    assert!(answer.get("g").is_none());
    assert_eq!(answer["s"], 1);
    assert_eq!(client.one(json!({"a":"g","g":1,"n":"AAAAAAAA"})).await, -9);
    assert_eq!(
        client.one(json!({"a":"g","g":1,"n":client.cloud()})).await,
        -2
    );
}

#[tokio::test]
async fn six_parts_make_the_file() {
    let (_handle, client) = with(Options {
        cloudraid: true,
        ..options()
    })
    .await;
    let file = seal(&bytes(700_123));
    let node = client.file(client.cloud(), "file", &file).await;
    let answer = client.one(json!({"a":"g","g":1,"v":2,"n":node})).await;
    let addresses = answer["g"].as_array().unwrap();
    assert_eq!(addresses.len(), 6);
    let mut parts = Vec::new();
    for (index, address) in addresses.iter().enumerate() {
        let part = client
            .http
            .get(address.as_str().unwrap())
            .send()
            .await
            .unwrap();
        let part = part.bytes().await.unwrap();
        assert_eq!(part.len() as u64, raid::part_size(700_123, index as u8));
        parts.push(part);
    }
    let whole: Vec<u8> = (0..file.data.len())
        .map(|at| parts[1 + at % 80 / 16][at / 80 * 16 + at % 16])
        .collect();
    assert_eq!(whole, file.data);
    let one = client.one(json!({"a":"g","g":1,"n":node})).await;
    assert!(one["g"].is_string(), "one address without v:2");
}

#[tokio::test]
async fn storage_and_transfer_run_out() {
    let poor = AccountSpec {
        quota: 1000,
        transfer_quota: Some(500),
        ..spec()
    };
    let (_handle, client) = with(Options {
        accounts: vec![poor],
        ..options()
    })
    .await;
    assert_eq!(client.one(json!({"a":"u","s":1001})).await, -17);
    let file = seal(&bytes(600));
    let node = client.file(client.cloud(), "file", &file).await;
    assert_eq!(client.one(json!({"a":"uq","strg":1})).await["cstrg"], 600);
    let copy = json!({"h":node,"t":0,"a":file.attributes("x"),"k":client.row("", "", &file)["k"]});
    assert_eq!(
        client
            .one(json!({"a":"p","t":client.cloud(),"n":[copy]}))
            .await,
        -17
    );
    let answer = client.one(json!({"a":"g","g":1,"n":node})).await;
    let address = answer["g"].as_str().unwrap();
    assert_eq!(client.http.get(address).send().await.unwrap().status(), 200);
    let refused = client.http.get(address).send().await.unwrap();
    assert_eq!(refused.status(), 509);
    let wait: u64 = refused.headers()["x-mega-time-left"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=3600).contains(&wait));
    let answer = client.one(json!({"a":"g","g":1,"n":node})).await;
    assert_eq!(answer["e"], -17);
    assert!(answer["tl"].as_u64().unwrap() > 0 && answer.get("g").is_none());
    assert_eq!(client.one(json!({"a":"qbq","s":1})).await, 1);
}

#[tokio::test]
async fn thumbnails_are_kept() {
    let (handle, client) = sandbox().await;
    let node = client.file(client.cloud(), "file", &seal(b"x")).await;
    let to = client.one(json!({"a":"ufa","s":32,"ssl":0})).await;
    let raw = client
        .piece(&format!("{}/0", to["p"].as_str().unwrap()), &[9; 32])
        .await;
    assert_eq!(raw.len(), 8);
    let name = base64::encode(&raw);
    let fa = client
        .one(json!({"a":"pfa","n":node,"fa":format!("0*{name}")}))
        .await;
    assert_eq!(fa, format!("0:0*{name}"));
    let from = client
        .one(json!({"a":"ufa","fah":name,"ssl":0,"r":1}))
        .await;
    let got = client.piece(from["p"].as_str().unwrap(), &raw).await;
    assert_eq!(got, [&raw[..], &32u32.to_le_bytes(), &[9; 32]].concat());
    assert_eq!(handle.check(), Vec::<String>::new());
}
