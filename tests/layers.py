#!/usr/bin/env python3
"""layers - who may know whom, checked by reading the #include lines.

    tests/layers.py [ROOT]       checks the tree (default: where this lies)
    tests/layers.py --self-test  proves that each kind of fault is found

A file includes only from its own folder and from the floors below; folders
of one floor do not know each other.  Libraries stay behind the one folder or
file that is theirs, and nothing in src/ but patrolctl reads a clock, logs,
opens sockets or starts threads.  Each fault is a line "file:line: what";
the exit status is then 1.
"""

import os
import re
import sys
import tempfile

FLOORS = {
    "base": 0,
    "use": 1, "conf": 1, "proto": 1,
    "token": 2, "stream": 2, "profile": 2,
    "rule": 3, "alert": 3,
    "engine": 4, "store": 4, "auth": 4,
    "daemon": 5, "patrolctl": 5,
}

# patrolctl talks to the daemon over a socket: it needs the words of that
# talk and the rules, to test them, and must not reach the rest by a header.
PATROLCTL_MAY = {"patrolctl", "base", "use", "conf", "proto", "token",
                 "stream", "profile", "rule"}

# Header pattern, what it is, and the beginnings of the paths that may.
LIBRARIES = [
    (re.compile(r"event2/|(event|evhttp|evutil|evdns|evrpc|evbuffer)\.h$"),
     "libevent", ("daemon/",)),
    (re.compile(r"sqlite3(ext)?\.h$"), "SQLite", ("src/store/",)),
    (re.compile(r"yaml\.h$"), "libyaml", ("src/conf/yaml.c",)),
    (re.compile(r"simdjson(\.h$|/)"), "simdjson", ("src/use/tokens.cc",)),
    (re.compile(r"re2/"), "RE2", ("src/rule/regex.cc",)),
]

# What a pure function has no use for.  <syslog.h> is not among it: it has the
# names of facilities, which the configuration knows; logging is a call.
IMPURE_HEADER = re.compile(
    r"(poll|pthread|threads|signal|netdb|sys/(epoll|eventfd|inotify|poll|"
    r"select|signalfd|socket|time|timerfd|un|wait))\.h$")
IMPURE_CALL = re.compile(
    r"(?<![\w.>])(clock_gettime|gettimeofday|timespec_get|ftime|v?syslog|"
    r"openlog|sd_journal_\w+|accept4?|pthread_create|fork|vfork|"
    r"posix_spawnp?|popen|usleep|nanosleep|time(?=\s*\(\s*(NULL|0|&)))\s*\(")

TOP_LEVEL = {"daemon", "src", "rules", "etc", "tests", "build", "Makefile",
             "README.md", "LICENSE"}

SOURCE = re.compile(r"\.(c|h|cc|cpp|cxx|hh|hpp|inc)$")
INCLUDE = re.compile(r"^[ \t]*#[ \t]*(?:include|include_next|import)\b"
                     r"[ \t]*(.*?)[ \t]*$", re.M)
NAMED = re.compile(r'^(?:"([^"]*)"|<([^>]*)>)')
COMMENT_OR_TEXT = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def blank_out(text, texts_too):
    """Comments (and literals) become blanks; every line keeps its number."""
    def blank(match):
        found = match.group(0)
        if found[0] != "/" and not texts_too:
            return found
        return re.sub(r"[^\n]", " ", found)
    return COMMENT_OR_TEXT.sub(blank, text)


def folder_of(path):
    """The folder that has a floor: "daemon", or the one below src/."""
    parts = path.split("/")
    if parts[0] == "daemon":
        return "daemon"
    return parts[1] if len(parts) > 2 else None


def check_library(path, header):
    for pattern, name, places in LIBRARIES:
        if pattern.match(header) and not path.startswith(places):
            return f"<{header}>: {name} is for {' '.join(places)} only"
    return None


def check_floor(folder, header):
    target = header.split("/")[0]
    if target == folder:
        return None
    if folder == "patrolctl" and target not in PATROLCTL_MAY:
        return f"\"{header}\": patrolctl may not know {target}"
    mine, other = FLOORS[folder], FLOORS[target]
    if other > mine:
        return (f"\"{header}\": {folder} (floor {mine}) may not know "
                f"{target} (floor {other}) above it")
    if other == mine:
        return (f"\"{header}\": {folder} and {target} are both on floor "
                f"{mine} and may not know each other")
    return None


def check_include(path, folder, operand):
    """What is wrong with one #include, or None."""
    named = NAMED.match(operand)
    if not named:
        return f"#include {operand}: name the header, so that it can be checked"
    header = named.group(1) if named.group(1) is not None else named.group(2)
    # yaml.h of ours is "conf/yaml.h": only a bare name is the library's.
    fault = check_library(path, header)
    if fault:
        return fault
    if "/" in header and header.split("/")[0] in FLOORS:
        return check_floor(folder, header)
    if named.group(1) is not None:
        return f"\"{header}\": write it from its folder, as in \"base/buf.h\""
    if is_pure(folder) and IMPURE_HEADER.match(header):
        return f"<{header}>: src/{folder} is pure: bytes and `now` in"
    return None


