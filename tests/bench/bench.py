#!/usr/bin/python3
"""Measures patrold end to end, each figure beside a floor of the same run.

Prints a table (figure, what patrol does, the floor, the goal, whether it was
met), then all of it as one line of JSON.  Figures are medians of several
rounds.  Nothing here is a timed test: a goal that is missed is told, and the
exit status is 0.

    bench.py            up to about ten minutes
    bench.py --quick    one round of small sizes: does it all still run?
    bench.py --full     20 million stored uses at start; takes 4 GB of disk
    bench.py --only latency,idle
"""
import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time

import endpoint
import ingest
import latency
import resident
import search
import table
import tokens
from daemon import TOP, Bench

GROUPS = {
    "ingest": ingest.by_tokens,
    "rules": ingest.by_rules,
    "refusal": latency.refusal,
    "alert": latency.alert,
    "endpoint": endpoint.exchanges,
    "large": resident.large,
    "search": search.searches,
    "tokens": tokens.people,
    "idle": resident.idle,
}

# What --quick and --full change; what is given beside them holds.
QUICK = {"rounds": 1, "uses": 100000, "tokens": [10000, 100000],
         "rules": [10, 1000], "probes": 50, "seconds": 1, "issued": 100000,
         "stored": 200000, "idle": 5}
FULL = {"stored": 20000000}


def numbers(text):
    return [int(n) for n in text.split(",")]


def groups(text):
    names = text.split(",")
    for n in names:
        if n not in GROUPS:
            raise argparse.ArgumentTypeError(
                f"{n} is none of {', '.join(GROUPS)}")
    return names


def parse(argv):
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = ap.add_argument
    add("--build", default=TOP + "/build")
    add("--dir", help="where stores lie while it runs (default: build)")
    add("--quick", action="store_true")
    add("--full", action="store_true")
    add("--only", type=groups, default=list(GROUPS), metavar="GROUPS",
        help="of " + ",".join(GROUPS))
    add("--rounds", type=int, default=5)
    add("--uses", type=int, default=500000, help="sent in a round")
    add("--tokens", type=numbers, default=[10000, 100000, 1000000],
        help="sizes to compare")
    add("--main-tokens", type=int, default=100000, help="one of them")
    add("--rules", type=numbers, default=[10, 100, 1000],
        help="numbers of rules to compare")
    add("--probes", type=int, default=200,
        help="refusals, and alerts, of a round")
    add("--seconds", type=int, default=2, help="of exchanges, a round")
    add("--issued", type=int, default=1000000,
        help="tokens of the large store")
    add("--stored", type=int, default=2000000, help="uses of it")
    add("--idle", type=int, default=10, help="seconds of idling")
    if "--full" in argv:
        ap.set_defaults(**FULL)
    if "--quick" in argv:
        ap.set_defaults(**QUICK)
    opts = ap.parse_args(argv)
    if opts.main_tokens not in opts.tokens:
        ap.error("--main-tokens must be one of --tokens")
    return opts


def main():
    # So that what was started ends, and what was made goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: ended"))
    opts = parse(sys.argv[1:])
    where = tempfile.mkdtemp(prefix="bench-",
                             dir=os.path.abspath(opts.dir or opts.build))
    bench = Bench(opts, where)
    figures, took = [], {}
    try:
        for name in opts.only:
            began = time.monotonic()
            figures += GROUPS[name](bench)
            took[name] = round(time.monotonic() - began, 1)
            print(f"{name}: {took[name]:.0f} s", file=sys.stderr)
    finally:
        shutil.rmtree(where, ignore_errors=True)
    print(f"\nmedians of {opts.rounds} rounds, {opts.uses:,} uses sent in "
          "each\n")
    table.show(figures)
    print("\n" + json.dumps({"figures": table.as_json(figures),
                             "options": vars(opts), "seconds": took}))


if __name__ == "__main__":
    main()
