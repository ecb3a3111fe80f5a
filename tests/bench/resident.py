"""What patrold holds in memory, how long a start takes, and idling."""
import os
import shutil
import statistics
import time

from daemon import SHIPPED, Daemon
from table import figure

DAY = 86400
MIB = 2 ** 20
TURNS = 3                   # uses of each token, from a network each
START = 3                   # seconds
BOUND = 60                  # seconds
TICKS = 1                   # a second: the one timer there is


class Store:
    """A store that patrold might have written, with many issued tokens."""

    def __init__(self, bench, days):
        opts = bench.opts
        self.dir = bench.dir()
        self.db = self.dir + "/patrol.db"
        self.names = self.dir + "/names"
        bench.run("fill", "-t", opts.issued, "-n", opts.stored, "-s",
                  days * DAY, self.db, self.names)

    def copy(self, bench):
        """Another database with the same in it."""
        to = bench.dir() + "/patrol.db"
        shutil.copyfile(self.db, to)
        return to

    def remove(self):
        shutil.rmtree(self.dir)


# --- start -------------------------------------------------------------

def starts(bench, store):
    """Seconds, the median; and the keys that the windows had then.  Once
    they took BOUND together no other follows."""
    took = []
    with Daemon(bench, store=store.db) as d:
        keys = d.ask("status")["memory"]["keys"]
        took.append(d.took)
        while len(took) < bench.opts.rounds and sum(took) < BOUND:
            d.stop()
            d.start()
            took.append(d.took)
    return statistics.median(took), keys


def start_row(bench, key, what, store):
    took, keys = starts(bench, store)
    return figure(key, what, f"{took:.2f} s, {keys:,} keys rebuilt",
                  {"seconds": took, "keys": keys,
                   "tokens": bench.opts.issued, "uses": bench.opts.stored},
                  goal=f"<= {START} s", met=took <= START)


# --- memory --------------------------------------------------------------

def with_tokens(bench, store, rules, limits):
    """RSS of a daemon whose tokens are all in use."""
    db = store.copy(bench)
    with Daemon(bench, rules, limits=limits, store=db) as d:
        d.send("-w", "-f", store.names, "-n", TURNS * bench.opts.issued)
        settle(d)
        held = d.ask("status")["memory"]["keys_bytes"]
        rss = d.resident()
    shutil.rmtree(os.path.dirname(db))
    return rss, held


def without_tokens(bench, rules, limits):
    """The same of one that has as much to do, with a single token."""
    with Daemon(bench, rules, limits=limits) as d:
        d.send("-w", "-t", 1, "-n", min(200000, TURNS * bench.opts.issued))
        settle(d)
        return d.resident()


def settle(d):
    """Last-used goes to the store once a second."""
    time.sleep(2.5)


def a_token(bench, store, rules):
    n = bench.opts.issued
    limits = f"keys: {n}\n  keys-in-all: {20 * n}\n  memory: 16GiB"
    empty = without_tokens(bench, rules, limits)
    full, held = with_tokens(bench, store, rules, limits)
    return (full - empty) / n, held / n


def memory(bench, store):
    alone, _ = a_token(bench, store, ())
    whole, held = a_token(bench, store, (SHIPPED,))
    n = f"{bench.opts.issued:,}"
    return [figure("memory", f"resident bytes a token in use, {n} of them",
                   f"{whole:.0f}, windows of the rules {whole - alone:.0f}",
                   {"bytes": whole, "windows": whole - alone,
                    "windows_by_status": held},
                   goal="<= 600", met=whole <= 600),
            figure("memory_alone", "the same without rules", f"{alone:.0f}",
                   {"bytes": alone}, goal="<= 600", met=alone <= 600)]


def large(bench):
    """All that needs a store with many tokens."""
    opts, size = bench.opts, f"{bench.opts.issued:,} tokens"
    uses = f"{opts.stored:,} uses"
    store = Store(bench, 90)
    rows = [start_row(bench, "start", f"start, {size}, {uses} of 90 days",
                      store)]
    rows += memory(bench, store)
    store.remove()
    store = Store(bench, 1)
    rows.insert(1, start_row(bench, "start_day",
                             "the same, all of them of one day", store))
    store.remove()
    return rows


# --- idle ----------------------------------------------------------------

def idle(bench):
    seconds = bench.opts.idle
    with Daemon(bench) as d:
        time.sleep(2)
        before = d.wakeups()
        time.sleep(seconds)
        n = d.wakeups() - before
        rss = d.resident() / MIB
    return [figure("idle", "idle: resident", f"{rss:.1f} MiB",
                   {"mib": rss}, goal="< 15 MiB", met=rss < 15),
            figure("idle_wakeups", f"idle: wake-ups in {seconds} s", str(n),
                   {"wakeups": n, "seconds": seconds},
                   f"its timer: {seconds * TICKS}", "no others",
                   n <= seconds * TICKS + 1)]