def is_pure(folder):
    return folder not in ("daemon", "patrolctl")


def check_file(path, text):
    """All faults of one file as (line, what)."""
    folder = folder_of(path)
    if folder not in FLOORS or (folder == "daemon") != (path[0] == "d"):
        return [(1, "this folder has no floor")]
    # A continued line is one line to the preprocessor; the NUL remembers, for
    # the counting of lines, where it was broken.
    text = text.replace("\\\n", " \x00")
    code = blank_out(text, texts_too=False)
    faults = []
    for match in INCLUDE.finditer(code):
        what = check_include(path, folder,
                             match.group(1).replace("\x00", "").strip())
        if what:
            faults.append((match.start(), what))
    if is_pure(folder):
        for match in IMPURE_CALL.finditer(blank_out(text, texts_too=True)):
            faults.append((match.start(), f"{match.group(1)}(): src/{folder} "
                           "reads no clock, logs nothing, waits for nothing"))
    return [(line_of(text, at) + text.count("\x00", 0, at), what)
            for at, what in sorted(faults)]


def source_files(root):
    for top in ("daemon", "src"):
        for where, dirs, files in os.walk(os.path.join(root, top)):
            dirs.sort()
            for name in sorted(files):
                if SOURCE.search(name):
                    full = os.path.join(where, name)
                    yield os.path.relpath(full, root).replace(os.sep, "/")


def check_tree(root):
    """The number of files read, and "file:line: what" for each fault."""
    faults, n = [], 0
    for name in sorted(os.listdir(root)):
        if name not in TOP_LEVEL and not name.startswith("."):
            faults.append(f"{name}:1: has no place at the top level")
    for path in source_files(root):
        with open(os.path.join(root, path), encoding="utf-8",
                  errors="replace") as f:
            text = f.read()
        n += 1
        faults += [f"{path}:{line}: {what}"
                   for line, what in check_file(path, text)]
    return n, faults


# ---- the proof ------------------------------------------------------------

# (path, text, line of the one fault in it, words of what is told).
FAULTY = [
    ("src/base/a.c", '\n#include "use/use.h"\n', 2, "above it"),
    ("src/use/a.c", '#include "conf/conf.h"\n', 1, "each other"),
    ("src/proto/a.c", '#include "use/use.h"\n', 1, "each other"),
    ("src/conf/a.c", '#include "token/token.h"\n', 1, "above it"),
    ("src/token/a.h", '#include "stream/window.h"\n', 1, "each other"),
    ("src/stream/a.c", '#include "profile/x.h"\n', 1, "each other"),
    ("src/profile/a.c", '#include "rule/ruleset.h"\n', 1, "above it"),
    ("src/rule/a.c", '#include "alert/alert.h"\n', 1, "each other"),
    ("src/alert/a.c", '#include "engine/engine.h"\n', 1, "above it"),
    ("src/engine/a.c", '#include "store/store.h"\n', 1, "each other"),
    ("src/store/a.c", '#include "auth/jwt.h"\n', 1, "each other"),
    ("src/auth/a.c", '#include "daemon/log.h"\n', 1, "above it"),
    ("src/engine/a.c", '#include "patrolctl/x.h"\n', 1, "above it"),
    ("daemon/a.c", '#include "patrolctl/x.h"\n', 1, "each other"),
    ("src/patrolctl/a.c", '#include "daemon/log.h"\n', 1, "patrolctl may"),
    ("src/patrolctl/a.c", '#include "engine/engine.h"\n', 1,
     "patrolctl may"),
    ("src/patrolctl/a.c", '#include "store/store.h"\n', 1, "patrolctl may"),
    ("src/patrolctl/a.c", '#include "auth/jwt.h"\n', 1, "patrolctl may"),
    ("src/patrolctl/a.c", '#include "alert/alert.h"\n', 1, "patrolctl may"),
    ("src/base/a.c", "#include <rule/ruleset.h>\n", 1, "above it"),
    ("src/base/a.c", '\t#  include\t"use/use.h" /* why */\n', 1, "above it"),
    ("src/base/a.c", '#include \\\n"use/use.h"\n', 1, "above it"),
    ("src/base/a.c", '#define A \\\n 1\n#include "use/use.h"\n', 3, "above"),
    ("src/base/a.c", '/* a\n b */\n#include "use/use.h"\n', 3, "above it"),
    ("src/base/a.c", "#include HEADER\n", 1, "name the header"),
    ("src/base/a.c", '#include "buf.h"\n', 1, "from its folder"),
    ("src/base/a.c", '#include "../use/use.h"\n', 1, "from its folder"),
    ("src/base/a.c", '#include "src/use/use.h"\n', 1, "from its folder"),
    ("src/engine/a.c", "#include <event2/event.h>\n", 1, "libevent"),
    ("src/patrolctl/a.c", "#include <event2/event.h>\n", 1, "libevent"),
    ("src/alert/a.c", "#include <event.h>\n", 1, "libevent"),
    ("src/engine/a.c", "#include <sqlite3.h>\n", 1, "SQLite"),
    ("daemon/a.c", '#include "sqlite3.h"\n', 1, "SQLite"),
    ("src/conf/conf.c", "#include <yaml.h>\n", 1, "libyaml"),
    ("src/rule/a.c", "#include <yaml.h>\n", 1, "libyaml"),
    ("src/use/a.cc", "#include <simdjson.h>\n", 1, "simdjson"),
    ("src/rule/a.cc", "#include <re2/re2.h>\n", 1, "RE2"),
    ("src/rule/a.cc", "#include <re2/set.h>\n", 1, "RE2"),
    ("src/engine/a.c", "#include <sys/epoll.h>\n", 1, "pure"),
    ("src/store/a.c", "#include <sys/socket.h>\n", 1, "pure"),
    ("src/alert/a.c", "#include <pthread.h>\n", 1, "pure"),
    ("src/use/a.c", "\n\n\tclock_gettime(0, &ts);\n", 3, "no clock"),
    ("src/use/a.c", "\tt = time(NULL);\n", 1, "no clock"),
    ("src/use/a.c", "\tsyslog(1, \"x\");\n", 1, "no clock"),
    ("src/newcomer/a.c", "\n", 1, "no floor"),
    ("src/daemon/a.c", "\n", 1, "no floor"),
    ("src/a.c", "\n", 1, "no floor"),
    ("NOTES.md", "\n", 1, "top level"),
    ("lib/a.c", "\n", 1, "top level"),
]

