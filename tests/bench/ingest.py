"""Uses a second over one ingest connection, and what they take on disk.

All rounds of a figure go through the same daemons, in turn, so that what
else the machine does hits all of them alike.  Their tokens are known before,
as those of a registry are.
"""
import contextlib
import shutil

import rules
from daemon import Daemon, medians
from table import figure, of_it, rate


def loader(bench, *args):
    """Rows a second of SQLite alone, in the same file system."""
    d = bench.dir()
    words = bench.run("loader", "-n", bench.opts.uses, "-d", d,
                      *args).replace(",", "").split()
    shutil.rmtree(d)
    return float(words[words.index("rows/s") - 1])


def race(bench, daemons, tokens, floors):
    """Medians by the keys of `daemons`, whose tokens are in `tokens`."""
    rounds = []
    for key, d in daemons.items():
        d.meet(tokens[key])
    for i in range(bench.opts.rounds):
        r = {name: loader(bench, *args) for name, args in floors.items()}
        for key, d in daemons.items():
            r[key] = d.send("-i", "-s", i + 1, "-n", bench.opts.uses, "-t",
                            tokens[key])
            for name in floors:
                r[key, name] = r[key] / r[name]
        first = r[next(iter(daemons))]
        for key in daemons:
            r[key, "first"] = r[key] / first
        rounds.append(r)
    return medians(rounds)


def by_tokens(bench):
    opts = bench.opts
    sizes = {n: n for n in opts.tokens}
    floors = {"rows": (), "lines": ("-t",)}
    with contextlib.ExitStack() as stack:
        daemons = {n: stack.enter_context(Daemon(bench)) for n in sizes}
        m = race(bench, daemons, sizes, floors)
        main = daemons[opts.main_tokens]
        main.stop()
        disk = main.stored_bytes() / (opts.main_tokens
                                      + opts.rounds * opts.uses)
    return [acknowledged(opts.main_tokens, m), *scaling(
        "tokens", opts.tokens, m, 0.7), figure(
        "disk", "disk bytes a use", f"{disk:.1f}", {"bytes": disk},
        goal="<= 80", met=disk <= 80)]


def acknowledged(n, m):
    ratio = m[n, "rows"]
    return figure(
        "ingest", f"uses acknowledged, shipped rules, {n:,} tokens",
        f"{rate(m[n])}, {of_it(ratio)}",
        {"uses_per_second": m[n], "floor": m["rows"],
         "floor_lines": m["lines"], "ratio": ratio},
        f"SQLite {rate(m['rows'])}; raw lines {rate(m['lines'])}",
        ">= 0.60 of it; > raw lines", ratio >= 0.6 and m[n, "lines"] > 1)


def scaling(what, sizes, m, goal):
    """A row for each size but the first, which is their floor."""
    first, last = sizes[0], sizes[-1]
    return [figure(
        f"{what}_{n}", f"the same with {n:,} {what}",
        f"{rate(m[n])}, {of_it(m[n, 'first'])}",
        {"uses_per_second": m[n], "floor": m[first],
         "ratio": m[n, "first"]},
        f"with {first:,}: {rate(m[first])}",
        f">= {goal:.2f} of it" if n == last else "-",
        m[n, "first"] >= goal if n == last else None)
        for n in sizes[1:]]


def by_rules(bench):
    counts = bench.opts.rules
    tokens = {n: bench.opts.main_tokens for n in counts}
    with contextlib.ExitStack() as stack:
        daemons = {n: stack.enter_context(Daemon(
            bench, rules=(), rule_text=rules.made_up(n))) for n in counts}
        for n, d in daemons.items():
            assert d.ask("status")["rules"] == n
        m = race(bench, daemons, tokens, {})
    return scaling("rules", counts, m, 0.5)
