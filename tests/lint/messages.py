#!/usr/bin/env python3
"""Every message that the programs can print, out of the source, and whether a test provokes it.

    messages.py                      what can be seen from the source alone: the form
    messages.py --told FOLDER        also: each message was made by a test of this run (base/told.h), or has a reason
    messages.py --list               all of them
    messages.py --told FOLDER --missing    those without either, as lines for the list of reasons
    messages.py --told FOLDER --needless   lines of that list for messages that were made all the same

Messages are the formats of err_set, err_wrap, log_... and their like, and texts that a function with a `struct err *` is
given for one. The list of reasons is tests/lint/messages.reasons.
"""

import bisect
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REASONS = os.path.join(TOP, "tests/lint/messages.reasons")
# Where the format stands among the arguments.
FORMAT_AT = {"err_set": 2, "err_set_errno": 3, "err_wrap": 1, "keyfile_complain": 3}
FORMAT_AT.update({"log_error": 0, "log_warn": 0, "log_info": 0, "log_debug": 0})
# A macro beside a literal, which stands for a text that this script does not know.
MACRO = re.compile(r'"\s*(?!PRI)[A-Z][A-Z0-9_]*\s*("|$)|^[A-Z][A-Z0-9_]*\s*"')
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"|\bPRI[a-z]+\d+\b')


def without_comments(text):
    """Same length, so that line numbers stay."""
    pattern = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|/\*.*?\*/|//[^\n]*', re.S)
    return pattern.sub(lambda m: m[0] if m[0][0] in "\"'" else re.sub(r"[^\n]", " ", m[0]), text)


def arguments(text, at):
    """The arguments of the call whose parenthesis opens at `at`."""
    depth, parts, start = 0, [], at + 1
    i = at
    while i < len(text):
        char = text[i]
        if char in "\"'":
            i += 1
            while text[i] != char:
                i += 2 if text[i] == "\\" else 1
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                parts.append(text[start:i])
                return [part.strip() for part in parts]
        elif char == "," and depth == 1:
            parts.append(text[start:i])
            start = i + 1
        i += 1
    return []


