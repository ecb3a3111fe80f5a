"""How soon a use has its consequences: a refusal, an alert."""
from daemon import RATE, SHIPPED, Daemon, Traffic, medians
from table import figure, times

# The rules that ship only alert at a tenth denied use.
TENTH_DENIED = """
title: Denied use, one
name: bench_denied
logsource: {product: patrol}
detection:
  selection: {token|exists: true, outcome: denied}
  condition: selection
---
title: Ten denied uses
id: 4f0f2f0a-5d0e-4b36-9d5b-5a0f2f6f4a11
correlation:
  type: event_count
  rules: [bench_denied]
  group-by: [token]
  timespan: 5m
  condition: {gte: 10}
patrol: {mode: enforce, respond: [deactivate]}
"""

ALERTING = """
title: A use that alerts
id: 4f0f2f0a-5d0e-4b36-9d5b-5a0f2f6f4a12
logsource: {product: patrol}
detection:
  selection: {repository|startswith: bench-alert/}
  condition: selection
level: high
"""


def refusal(bench):
    opts, rounds = bench.opts, []
    with Daemon(bench, (SHIPPED,), TENTH_DENIED) as d:
        d.meet(opts.main_tokens)
        d.ask("account.add", name="alice")
        for _ in range(opts.rounds):
            tokens = d.tokens("alice", opts.probes)
            with Traffic(d, opts.main_tokens) as other:
                r = bench.measure("refusal", d.ingest, d.port, "alice",
                                  text=tokens)
            rounds.append({**r, "others": other.rate})
    m = medians(rounds)
    return [figure(
        "refusal", f"tenth denied use written -> 401, at {RATE:,} uses/s",
        times(m), m, f"refused anyway: {times(m, 'floor_')}",
        "p50 <= 0.5 ms, p99 <= 2 ms",
        m["p50_ms"] <= 0.5 and m["p99_ms"] <= 2)]


def alert_row(key, what, m):
    most = 3 + 3 * m["floor_p99_ms"]
    return figure(
        key, what, times(m), m, f"fdatasync: {times(m, 'floor_')}",
        f"p99 <= {most:.1f} ms (3 + 3 x p99)", m["p99_ms"] <= most)


def alert(bench):
    opts, alone, among = bench.opts, [], []
    where = bench.dir()
    syslog, file = where + "/log.sock", where + "/appended"
    with Daemon(bench, (SHIPPED,), ALERTING,
                syslog=f"{{socket: {syslog}}}") as d:
        d.meet(opts.main_tokens)

        def probe(seed):
            return bench.measure("alert", "-n", opts.probes, "-s", seed,
                                 d.ingest, syslog, file)

        for i in range(opts.rounds):
            alone.append(probe(2 * i))
            with Traffic(d, opts.main_tokens) as other:
                r = probe(2 * i + 1)
            among.append({**r, "others": other.rate})
    return [alert_row("alert", "use written -> alert in syslog",
                      medians(alone)),
            alert_row("alert_among", f"the same at {RATE:,} uses/s",
                      medians(among))]
