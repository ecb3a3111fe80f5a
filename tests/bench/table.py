"""Figures as a table for people, and as JSON for programs."""

COLUMNS = ("figure", "patrol", "floor in the same run", "goal", "")


def figure(key, what, shown, numbers, floor="-", goal="-", met=None):
    """One row.  `shown`, `floor` and `goal` are texts, `met` None where
    nothing is aimed at; `numbers` are for JSON."""
    return {"key": key, "what": what, "shown": shown, "floor": floor,
            "goal": goal, "met": met, "numbers": numbers}


def cells(f):
    met = {None: "", True: "met", False: "MISSED"}[f["met"]]
    return f["what"], f["shown"], f["floor"], f["goal"], met


def show(figures):
    rows = [COLUMNS] + [cells(f) for f in figures]
    widths = [max(len(r[i]) for r in rows) for i in range(len(COLUMNS))]
    rows.insert(1, tuple("-" * w for w in widths))
    for r in rows:
        print("  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip())


def as_json(figures):
    return {f["key"]: {**f["numbers"], "met": f["met"]} for f in figures}


def rate(n):
    return f"{n:,.0f}/s"


def of_it(n):
    return f"{n:.2f} of it"


def times(d, prefix=""):
    return (f"p50 {d[prefix + 'p50_ms']:.2f} ms, "
            f"p99 {d[prefix + 'p99_ms']:.2f} ms")