def unescape(text):
    return re.sub(r"\\([0-7]{1,3}|x[0-9a-fA-F]{2}|.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), text)


def literals(argument):
    """The texts that an argument can be: one, or the sides of conditions; none when it is no literal."""
    found, current, last = [], None, 0
    for match in LITERAL.finditer(argument):
        between = argument[last : match.start()]
        last = match.end()
        piece = "%u" if match[1] is None else unescape(match[1])
        if match[1] is None and current and current.endswith("%"):
            piece = "u"
        if current is not None and re.fullmatch(r"\s*([A-Z][A-Z0-9_]*)?\s*", between):
            current += ("%s" if between.strip() else "") + piece  # a macro that stands for a text
        else:
            if current is not None:
                found.append(current)
            current = piece
    if current is not None:
        found.append(current)
    return found


def sources():
    for folder, folders, files in os.walk(os.path.join(TOP, "launcher")):
        folders[:] = sorted(name for name in folders if name != "probe")
        for name in sorted(files):
            if name.endswith(".c") and name != "filter_generate.c":  # which runs when sciwrap is built
                yield os.path.relpath(os.path.join(folder, name), TOP)


class Message:
    def __init__(self, path, line, call, text, kind, macro=False):
        self.path, self.line, self.call, self.text, self.kind, self.macro = path, line, call, text, kind, macro


DEFINITION = re.compile(r"^(?:static |__attribute__\(\([^;{]*?\)\)\s*)*[a-z_][\w \*]*?\b(\w+)\(([^;{]*?)\)\s*\{", re.M | re.S)


def with_errors(texts):
    """Functions that take a `struct err *`, by name."""
    names = set()
    for text in texts.values():
        for match in DEFINITION.finditer(text):
            if "struct err *" in match[2]:
                names.add(match[1])
    return names


def messages():
    texts = {path: without_comments(open(os.path.join(TOP, path), encoding="utf-8").read()) for path in sources()}
    takers = with_errors(texts)
    call = re.compile(r"\b([a-z_]\w*)\(")
    for path, text in texts.items():
        lines = [match.start() for match in re.finditer("\n", text)]
        for match in call.finditer(text):
            name = match[1]
            if name not in FORMAT_AT and name not in takers:
                continue
            line = bisect.bisect(lines, match.start()) + 1
            given = arguments(text, match.end() - 1)
            if name in FORMAT_AT:
                if FORMAT_AT[name] < len(given):
                    form = given[FORMAT_AT[name]]
                    for found in literals(form):
                        yield Message(path, line, name, found, "format", MACRO.search(form) is not None)
                given = given[FORMAT_AT[name] + 1 :]
            for argument in given:
                if argument.startswith(("(", "&", "{")) and "?" not in argument or re.match(r"[a-z_]\w*\(", argument):
                    continue
                for found in literals(argument):
                    if " " in found.strip() and re.search("[a-z]{2}", found):
                        yield Message(path, line, name, found, "part")


# ---- what was told

SPEC = re.compile(r"%(?:%|[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z])")


def escape(text):
    return text.replace("\\", "\\x5c") if False else text.replace("\n", "\\n").replace("\t", "\\x09")


def pattern(text):
    parts, last = [], 0
    for match in SPEC.finditer(text):
        parts.append(re.escape(escape(text[last : match.start()])))
        parts.append("%" if match[0] == "%%" else ".*")
        last = match.end()
    parts.append(re.escape(escape(text[last:])))
    return "".join(parts)


def plain(form):
    """Without the lengths of numbers: what PRIu64 stands for is not in the source."""
    return re.sub(r"%([-+ #0]*\d*)(?:hh|h|ll|l|z|j|t)?[diux]", r"%\1u", form)


def solid(text):
    """What is left of a format without its holes; too little of it would match anything."""
    return len(re.sub(r"\W", "", SPEC.sub("", text)))


class Told:
    def __init__(self, folder):
        self.formats, carried, every = set(), set(), set()
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                for line in set(file):
                    form, _, text = line.rstrip("\n").partition("\x1f")
                    self.formats.add(plain(form))
                    every.add(text)
                    if solid(form) < 12:
                        carried.add(text)  # from another process, or wrapped
        self.carried = "\n".join(sorted(carried))
        self.every = "\n".join(sorted(every))

    def has(self, message):
        if message.kind == "format" and plain(escape(message.text)) in self.formats:
            return True
        if message.macro and any(re.match(pattern(plain(message.text)), form) for form in self.formats):
            return True
        if solid(message.text) < 5:
            return message.kind == "part" and escape(message.text) in self.every
        where = self.carried if message.kind == "format" else self.every
        pieces = [escape(piece) for piece in SPEC.split(message.text) if piece]
        if not all(piece in where for piece in pieces):
            return False
        return re.search(pattern(message.text), where) is not None


# ---- reasons


def read_reasons():
    """(path, text) to why no test provokes it; and the reasons' words."""
    words, listed = {}, {}
    for number, line in enumerate(open(REASONS, encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if line.startswith("#") or not line:
            continue
        if line.startswith("= "):
            word, _, why = line[2:].partition(" ")
            words[word] = why
            continue
        word, path, text = line.split(" ", 2)
        if word not in words:
            sys.exit("%s:%d: '%s' is none of the reasons above" % (REASONS, number, word))
        listed[(path, text)] = word
    return words, listed


def shown(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def check_form(found):
    """Lower case, no full stop, as docs/HACKING.md says."""
    bad = []
    for message in found:
        text = message.text
        if message.kind != "format" or message.call == "err_wrap":
            continue
        first = text.split(" ")[0]
        if re.match(r"[A-Z][a-z]+$", first) and first not in ("Linux", "Slurm"):
            bad.append("%s:%d: begins with a capital: %s" % (message.path, message.line, shown(text)))
        if re.search(r"[a-z]\.$", text) and not text.endswith("..."):
            bad.append("%s:%d: ends in a full stop: %s" % (message.path, message.line, shown(text)))
        if "\n" in text:
            bad.append("%s:%d: more than one line: %s" % (message.path, message.line, shown(text)))
    return bad


def main():
    told_folder = sys.argv[sys.argv.index("--told") + 1] if "--told" in sys.argv else None
    found = list(messages())
    known = {(message.path, shown(message.text)) for message in found}
    if "--list" in sys.argv:
        for message in found:
            print("%s:%d: %s %s: %s" % (message.path, message.line, message.kind, message.call, shown(message.text)))
        return 0
    words, listed = read_reasons()
    bad = check_form(found)
    # Who moves a message need not know of the list: it is put right with what was told, all of it at once.
    for path, text in sorted(set(listed) - known) if told_folder else []:
        bad.append("tests/lint/messages.reasons: no such message any more: %s %s" % (path, text))
    if told_folder:
        told = Told(told_folder)
        silent, provoked, excused = [], 0, 0
        for key in sorted(known):
            message = next(m for m in found if (m.path, shown(m.text)) == key)
            if told.has(message):
                provoked += 1
                if key in listed and "--needless" in sys.argv:
                    print("%s %s %s" % (listed[key], *key))
            elif key in listed:
                excused += 1
            else:
                silent.append(message)
        if "--missing" in sys.argv:
            for message in silent:
                print("%s %s %s" % (message.call, message.path, shown(message.text)))
            return 0
        bad += ["%s:%d: no test provokes: %s" % (m.path, m.line, shown(m.text)) for m in silent]
        print("%d messages: %d provoked by tests, %d with a reason why not" % (len(known), provoked, excused))
    for line in bad:
        print(line)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
