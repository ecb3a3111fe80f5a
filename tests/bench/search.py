"""How fast stored uses are searched, beside SQLite alone counting the rows.

Nothing matches, so that every use is looked at and none is shown.
"""
import shutil
import sqlite3
import statistics
import time

from daemon import Daemon
from table import figure, of_it, rate

DAY = 86400
TOKENS = 10000
GOAL = 1000000              # uses a second
SEARCHES = {
    "network": ("in a network", {"ip": "203.0.113.0/24"}),
    "several": ("of an outcome, on a pattern, since a time",
                {"outcome": "failure", "repository": "nobody/*",
                 "since": "1000d"}),
    "account": ("of an account", {"account": "nobody"}),
    "text": ("with a text anywhere", {"text": "no such text"}),
}


def took(fn):
    began = time.perf_counter()
    assert not fn()
    return time.perf_counter() - began


def counted(db):
    return db.execute("SELECT count(*) FROM uses WHERE ip = -1").fetchone()[0]


def measure(bench, daemon):
    """Uses a second, by search, and the floor; medians."""
    rounds = {key: [] for key in [*SEARCHES, "floor"]}
    db = sqlite3.connect(f"file:{daemon.db}?mode=ro", uri=True)
    for _ in range(bench.opts.rounds):
        rounds["floor"].append(took(lambda: counted(db)))
        for key, (_, args) in SEARCHES.items():
            rounds[key].append(took(
                lambda: daemon.list("activity.list", **args)))
    db.close()
    return {key: bench.opts.stored / statistics.median(r)
            for key, r in rounds.items()}


def searches(bench):
    where = bench.dir()
    db = where + "/patrol.db"
    bench.run("fill", "-t", TOKENS, "-n", bench.opts.stored, "-s", 90 * DAY,
              db, where + "/names")
    with Daemon(bench, store=db) as d:
        m = measure(bench, d)
    shutil.rmtree(where)
    return [figure(
        f"search_{key}",
        f"search of {bench.opts.stored:,} uses {what}",
        f"{rate(m[key])}, {of_it(m[key] / m['floor'])}",
        {"uses_per_second": m[key], "floor": m["floor"],
         "ratio": m[key] / m["floor"]},
        f"SQLite counting: {rate(m['floor'])}", f"> {rate(GOAL)}",
        m[key] > GOAL) for key, (what, _) in SEARCHES.items()]
