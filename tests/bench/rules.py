"""Made-up rules in the spirit of those that ship, over the fields of a use.

The first ones look at every pull, as the shipped ones do: two correlations
with windows for each token.  The others are about one team, network or
client each, as rules are that grow with a registry; few of them hold at any
use, and a fifth of them count.
"""

TEAMS = 1000


def document(title, body, n):
    return (f"---\ntitle: {title}\nid: 00000000-0000-4000-8000-{n:012d}\n"
            f"logsource: {{product: patrol, category: registry}}\n{body}")


def detection(n, search, name=None):
    named = f"name: {name}\n" if name else ""
    return document(f"Made up {n}", f"{named}detection:\n"
                    f"  selection: {search}\n"
                    "  condition: selection\nlevel: low\n", n)


def correlation(n, of, kind, timespan, condition):
    return (f"---\ntitle: Made up {n}\n"
            f"id: 00000000-0000-4000-8000-{n:012d}\n"
            f"correlation:\n  type: {kind}\n  rules: [{of}]\n"
            f"  group-by: [token]\n  timespan: {timespan}\n"
            f"  condition: {condition}\nlevel: medium\n")


def counted(n, search, kind, timespan, condition):
    """Two rules: one that feeds and one that counts."""
    return [detection(n, search, f"feeds_{n}"),
            correlation(n + 1, f"feeds_{n}", kind, timespan, condition)]


def general():
    return (counted(1, "{token|exists: true, action: pull, "
                    "outcome: success}", "value_count", "6m",
                    "{field: repository, gte: 10}")
            + counted(3, "{token|exists: true, source.net|exists: true, "
                      "outcome: success}", "value_count", "10m",
                      "{field: source.net, gte: 5}")
            + counted(5, "{token|exists: true, outcome: denied}",
                      "event_count", "5m", "{gte: 10}"))


def of_one_thing(n):
    """Rules about one team, network or client: one, or two."""
    team, kind = n * 7 % TEAMS, n % 8
    if kind == 0:
        return counted(n, f"{{repository|startswith: team-{team}/, "
                       "action: push}", "event_count", "10m", "{gte: 20}")
    return [detection(n, (
        f"{{source.ip|cidr: 172.{n % 256}.{n // 256}.0/24}}",
        f"{{user_agent|contains: scanner-{n}, outcome: success}}",
        f"{{repository: team-{team}/secrets, action: [pull, push]}}",
        f"{{reason|contains: 'policy {n}', outcome: denied}}",
        f"{{user_agent.family: tool-{n}}}",
        f"{{action: delete, repository|endswith: /app-{n}}}",
        f"{{tag|re: 'release-{n}-[0-9]+', action: push}}")[kind - 1])]


def made_up(count):
    """So many rules, as one text."""
    rules = general()
    n = len(rules) + 1
    while len(rules) < count:
        rules += of_one_thing(n)
        n += 2
    return "".join(rules[:count])
