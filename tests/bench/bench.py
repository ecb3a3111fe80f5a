#!/usr/bin/python3
"""Measures patrold end to end, each figure beside a floor of the same run.

1. Acknowledged uses a second over one ingest connection, the shipped rules
   on, beside the bare SQLite loader (tests/bench/loader.c) with the same
   rows, and beside the loader that puts raw lines into one table.
2. From the write of the tenth denied use of a token on the ingest socket to
   the refusal (401) at the token endpoint: p50 and p99; its floor is one
   exchange with a token that was refused long ago.

Median of several rounds.  A table for people, then one line of JSON.
"""
import argparse
import base64
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


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


class Daemon:
    def __init__(self, build, where, port):
        self.dir = where
        self.port = port
        self.ingest = where + "/ingest.sock"
        self.control = where + "/control.sock"
        conf = where + "/patrold.yaml"
        with open(where + "/tenth.yml", "w") as f:
            f.write(TENTH_DENIED)
        with open(conf, "w") as f:
            f.write(f"""
store: {{path: {where}/store/patrol.db}}
ingest: [{{socket: {self.ingest}, mode: "0600"}}]
control: {{socket: {self.control}, mode: "0600"}}
http: [{{listen: "127.0.0.1:{port}", serve: [token]}}]
tokens: {{max-per-account: 10000, foreign-max: 2000000}}
rules: {{paths: [{TOP}/rules, {where}/tenth.yml], brake: {{changes: 10000, share: 100%}}}}
alerts: {{syslog: off}}
""")
        self.log = open(where + "/log", "w")
        self.proc = subprocess.Popen([build + "/patrold", "-f", "-c", conf],
                                     stderr=self.log)
        self.id = 0
        deadline = time.monotonic() + 20
        while True:
            try:
                self.ctl = socket.socket(socket.AF_UNIX)
                self.ctl.connect(self.control)
                break
            except OSError:
                if time.monotonic() > deadline or self.proc.poll() is not None:
                    sys.exit("bench: patrold did not start:\n" +
                             open(where + "/log").read())
                time.sleep(0.01)
        self.lines = self.ctl.makefile("rb")
        self.lines.readline()

    def ask(self, cmd, **args):
        self.id += 1
        self.ctl.sendall(json.dumps(
            {"id": self.id, "cmd": cmd, "args": args}).encode() + b"\n")
        answer = json.loads(self.lines.readline())
        if not answer.get("ok"):
            sys.exit(f"bench: {cmd}: {answer}")
        return answer["result"]

    def memory(self):
        with open(f"/proc/{self.proc.pid}/status") as f:
            for line in f:
                if line.startswith("VmRSS"):
                    return int(line.split()[1]) * 1024

    def stop(self):
        self.lines.close()
        self.ctl.close()
        self.proc.send_signal(signal.SIGTERM)
        self.proc.wait()
        self.log.close()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(argv):
    return subprocess.run(argv, check=True, capture_output=True,
                          text=True).stdout


def loader(build, n, raw, where):
    """Rows a second of the bare loader, in the same file system."""
    d = tempfile.mkdtemp(dir=where)
    out = run([build + "/tests/bench/loader", "-n", str(n), "-d", d] +
              (["-t"] if raw else []))
    shutil.rmtree(d)
    words = out.replace(",", "").split()
    return float(words[words.index("rows/s") - 1])


def throughput(build, opts, where):
    rounds = []
    for i in range(opts.rounds):
        d = tempfile.mkdtemp(dir=where)
        floor = loader(build, opts.uses, False, where)
        raw = loader(build, opts.uses, True, where)
        p = Daemon(build, d, free_port())
        out = json.loads(run([build + "/tests/bench/send", "-i", "-n",
                              str(opts.uses), "-t", str(opts.tokens),
                              p.ingest]))
        rss = p.memory()
        p.stop()
        size = sum(os.path.getsize(d + "/store/" + f)
                   for f in os.listdir(d + "/store") if "patrol.db" in f)
        shutil.rmtree(d)
        rounds.append({"patrol": out["uses_per_second"], "floor": floor,
                       "raw_lines": raw, "ratio":
                       out["uses_per_second"] / floor, "rss": rss,
                       "disk_bytes_per_use": size / opts.uses})
    return {k: statistics.median(r[k] for r in rounds) for k in rounds[0]}


