"""What holds for every page that sciwrap report writes: report.py PAGE... complains and fails when something does not.

--has PAGE TEXT... looks for each in what a person sees; --contrast PAGE computes the contrast of the colours of its style sheet (WCAG 2.1);
--forge MANIFEST FOLDER writes manifests that somebody made up."""
import copy
import html.parser
import json
import os
import re
import sys
import xml.etree.ElementTree

VOID = {"meta", "br", "link", "img", "input", "hr"}
ALLOWED = set("""html head meta title style body a header main footer nav section h1 h2 h3 p dl div dt dd ol ul li table caption
thead tbody tr th td code pre span small time details summary figure figcaption br svg desc g rect path text""".split())
ATTRIBUTES = set("""lang charset http-equiv content name class href id role tabindex scope datetime colspan xmlns width height
viewbox x y d rx""".split())


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.ids, self.links, self.heads = [], [], [], [], []
        self.refers, self.text, self.policy, self.titles, self.tables = [], [], "", 0, []

    def complain(self, words):
        self.wrong.append(f"line {self.getpos()[0]}: {words}")

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag not in ALLOWED:
            self.complain(f"element {tag}")
        if tag == "span" and given.get("class") == "start" and re.fullmatch(r"left:\d+px", given.get("style", "")):
            del given["style"]
            attributes = list(given.items())
        for name in given:
            if name not in ATTRIBUTES and not name.startswith("aria-"):
                self.complain(f"attribute {name} of {tag}")
        if len(given) != len(attributes):
            self.complain(f"an attribute of {tag} comes twice")
        self.ids += [given["id"]] if "id" in given else []
        self.refers += [i for key in ("aria-labelledby", "aria-describedby") for i in given.get(key, "").split()]
        if "href" in given:
            self.links.append(given["href"])
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        if re.fullmatch("h[1-6]", tag):
            self.heads.append(int(tag[1]))
        if tag == "table":
            self.tables.append(set())
        if self.tables and tag in ("caption", "th"):
            self.tables[-1].add(tag)
        if tag == "th" and given.get("scope") not in ("row", "col"):
            self.complain("a head of a table without scope")
        if tag == "svg" and (given.get("role") != "img" or "aria-labelledby" not in given):
            self.complain("a drawing that is not told")
        if tag == "html" and given.get("lang") != "en":
            self.complain("no language")
        self.titles += tag == "title" and "svg" not in self.open
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.complain(f"</{tag}> in {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)

    def handle_comment(self, data):
        self.complain(f"a comment: {data[:40]}")

    def unknown_decl(self, data):
        self.complain(f"a declaration: {data[:40]}")

    def handle_pi(self, data):
        self.complain(f"a processing instruction: {data[:40]}")


def parse(path):
    raw = open(path, "rb").read()
    page = Page()
    page.feed(raw.decode("utf-8"))
    page.close()
    return raw, page


def drawings_are_xml(text, page):
    for drawing in re.findall(r"<svg.*?</svg>", text, re.S):
        try:
            tree = xml.etree.ElementTree.fromstring(drawing)
        except xml.etree.ElementTree.ParseError as error:
            page.wrong.append(f"a drawing is no XML: {error}")
            continue
        names = [child.tag.split("}")[1] for child in tree]
        if names[:2] != ["title", "desc"]:
            page.wrong.append("a drawing without title and description")


def check(path):
    raw, page = parse(path)
    text = raw.decode("utf-8")
    wrong = page.wrong
    if page.open:
        wrong.append(f"not closed: {page.open}")
    if page.titles != 1 or not text.startswith("<!DOCTYPE html>\n"):
        wrong.append("no title, or no doctype")
    if page.policy.split("; ")[:2] != ["default-src 'none'", "style-src 'unsafe-inline'"]:
        wrong.append(f"policy: {page.policy}")
    if page.heads[:1] != [1] or page.heads.count(1) != 1:
        wrong.append("not one h1, first")
    for before, after in zip(page.heads, page.heads[1:]):
        if after > before + 1:
            wrong.append(f"h{after} behind h{before}")
    if len(set(page.ids)) != len(page.ids):
        wrong.append("an id comes twice")
    for link in page.links:
        if not link.startswith("#") or link[1:] not in page.ids:
            wrong.append(f"link to {link}")
    for name in page.refers:
        if name not in page.ids:
            wrong.append(f"reference to {name}")
    if any(table != {"caption", "th"} and table != {"caption"} for table in page.tables):
        wrong.append("a table without caption")
    style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
    if re.search(r"url\(|@import|expression", style):
        wrong.append("the style sheet fetches")
    bad = re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]", text)
    if bad:
        wrong.append(f"the character {bad.group(0)!r}")
    if len(raw) >= 500_000:
        wrong.append(f"{len(raw)} bytes")
    drawings_are_xml(text, page)
    for line in wrong[:20]:
        print(f"{path}: {line}")
    return not wrong


# ---- contrast (WCAG 2.1, 1.4.3 and 1.4.11)

