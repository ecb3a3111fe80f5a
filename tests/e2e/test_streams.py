"""What a stream of uses comes to does not depend on what happened to the
stream: not on the order in which it came, not on a restart or a reload in the
midst of it."""
import glob
import json
import os
import random

import pytest

from patrol import now
from test_rules import with_rules

DETECTION = '''\
title: %(name)s
id: 00000000-0000-4000-8000-0000000000%(n)02d
name: %(name)s
logsource: {product: patrol}
detection: {s: {%(search)s}, condition: s}
---
'''

CORRELATION = '''\
title: %(type)s, %(n)d
id: 00000000-0000-4000-8000-0000000001%(n)02d
name: c%(n)d
correlation:
    type: %(type)s
    rules: [%(rules)s]
    group-by: [token]
    timespan: 10m
    %(condition)s
patrol: {realert: 1h}
---
'''

# Each kind, with a condition that more uses cannot undo.
KINDS = [
    ('event_count', 'any', 'condition: {gte: 6}'),
    ('value_count', 'any', 'condition: {field: repository, gte: 4}'),
    ('temporal', 'push, delete', 'condition: {gte: 2}'),
    ('temporal', 'push, delete', "condition: push and delete"),
    ('temporal_ordered', 'push, delete', ''),
    ('value_sum', 'any', 'condition: {field: bytes, gte: 4000}'),
    ('temporal', 'c0, c1', 'generate: true\n    condition: {gte: 1}'),
]

# And those that are judged where they stand; a late use may make a rule hold
# at several uses, of which what counts how often it held is told one.
OTHERS = [
    ('event_count', 'c0, c1', 'generate: true\n    condition: {gte: 3}'),
    ('value_avg', 'any', 'condition: {field: bytes, gte: 700}'),
    ('value_percentile', 'any',
     'condition: {field: bytes, gte: 800, percentile: 75}'),
    ('value_median', 'any', 'condition: {field: bytes, gt: 600}'),
    ('event_count', 'push', 'condition: {eq: 2}'),
    ('value_count', 'any', 'condition: {field: source.ip, lte: 2}'),
]


def rules(kinds):
    text = ''.join(DETECTION % {'n': n, 'name': name, 'search': search}
                   for n, (name, search) in enumerate([
                       ('any', 'token|exists: true'),
                       ('push', 'action: push'),
                       ('delete', 'action: delete')]))
    return text + ''.join(
        CORRELATION % {'n': n, 'type': kind, 'rules': named,
                       'condition': condition}
        for n, (kind, named, condition) in enumerate(kinds))


def emptied(p):
    """Stopped, and its store is gone."""
    p.stop()
    for path in glob.glob(p.store + '*'):
        os.remove(path)


def anew(p):
    """The same, with nothing in its store."""
    emptied(p)
    return p.start()


def uses(seed, bursts=4, tokens=5):
    """Bursts of a few minutes, hours apart, of some tokens."""
    draw = random.Random(seed)
    out = []
    for burst in range(bursts):
        for token in range(tokens):
            start = -20 * 3600 + burst * 4 * 3600
            for i in range(draw.randrange(3, 14)):
                out.append({
                    'id': 'u%d' % len(out), 'registry': 'hub',
                    'token': 'tok-%d' % token,
                    'time': now(start + draw.random() * 480),
                    'action': draw.choice(['pull', 'push', 'delete']),
                    'outcome': 'success', 'bytes': draw.randrange(1000),
                    'source.ip': '192.0.2.%d' % draw.randrange(5),
                    'repository': 'r%d' % draw.randrange(6)})
    return sorted(out, key=lambda u: u['time'])


def alerts(p, *fields):
    return sorted(tuple(json.dumps(a[f], sort_keys=True) for f in fields)
                  for a in p.alert_list('--limit', '1000')
                  if a['rule'].startswith('00000000-0000-4000-8000-00000000'
                                          '01'))


@pytest.mark.parametrize('seed', range(3))
def test_shuffled_uses_come_to_the_same_alerts(place, seed):
    """Within the lateness bound, which is a day."""
    stream = uses(seed)
    p = with_rules(place, rules(KINDS))
    assert p.send(*stream) == (len(stream), {})
    in_order = alerts(p, 'rule', 'key')
    assert len({a[0] for a in in_order}) == len(KINDS)
    random.Random(seed).shuffle(stream)
    anew(p)
    assert p.send(*stream) == (len(stream), {})
    assert alerts(p, 'rule', 'key') == in_order


@pytest.mark.parametrize('interrupt', ['kill9', 'stop', 'reload'])
def test_an_interrupted_stream_comes_to_the_same_alerts(place, interrupt):
    """All there is to an alert, its id and its uses too, for each kind."""
    stream = uses(7)
    kinds = KINDS + OTHERS
    p = with_rules(place, rules(kinds))
    p.send(*stream)
    fields = ('id', 'rule', 'key', 'count', 'first', 'last', 'uses', 'level')
    undisturbed = alerts(p, *fields)
    assert len({a[1] for a in undisturbed}) == len(kinds)
    anew(p)
    for at in range(0, len(stream), 11):
        p.send(*stream[at:at + 11])
        if interrupt == 'reload':
            p.ctl('reload')
        else:
            getattr(p, interrupt)()
            p.start()
    assert alerts(p, *fields) == undisturbed


def test_names_that_were_forgotten_are_read_again(place):
    """With room for a single text, the windows are rebuilt from uses whose
    repositories and addresses only the store knows any more."""
    stream = uses(7)
    p = with_rules(place, rules(KINDS))
    p.send(*stream)
    fields = ('id', 'rule', 'key', 'count', 'first', 'last', 'uses')
    undisturbed = alerts(p, *fields)
    emptied(p)
    p = place.patrold({'rules': {'paths': [place.path('rules.yml')]},
                       'limits': {'strings': 1}}, name='forgetful')
    for at in range(0, len(stream), 50):
        p.send(*stream[at:at + 50])
        p.kill9()
        p.start()
    assert alerts(p, *fields) == undisturbed
