"""Exchanges a second at the token endpoint, beside OpenSSL signing alone."""
import subprocess
import sys

from daemon import RATE, Daemon, Traffic, medians
from table import figure, of_it, rate

CONNECTIONS = 32


def openssl_signs():
    """ES256 signs a second of one core."""
    out = subprocess.run(
        ["openssl", "speed", "-mr", "-seconds", "1", "ecdsap256"],
        text=True, capture_output=True).stdout
    for line in out.splitlines():
        if line.startswith("+F4:"):
            return float(line.split(":")[3])
    sys.exit("bench: openssl speed says nothing of ecdsap256")


def exchanges(bench):
    opts, rounds = bench.opts, []
    with Daemon(bench) as d:
        d.meet(opts.main_tokens)
        d.ask("account.add", name="alice")
        tokens = d.tokens("alice", CONNECTIONS)

        def load():
            return bench.measure(
                "exchange", "-c", CONNECTIONS, "-s", opts.seconds, d.port,
                "alice", text=tokens)["exchanges_per_second"]

        for _ in range(opts.rounds):
            r = {"floor": openssl_signs(), "alone": load()}
            with Traffic(d, opts.main_tokens) as other:
                r["beside"] = load()
            r["others"] = other.rate
            r["ratio"] = r["alone"] / r["floor"]
            r["ratio_beside"] = r["beside"] / r["floor"]
            rounds.append(r)
    m = medians(rounds)
    floor = f"openssl, one core: {rate(m['floor'])}"
    return [
        figure("exchanges", f"token exchanges, ES256, {CONNECTIONS} "
               "connections", f"{rate(m['alone'])}, {of_it(m['ratio'])}",
               {"exchanges_per_second": m["alone"], "floor": m["floor"],
                "ratio": m["ratio"]},
               floor, ">= 0.40 of it", m["ratio"] >= 0.4),
        figure("exchanges_beside", "the same beside ingest",
               f"{rate(m['beside'])}, {of_it(m['ratio_beside'])}; "
               f"uses {rate(m['others'])}",
               {"exchanges_per_second": m["beside"], "floor": m["floor"],
                "ratio": m["ratio_beside"], "uses_per_second": m["others"]},
               floor, f"uses go on, {rate(RATE)}",
               m["others"] >= 0.95 * RATE)]
