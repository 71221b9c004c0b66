//! A sandbox server with several accounts, for what one account alone cannot
//! show.

use std::io::{BufRead as _, BufReader};
use std::process::Child;

use megarc::config::obscure::obscure;

use super::Home;

const PASSWORD: &str = "a good password";

/// A server that ends with the test.
pub struct Server {
    process: Child,
    url: String,
}

impl Server {
    /// Starts a server with these accounts.
    pub fn start(home: &Home, emails: &[&str]) -> Self {
        let mut arguments = vec!["sandbox".to_owned()];
        for email in emails {
            arguments.push("--account".to_owned());
            arguments.push(format!("{email}:{PASSWORD}:v2"));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut process = home.command(&arguments).spawn().unwrap();
        let mut first = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut first).unwrap();
        // What else it says must find a reader.
        std::thread::spawn(move || output.lines().map_while(Result::ok).count());
        let url = first.split_whitespace().next_back().unwrap().to_owned();
        Self { process, url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// A place in an account.
    pub fn place(&self, email: &str, path: &str) -> String {
        let pass = obscure(PASSWORD).unwrap();
        format!(
            ":mega,user={email},pass={pass},api_url='{}':{path}",
            self.url
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
