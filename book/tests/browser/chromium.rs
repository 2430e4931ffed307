//! [`Chromium`]: a headless browser, spoken to by its DevTools protocol.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// After this the browser is taken to hang.
const LIMIT: Duration = Duration::from_secs(60);

/// A running browser. It ends with this value.
pub struct Chromium {
    process: Child,
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    last_id: u64,
    /// What was reported and not taken yet.
    events: Vec<Value>,
    /// The browser keeps its files here.
    _profile: TempDir,
}

/// A tab of it.
pub struct Tab<'c> {
    browser: &'c mut Chromium,
    session: String,
}

impl Chromium {
    /// Starts the program that `CHROMIUM` names, or else `chromium`.
    pub fn start() -> Self {
        let program =
            env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("chromium"), PathBuf::from);
        let profile = tempfile::tempdir().expect("a directory for the browser");
        let mut process = Command::new(&program)
            .args([
                "--headless=new",
                "--remote-debugging-port=0",
                "--no-first-run",
            ])
            .args([
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
            ])
            // As root, Chromium has no sandbox; it is shown pages of this repository only.
            .args([
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut lines = BufReader::new(process.stderr.take().expect("its messages")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.strip_prefix("DevTools listening on ")
                    .map(str::to_owned)
            })
            .expect("the browser says where it listens");
        // It goes on writing there, and must not be stopped by that.
        std::thread::spawn(move || lines.for_each(drop));
        let (socket, _) = tungstenite::connect(address).expect("a connection to the browser");
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(LIMIT)).expect("a time limit");
        }
        Chromium {
            process,
            socket,
            last_id: 0,
            events: Vec::new(),
            _profile: profile,
        }
    }

    /// Opens an empty tab that reports requests, messages and errors.
    pub fn tab(&mut self) -> Tab<'_> {
        let target = self.call(None, "Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = self.call(None, "Target.attachToTarget", attach);
        let session = attached["sessionId"]
            .as_str()
            .expect("a session")
            .to_owned();
        let mut tab = Tab {
            browser: self,
            session,
        };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        tab
    }

    /// Calls a method, and keeps what is reported meanwhile.
    fn call(&mut self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let mut message = json!({"id": self.last_id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let text = message.to_string();
        self.socket
            .send(Message::text(text))
            .expect("the browser listens");
        loop {
            let mut message = self.receive();
            if message["id"] == self.last_id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    fn receive(&mut self) -> Value {
        loop {
            let message = self.socket.read().expect("the browser answers in time");
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).expect("a message in JSON");
            }
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Ends its child processes, too; `kill` would leave them.
        let close = json!({"id": 0, "method": "Browser.close"}).to_string();
        let is_told = self.socket.send(Message::text(close)).is_ok();
        let since = Instant::now();
        while is_told && since.elapsed() < LIMIT {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

impl Tab<'_> {
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.browser.call(Some(&self.session), method, params)
    }

    /// Loads a page to its end, and returns the events on the way.
    pub fn load(&mut self, url: &str) -> Vec<Value> {
        self.browser.events.clear();
        let begun = self.call("Page.navigate", json!({"url": url}));
        assert!(
            begun["errorText"].is_null(),
            "{url}: {}",
            begun["errorText"]
        );
        let has_loaded = |events: &[Value]| {
            events
                .iter()
                .any(|event| event["method"] == "Page.loadEventFired")
        };
        while !has_loaded(&self.browser.events) {
            let event = self.browser.receive();
            self.browser.events.push(event);
        }
        // Whatever its scripts have begun by now is reported before this returns.
        self.evaluate("new Promise(done => setTimeout(done, 50))");
        std::mem::take(&mut self.browser.events)
    }

    /// Runs a script in the page, and returns its value.
    pub fn evaluate(&mut self, script: &str) -> Value {
        let params = json!({"expression": script, "awaitPromise": true, "returnByValue": true});
        let mut answer = self.call("Runtime.evaluate", params);
        assert!(
            answer["exceptionDetails"].is_null(),
            "{script}: {}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].take()
    }

    /// Shows pages at this width, in pixels.
    pub fn set_width(&mut self, width: u32) {
        let metrics =
            json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Tells pages that the system prefers dark colours, or light ones.
    pub fn set_dark(&mut self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        let feature = json!({"name": "prefers-color-scheme", "value": value});
        self.call("Emulation.setEmulatedMedia", json!({"features": [feature]}));
    }

    /// A picture of what is shown, as PNG in Base64.
    pub fn screenshot(&mut self) -> String {
        let answer = self.call(
            "Page.captureScreenshot",
            json!({"captureBeyondViewport": true}),
        );
        answer["data"].as_str().expect("a picture").to_owned()
    }
}