class Endpoint:
    """One keep-alive connection to the token endpoint."""

    def __init__(self, port):
        self.port = port
        self.s = socket.create_connection(("127.0.0.1", port))
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self, user, secret):
        cred = base64.b64encode(f"{user}:{secret}".encode()).decode()
        self.s.sendall((f"GET /token?service=registry.example HTTP/1.1\r\n"
                        f"Host: x\r\nAuthorization: Basic {cred}\r\n\r\n"
                        ).encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.s.recv(65536)
        head, body = data.split(b"\r\n\r\n", 1)
        n = int(head.lower().split(b"content-length:")[1].split()[0])
        while len(body) < n:
            body += self.s.recv(65536)
        return int(head.split()[1])


def denied(token, i):
    return (json.dumps({"id": f"{token}-{i}", "token": token,
                        "action": "pull", "outcome": "denied",
                        "source.ip": "192.0.2.1"}) + "\n").encode()


def refusal(build, opts, where):
    d = tempfile.mkdtemp(dir=where)
    p = Daemon(build, d, free_port())
    p.ask("account.add", name="alice")
    http = Endpoint(p.port)
    ingest = socket.socket(socket.AF_UNIX)
    ingest.connect(p.ingest)
    acks = ingest.makefile("rb")
    sent, took, floor = 0, [], []
    for _ in range(opts.refusals):
        made = p.ask("token.create", account="alice")
        token, secret = made["token"]["id"], made["secret"]
        if http.exchange("alice", secret) != 200:
            sys.exit("bench: a good token was refused")
        ingest.sendall(b"".join(denied(token, i) for i in range(9)))
        sent += 9
        while json.loads(acks.readline()).get("ack") != sent:
            pass
        start = time.perf_counter()
        ingest.sendall(denied(token, 9))
        sent += 1
        while http.exchange("alice", secret) != 401:
            pass
        took.append(time.perf_counter() - start)
        while json.loads(acks.readline()).get("ack") != sent:
            pass
        start = time.perf_counter()
        http.exchange("alice", secret)
        floor.append(time.perf_counter() - start)
    p.stop()
    shutil.rmtree(d)

    def pct(values, q):
        return sorted(values)[min(len(values) - 1,
                                  int(len(values) * q))] * 1000

    return {"p50_ms": pct(took, .5), "p99_ms": pct(took, .99),
            "floor_p50_ms": pct(floor, .5), "floor_p99_ms": pct(floor, .99),
            "tokens": opts.refusals}


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--build", default=TOP + "/build")
    ap.add_argument("--dir", help="where the stores lie while it runs")
    ap.add_argument("--uses", type=int, default=1000000)
    ap.add_argument("--tokens", type=int, default=100000)
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--refusals", type=int, default=1000)
    opts = ap.parse_args()
    build = os.path.abspath(opts.build)
    where = tempfile.mkdtemp(prefix="patrol-bench-", dir=opts.dir or build)
    try:
        t = throughput(build, opts, where)
        r = refusal(build, opts, where)
    finally:
        shutil.rmtree(where, ignore_errors=True)
    print(f"""
{opts.uses} uses of {opts.tokens} tokens (Zipf), shipped rules, one connection
  acknowledged           {t['patrol']:>10,.0f} uses/s
  floor: bare SQLite     {t['floor']:>10,.0f} rows/s   patrol is {t['ratio']:.2f} of it
  floor: raw lines       {t['raw_lines']:>10,.0f} rows/s
  disk                   {t['disk_bytes_per_use']:>10.0f} bytes a use
  resident               {t['rss'] / 2**20:>10.0f} MiB
tenth denied use written -> 401 at the token endpoint, {r['tokens']} tokens
  p50 {r['p50_ms']:.3f} ms   p99 {r['p99_ms']:.3f} ms
  floor, one exchange refused: p50 {r['floor_p50_ms']:.3f} ms   \
p99 {r['floor_p99_ms']:.3f} ms
""")
    print(json.dumps({"ingest": t, "refusal": r}))


if __name__ == "__main__":
    main()
