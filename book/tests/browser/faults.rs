//! What is wrong with a page.

use serde_json::Value;

use super::chromium::Tab;

/// The images without a picture or a text, and what is wider than the screen.
const LOOK: &str = r#"
    (async () => {
        const found = [];
        for (const image of document.images) {
            // One that is shown in other colours only is loaded, too.
            image.loading = "eager";
            await image.decode().catch(() => {});
            if (!image.complete || image.naturalWidth === 0) found.push("not loaded: " + image.src);
            if (!image.alt.trim()) found.push("without a text: " + image.src);
        }
        for (const drawing of document.querySelectorAll("main svg")) {
            const text = drawing.getAttribute("aria-label") || drawing.querySelector("title")?.textContent || "";
            const isHidden = drawing.closest("[aria-hidden=true], button, a");
            if (!text.trim() && !isHidden) found.push("without a text: a drawing");
        }
        const screen = document.documentElement;
        if (screen.scrollWidth > screen.clientWidth) {
            found.push(`wider than the screen: ${screen.scrollWidth} pixels of ${screen.clientWidth}`);
        }
        if (!document.title.trim()) found.push("without a title");
        return found;
    })()
"#;

/// Loads a page of the site, and returns what is wrong with it.
pub fn faults(tab: &mut Tab, site: &str, page: &str) -> Vec<String> {
    let events = tab.load(&format!("{site}{page}"));
    let mut found: Vec<String> = events
        .iter()
        .filter_map(|event| fault(event, site))
        .collect();
    let looked = tab.evaluate(LOOK);
    let looked = looked.as_array().into_iter().flatten();
    found.extend(looked.filter_map(Value::as_str).map(str::to_owned));
    found
}

/// What this event says of a fault.
fn fault(event: &Value, site: &str) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(format!("an exception: {}", params["exceptionDetails"])),
        "Runtime.consoleAPICalled"
            if matches!(params["type"].as_str(), Some("error" | "warning")) =>
        {
            Some(format!("on the console: {}", params["args"]))
        }
        "Log.entryAdded" if params["entry"]["level"] == "error" => {
            Some(format!("in the log: {}", params["entry"]))
        }
        "Network.requestWillBeSent" => {
            let url = params["request"]["url"].as_str()?;
            let stays = [site, "data:", "blob:"]
                .iter()
                .any(|from| url.starts_with(from));
            (!stays).then(|| format!("a request to {url}"))
        }
        "Network.responseReceived" => {
            let response = &params["response"];
            let status = response["status"].as_u64()?;
            (status >= 400).then(|| format!("status {status}: {}", response["url"]))
        }
        "Network.loadingFailed" if params["canceled"] != true => {
            Some(format!("not loaded: {}", params["errorText"]))
        }
        _ => None,
    }
}