# All of these lie in one tree, which has no fault.
RIGHT = [
    ("src/base/a.c", '#include <stdio.h>\n#include "base/a.h"\n'
     '/*\n#include "use/use.h"\n*/\n// #include "use/use.h"\n'
     '\tputs("time(NULL) syslog(");\n\tuse->time(0);\n\tmy_time(0);\n'),
    ("src/use/tokens.cc", '#include <simdjson.h>\n#include "base/a.h"\n'),
    ("src/conf/yaml.c", '#include <yaml.h>\n#include "conf/yaml.h"\n'),
    ("src/conf/conf.c", '#include "conf/yaml.h"\n#include <syslog.h>\n'),
    ("src/rule/regex.cc", "#include <re2/re2.h>\n#include <re2/set.h>\n"),
    ("src/rule/a.c", '#include "conf/yaml.h"\n#include "profile/a.h"\n'),
    ("src/store/store.c", '#include <sqlite3.h>\n#include "alert/a.h"\n'),
    ("daemon/main.c", '#include <event2/event.h>\n#include <syslog.h>\n'
     '#include "daemon/log.h"\n#include "store/store.h"\n'
     "\tclock_gettime(0, &ts);\n"),
    ("src/patrolctl/main.c", "#include <sys/socket.h>\n"
     '#include "patrolctl/a.h"\n#include "rule/ruleset.h"\n'
     '#include "proto/msg.h"\n\tt = time(NULL);\n'),
    ("tests/unit/test-a.c", '#include "daemon/log.h"\n#include <yaml.h>\n'),
    ("build/x", ""), ("rules/x.yaml", ""), ("etc/x", ""), ("Makefile", ""),
    ("README.md", ""), ("LICENSE", ""), (".gitignore", ""),
]


def faults_of(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files:
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as f:
                f.write(text)
        return check_tree(root)[1]


def self_test():
    bad = 0
    for path, text, line, word in FAULTY:
        faults = faults_of([(path, text)])
        # What lies in a folder with no place is told by the folder's name.
        place = path if path.startswith(("src/", "daemon/")) \
            else path.split("/")[0]
        if len(faults) != 1 or word not in faults[0] or \
                not faults[0].startswith(f"{place}:{line}: "):
            print(f"self-test: {path}: {text!r}: wanted {place}:{line}: "
                  f"...{word}..., got {faults}")
            bad += 1
    for fault in faults_of(RIGHT):
        print(f"self-test: nothing is wrong with {fault}")
        bad += 1
    print(f"layers: {len(FAULTY)} faults and {len(RIGHT)} right files, "
          f"{bad} misjudged")
    return bad


def main(args):
    if args == ["--self-test"]:
        return 1 if self_test() else 0
    if len(args) > 1 or (args and args[0].startswith("-")):
        print("usage: layers.py [ROOT | --self-test]", file=sys.stderr)
        return 2
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    n, faults = check_tree(args[0] if args else here)
    for fault in faults:
        print(fault)
    print(f"layers: {n} files, {len(faults)} violations")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