def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one, other):
    first, second = sorted((luminance(one), luminance(other)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def contrast(path):
    style = re.search(r"<style>(.*?)</style>", open(path, encoding="utf-8").read(), re.S).group(1)
    schemes = [dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", block)) for block in re.findall(r":root\{(.*?)\}", style, re.S)]
    assert len(schemes) == 3, len(schemes)  # light, dark, paper
    words = [(front, back) for front in ("text", "muted", "accent", "good", "bad", "warn") for back in ("bg", "panel")]
    words += [(front, back) for front in ("text", "muted", "good", "bad") for back in ("run", "file")]
    drawn = [(front, "bg") for front in ("edge", "accent", "life", "user", "system", "memory")] + [("user", "system")]
    fine = True
    for number, scheme in enumerate(schemes):
        pairs = [(pair, 4.5) for pair in words] + [(pair, 3) for pair in drawn[:-1]]
        for (front, back), least in pairs:
            found = ratio(scheme[front], scheme[back])
            if found < least:
                print(f"scheme {number}: {front} on {back} is {found:.2f}, and must be {least}")
                fine = False
    return fine


# ---- manifests that somebody made up

def forge(path, folder):
    honest = json.load(open(path, encoding="utf-8"))
    os.mkdir(folder)
    evil = "\"'><script>\u202e</script>&amp;]]>"

    def write(name, change):
        made = copy.deepcopy(honest)
        change(made)
        with open(f"{folder}/{name}.json", "w", encoding="utf-8") as file:
            json.dump(made, file)

    def of(*keys):
        def find(made):
            for key in keys:
                made = made[key]
            return made
        return find

    circumstances, experiment = of("circumstances"), of("experiment")
    write("none", lambda made: made.pop("circumstances"))
    write("empty", lambda made: made.update(circumstances={}, recording={}, leaks=[]))
    write("words", lambda made: made.update(circumstances=evil, leaks=evil, comparison=evil))
    write("id", lambda made: made.update(id=evil, rerun_of=evil))
    write("times", lambda made: circumstances(made).update(started=evil, ended=2**60, elapsed_ns=2**63 - 1))
    write("huge", lambda made: circumstances(made).update(processes=[
        {"pid": 2**63 - 1, "parent": 2**62, "programs": [], "started_ns": 2**63 - 1, "elapsed_ns": 2**63 - 1,
         "user_us": 2**63 - 1, "system_us": 2**63 - 1, "max_rss_bytes": 2**63 - 1}] * 3))
    write("circle", lambda made: circumstances(made).update(processes=[
        {"pid": 2, "parent": 3, "programs": [{"path": evil, "argv": [evil]}]}, {"pid": 3, "parent": 2, "programs": []},
        {"pid": 4, "parent": 4, "programs": evil}, {}, evil]))
    write("crowd", lambda made: circumstances(made).update(processes=[
        {"pid": i + 2, "parent": i + 1, "programs": [{"path": "/bin/x", "argv": ["x" * 300]}], "started_ns": i} for i in range(400)]))
    def everywhere(made):
        circumstances(made).update(
            job={"scheduler": evil, evil: evil, "sweep": {"columns": {evil: {evil: evil}}}},
            limits={"by": {"pids": evil}, "hit": [evil, "pids"]}, devices={"models": [evil], "driver": evil},
            definition={"path": evil, "text": evil + "\n" * 9000})
        experiment(made).update(limits={"pids": 5}, devices={
            "asked": ["example.org/x=0"], "names": ["example.org/x=0"], "nodes": [{"path": "/dev/" + evil.replace("/", "")}] * 100,
            "files": [{"path": "/" + evil.replace("/", ""), "type": "library", "soname": evil, "size": 2**63 - 1}] * 100})
        experiment(made)["settings"].update({evil: evil, "later": True})
        experiment(made)["variables"].update({f"V{i}": evil * 20 for i in range(300)})
        made.update(leaks=[{"kind": evil, "detail": evil * 200}] * 200, comparison={
            "with": evil, "verdict": evil, "outputs": [{"path": evil, "verdict": evil, "then": evil, "now": evil}, evil] * 100,
            "differences": [{"what": evil, "name": evil, "then": evil, "now": evil}] * 100,
            "rules": {"rtol": 1e300, "ignore": [evil]}})

    write("everywhere", everywhere)
    write("command", lambda made: experiment(made).update(command=[evil] * 5000))
    write("files", lambda made: experiment(made).update(inputs=[
        {"path": f"{evil}{i}".replace("/", "_"), "sha256": "0" * 64, "size": 2**62, "role": evil} for i in range(1300)]))


def main():
    if sys.argv[1] == "--has":
        text = "".join(parse(sys.argv[2])[1].text)
        lacking = [words for words in sys.argv[3:] if words not in text]
        for words in lacking:
            print(f"{sys.argv[2]} lacks: {words}")
        return not lacking
    if sys.argv[1] == "--contrast":
        return contrast(sys.argv[2])
    if sys.argv[1] == "--forge":
        forge(*sys.argv[2:])
        return True
    return all([check(path) for path in sys.argv[1:]])


sys.exit(not main())
