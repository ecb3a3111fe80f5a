"""A patrold to be measured, what sends to it, and where all of it lies."""
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
SHIPPED = TOP + "/rules"
RATE = 10000                # uses a second of other traffic
SERVING = 600               # seconds that a start may take


class Bench:
    """The options of a run, its directory, the programs it uses."""

    def __init__(self, opts, where):
        self.opts = opts
        self.build = os.path.abspath(opts.build)
        self.where = where

    def dir(self):
        return tempfile.mkdtemp(dir=self.where)

    def path(self, tool):
        return f"{self.build}/tests/bench/{tool}"

    def run(self, tool, *args, text=None):
        """What a program of the bench prints: JSON, or words."""
        done = subprocess.run([self.path(tool), *map(str, args)], text=True,
                              input=text, stdout=subprocess.PIPE)
        if done.returncode != 0:
            sys.exit(f"bench: {tool} ended with {done.returncode}")
        return done.stdout

    def measure(self, tool, *args, text=None):
        return json.loads(self.run(tool, *args, text=text))


class Daemon:
    """A patrold with everything in a directory of its own.

    `rules` are paths; `rule_text` becomes a file beside; `store` is a
    database that is there already.
    """

    def __init__(self, bench, rules=(SHIPPED,), rule_text="", syslog="off",
                 limits="", store=None):
        self.bench = bench
        self.dir = bench.dir()
        self.ingest = self.dir + "/ingest.sock"
        self.control = self.dir + "/control.sock"
        self.port = free_port()
        os.mkdir(self.dir + "/store")
        self.db = store or self.dir + "/store/patrol.db"
        rules = list(rules)
        if rule_text:
            rules.append(self.dir + "/rules.yml")
            write(rules[-1], rule_text)
        self.conf = self.dir + "/patrold.yaml"
        write(self.conf, f"""
store: {{path: {self.db}}}
ingest: [{{socket: {self.ingest}, mode: "0600"}}]
control: {{socket: {self.control}, mode: "0600"}}
http: [{{listen: "127.0.0.1:{self.port}", serve: [token]}}]
auth:
  access: [{{who: ["*"], repositories: ["team-*/*"], actions: [pull, push]}}]
tokens: {{max-per-account: 100000, foreign-max: 2000000}}
rules:
  paths: {json.dumps(rules)}
  brake: {{changes: 100000, share: 100%}}
  {limits}
alerts: {{syslog: {syslog}}}
""")
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.dir)

    def start(self):
        """Starts it; `self.took` is the seconds from exec to serving."""
        self.log = open(self.dir + "/log", "a")
        began = time.perf_counter()
        self.proc = subprocess.Popen(
            [self.bench.build + "/patrold", "-f", "-c", self.conf],
            stdin=subprocess.DEVNULL, stderr=self.log)
        try:
            self.connect()
        except BaseException:
            self.stop()
            raise
        self.took = time.perf_counter() - began

    def connect(self):
        """To the control socket, which greets once it is served."""
        self.calls = 0
        self.ctl = socket.socket(socket.AF_UNIX)
        self.ctl.settimeout(SERVING)
        self.lines = self.ctl.makefile("rb")
        deadline = time.monotonic() + SERVING
        while True:
            try:
                self.ctl.connect(self.control)
                break
            except OSError:
                if (self.proc.poll() is not None
                        or time.monotonic() > deadline):
                    self.give_up()
                time.sleep(0.001)
        if not self.lines.readline():
            self.give_up()

    def give_up(self):
        with open(self.dir + "/log") as f:
            sys.exit(f"bench: patrold does not serve:\n{f.read()}")

    def ask(self, cmd, **args):
        """The result; items before it are read and dropped."""
        self.calls += 1
        self.ctl.sendall(json.dumps(
            {"id": self.calls, "cmd": cmd, "args": args}).encode() + b"\n")
        answer = {"item": None}
        while "item" in answer:
            answer = json.loads(self.lines.readline())
        if not answer.get("ok"):
            sys.exit(f"bench: {cmd}: {answer}")
        return answer["result"]

    def list(self, cmd, **args):
        """The items of a list, without those that tell how far it is."""
        self.calls += 1
        self.ctl.sendall(json.dumps(
            {"id": self.calls, "cmd": cmd, "args": args}).encode() + b"\n")
        items = []
        while "item" in (answer := json.loads(self.lines.readline())):
            if "total" not in answer["item"]:
                items.append(answer["item"])
        if not answer.get("ok"):
            sys.exit(f"bench: {cmd}: {answer}")
        return items

    def tokens(self, account, n):
        """New tokens of an account, a line "ID SECRET" each."""
        made = [self.ask("token.create", account=account) for _ in range(n)]
        return "".join(f"{m['token']['id']} {m['secret']}\n" for m in made)

    def send(self, *args):
        """Uses a second, acknowledged."""
        out = self.bench.measure("send", *args, self.ingest)
        if out["rejected"]:
            sys.exit(f"bench: {out['rejected']} uses were refused")
        return out["uses_per_second"]

    def meet(self, tokens):
        """One use of each token, so that all are known."""
        self.send("-w", "-t", tokens, "-n", tokens)

    def resident(self):
        """Bytes."""
        return int(proc_field(f"/proc/{self.proc.pid}/status",
                              "VmRSS")) * 1024

    def wakeups(self):
        """How often any of its threads went to sleep so far."""
        tasks = f"/proc/{self.proc.pid}/task"
        return sum(int(proc_field(f"{tasks}/{t}/status",
                                  "voluntary_ctxt_switches"))
                   for t in os.listdir(tasks))

    def stored_bytes(self):
        """Of the database; when it has stopped nothing lies beside it."""
        at = os.path.dirname(self.db)
        return sum(os.path.getsize(f"{at}/{f}") for f in os.listdir(at)
                   if f.startswith(os.path.basename(self.db)))

    def stop(self):
        if self.proc is None:
            return
        self.lines.close()
        self.ctl.close()
        self.proc.send_signal(signal.SIGTERM)
        try:
            self.proc.wait(SERVING)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
        self.proc = None
        self.log.close()


class Traffic:
    """Other uses, RATE a second, while it is entered; of so many tokens, or
    of those whose names are in a file."""

    def __init__(self, daemon, tokens, rate=RATE):
        whose = ["-f", tokens] if isinstance(tokens, str) else [
            "-t", str(tokens)]
        self.argv = [daemon.bench.path("send"), "-i", "-r", str(rate), "-n",
                     "1000000000", *whose, "-s",
                     str(time.time_ns() % 1000003), daemon.ingest]

    def __enter__(self):
        self.proc = subprocess.Popen(self.argv, text=True,
                                     stdout=subprocess.PIPE)
        time.sleep(0.2)
        return self

    def __exit__(self, *_):
        self.proc.send_signal(signal.SIGTERM)
        out, _ = self.proc.communicate()
        if self.proc.returncode != 0:
            sys.exit("bench: the other traffic failed")
        self.rate = json.loads(out)["uses_per_second"]


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def proc_field(path, name):
    with open(path) as f:
        for line in f:
            if line.startswith(name + ":"):
                return line.split()[1]
    sys.exit(f"bench: no {name} in {path}")


def medians(rounds):
    """Of a list of dictionaries, one a round: the median of each value."""
    return {k: statistics.median(r[k] for r in rounds) for k in rounds[0]}
