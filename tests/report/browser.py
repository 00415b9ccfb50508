#!/usr/bin/env python3
"""Looks at pages in headless Chromium, at two widths, light and dark: browser.py OUT PAGE...

Writes OUT/NAME-WIDTH-SCHEME.png, and a line for each thing that is wrong: a page wider than the window, an error on the
console, text without the contrast that WCAG 2.1 AA asks for, something fetched from elsewhere. Speaks the DevTools protocol
through the pipe that --remote-debugging-pipe opens: JSON with a NUL byte behind it, from descriptor 3 and to descriptor 4."""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

WIDTHS = (1280, 400)
SCHEMES = ("light", "dark")

# The contrast of each text with what is behind it, once all folds are open. In an SVG the background is that of the box
# that the text stands in, so the last rectangle before it in the same group counts.
MEASURE = r"""
(() => {
  document.querySelectorAll('details').forEach(d => d.open = true);
  const parse = c => { const m = c.match(/[\d.]+/g); return m ? m.map(Number) : null; };
  const lum = c => { const f = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
  const behind = e => {
    for (let at = e; at; at = at.parentElement) {
      if (at.namespaceURI.endsWith('svg')) {
        const box = at.localName === 'g' && at.querySelector(':scope > rect.run, :scope > rect.file');
        if (box) return parse(getComputedStyle(box).fill);
        continue;
      }
      const c = parse(getComputedStyle(at).backgroundColor);
      if (c && (c.length < 4 || c[3] > 0)) return c;
    }
    return [255, 255, 255];
  };
  const low = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || ['title', 'desc', 'style'].includes(e.localName)) continue;
    const style = getComputedStyle(e);
    const front = parse(e.namespaceURI.endsWith('svg') ? style.fill : style.color);
    const back = behind(e);
    const [a, b] = [lum(front), lum(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.add(e.localName + '.' + (e.getAttribute('class') || '') + ' ' + ratio.toFixed(2));
  }
  const wide = [...document.querySelectorAll('body *')].filter(e => {
    if (e.closest('.scroll') && !e.matches('.scroll') || e.closest('svg') || e.matches('.skip')) return false;
    return e.getBoundingClientRect().right > innerWidth + 0.5;
  }).slice(0, 5).map(e => e.localName + '.' + (e.getAttribute('class') || ''));
  return {inner: innerWidth, scroll: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight,
          low: [...low], wide};
})()
"""


class Browser:
    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="sciwrap-browser.")
        to_read, self.to = os.pipe()
        self.back, back_write = os.pipe()
        # The shell puts them where the protocol wants them, whatever numbers they have here.
        words = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                 "--no-first-run", "--disable-sync", "--disable-component-update", "--disable-dev-shm-usage",
                 "--hide-scrollbars", "--user-data-dir=" + self.folder, "--remote-debugging-pipe", "about:blank"]
        place = f'exec "$@" 3<&{to_read} 4>&{back_write}'
        self.process = subprocess.Popen(["bash", "-c", place, "bash", *words], pass_fds=(to_read, back_write),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(back_write)
        self.rest = b""
        self.number = 0
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def message(self):
        while b"\0" not in self.rest:
            more = os.read(self.back, 1 << 20)
            if not more:
                raise RuntimeError("the browser ended")
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if hasattr(self, "session"):
            request["sessionId"] = self.session
        left = json.dumps(request).encode() + b"\0"
        while left:
            left = left[os.write(self.to, left):]
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.message())

    def close(self):
        os.close(self.to)
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def said(events):
    for event in events:
        params = event.get("params", {})
        if event.get("method") == "Log.entryAdded":
            yield "console: " + params["entry"]["text"]
        elif event.get("method") == "Runtime.consoleAPICalled":
            yield "console: " + str(params["args"])
        elif event.get("method") == "Runtime.exceptionThrown":
            yield "script: " + str(params)
        elif event.get("method") == "Network.requestWillBeSent":
            address = params["request"]["url"]
            if not address.startswith(("file:", "about:")):
                yield "fetches " + address


def screenshot(browser, path, width):
    size = browser.call("Page.getLayoutMetrics")["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": width, "height": min(size["height"], 12000), "scale": 1}
    image = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
    path.write_bytes(base64.b64decode(image["data"]))


def look(browser, page, out, width, scheme):
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    browser.call("Emulation.setEmulatedMedia", media="screen", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.events.clear()
    browser.call("Page.navigate", url=page.resolve().as_uri())
    browser.wait_for("Page.loadEventFired")
    screenshot(browser, out / f"{page.stem}-{width}-{scheme}.png", width)
    found = browser.call("Runtime.evaluate", expression=MEASURE, returnByValue=True)["result"]["value"]
    wrong = list(said(browser.events))
    if found["inner"] != width:
        wrong.append(f"the window is {found['inner']} wide")
    if found["scroll"] > found["inner"] or found["wide"]:
        wrong.append(f"{found['scroll']} pixels wide: {found['wide']}")
    wrong += [f"contrast of {what}" for what in found["low"]]
    return wrong


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        sys.exit("no Chromium here")
    browser = Browser(program)
    bad = False
    try:
        for domain in ("Page", "Runtime", "Log", "Network"):
            browser.call(domain + ".enable")
        for page in map(pathlib.Path, sys.argv[2:]):
            for width in WIDTHS:
                for scheme in SCHEMES:
                    wrong = look(browser, page, out, width, scheme)
                    print("ok" if not wrong else "not ok", f"{page.stem} at {width} pixels, {scheme}")
                    for line in wrong:
                        print("#", line)
                    bad = bad or bool(wrong)
    finally:
        browser.close()
    sys.exit(bad)


if __name__ == "__main__":
    main()
