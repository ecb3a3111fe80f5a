"""What people wait for, with many tokens: pages of a list, and changes."""
import os
import statistics
import time

from daemon import SHIPPED, Daemon, Traffic, medians
from resident import Store
from table import figure, rate, times

BESIDE = 100000             # uses a second
PAGE = 100                  # tokens
GOAL = 50                   # ms, a page
CHANGE = 5                  # ms, the 99th percentile of changes

# A name, what it asks for; what one filter needs of a token, others do not.
PAGES = [
    ("all", "in the order of making", {}),
    ("state", "of a state that none has", {"state": "inactive"}),
    ("label", "of a label that none has", {"label": "ci"}),
    ("unused", "not used for an hour, by last use",
     {"unused_since": "1h", "sort": "last-used"}),
    ("account", "of one account", {"account": "account-0", "sort": "id"}),
    ("from", "last used from a network, by uses",
     {"from": "10.0.0.0/8", "sort": "uses", "reverse": True}),
    ("text", "with a text that none has", {"text": "no such text"}),
]


def took(fn, *args, **more):
    """Milliseconds."""
    began = time.perf_counter()
    fn(*args, **more)
    return (time.perf_counter() - began) * 1000


def percentiles(ms, prefix=""):
    ms = sorted(ms)
    return {prefix + "p50_ms": ms[len(ms) // 2],
            prefix + "p99_ms": ms[len(ms) * 99 // 100]}


def page_rows(bench, d):
    n = bench.opts.issued
    for name, what, args in PAGES:
        ms = statistics.median(
            took(d.ask, "token.list", limit=PAGE, **args)
            for _ in range(max(3, bench.opts.rounds)))
        yield figure(f"page_{name}", f"page of {PAGE} of {n:,} tokens, {what}",
                     f"{ms:.1f} ms", {"ms": ms, "tokens": n},
                     goal=f"< {GOAL} ms", met=ms < GOAL)


def syncs(path, n):
    """Milliseconds of as many fdatasync of an appended line."""
    with open(path, "ab", buffering=0) as f:
        def sync():
            f.write(b"x" * 500)
            os.fdatasync(f.fileno())
        return [took(sync) for _ in range(n)]


def one_round(bench, d, store):
    """Tokens made, switched off and on, beside uses; all told when durable.
    It lasts for several checkpoints of last-used."""
    made, changed = [], []
    until = time.monotonic() + 3 * bench.opts.seconds
    with Traffic(d, store.names, BESIDE) as other:
        floor = syncs(d.dir + "/appended", bench.opts.probes)
        while len(made) < bench.opts.probes or time.monotonic() < until:
            began = time.perf_counter()
            token = d.ask("token.create", account="maker")["token"]["id"]
            made.append((time.perf_counter() - began) * 1000)
            changed.append(took(d.ask, "token.deactivate", id=token))
            changed.append(took(d.ask, "token.activate", id=token))
            d.ask("token.delete", id=token)
    return {**percentiles(made, "made_"), **percentiles(changed),
            **percentiles(floor, "floor_"), "others": other.rate}


def change_rows(bench, d, store):
    d.ask("account.add", name="maker")
    m = medians([one_round(bench, d, store)
                 for _ in range(bench.opts.rounds)])
    floor = f"fdatasync: {times(m, 'floor_')}"
    for key, what, prefix in (("made", "token made", "made_"),
                              ("changed", "state changed", "")):
        yield figure(f"token_{key}", f"{what} -> durable, at "
                     f"{rate(m['others'])} uses", times(m, prefix), m, floor,
                     f"p99 < {CHANGE} ms", m[prefix + "p99_ms"] < CHANGE)


def people(bench):
    store = Store(bench, 1)
    with Daemon(bench, (SHIPPED,), store=store.db) as d:
        figures = [*page_rows(bench, d), *change_rows(bench, d, store)]
    store.remove()
    return figures
