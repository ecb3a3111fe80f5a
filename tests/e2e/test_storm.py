"""Signals in the middle of a storm of uses."""
import collections
import json
import os
import signal

import storm
from patrol import Patrold, wait_for

RULE = '''\
title: %s
id: 6c7a3d52-0e0d-4a52-8a5e-1d4b7f3c9b%s
logsource: {product: patrol, category: token_use}
detection:
    any: {action: pull}
    condition: any
level: low
'''


def two_rule_sets(place):
    """Two directories of two rules; no rule is in both."""
    for which in 'ab':
        os.mkdir(place.path('rules-' + which))
        for n in '12':
            place.write('rules-%s/%s.yml' % (which, n), RULE % (
                which + n, which + n))
    return [place.path('rules-a'), place.path('rules-b')]


def test_sighup_in_a_storm_judges_each_use_by_one_whole_rule_set(place):
    """Each use has a token of its own, and so alerts of its own: two, of the
    one set or of the other."""
    paths = two_rule_sets(place)
    p = place.add(Patrold(place.dir, {'rules': {'paths': paths[:1]}})).start()
    sent = storm.Storm(5000)
    for s in sent.streams:
        s.lines = [json.dumps({'id': '%s%d' % (s.name, i),
                               'token': '%s-%d' % (s.name, i),
                               'action': 'pull'}).encode() + b'\n'
                   for i in range(len(s.lines))]
    sent.connect(p)
    for n in range(1, 8):
        sent.go_on(lambda: sent.written() >= n * 2000)
        p.conf['rules']['paths'] = [paths[n % 2]]
        p.write_conf()
        p.kill(signal.SIGHUP)
        # The storm goes on while it reads them.
        sent.go_on(lambda: p.log().count('reloaded: 2 rules') == n)
    sent.go_on()
    sent.end()
    p.stop()
    by = collections.defaultdict(list)
    for token, title in p.sql('SELECT token, title FROM alerts'):
        by[token].append(title)
    sets = collections.Counter(tuple(sorted(t)) for t in by.values())
    assert set(sets) == {('a1', 'a2'), ('b1', 'b2')}
    assert sum(sets.values()) == 20000
    assert p.sql('SELECT count(*), count(DISTINCT id) FROM uses') == [
        (20000, 20000)]


def test_of_too_many_alerts_a_restart_keeps_the_newest(place):
    """And counts the others.  It kept the oldest, and the newest went
    nowhere, uncounted; make torture found it."""
    n = 10100                       # a sink holds 10,000
    paths = two_rule_sets(place)
    os.unlink(os.path.join(paths[0], '2.yml'))
    nowhere = place.path('no-such-directory')
    p = place.add(Patrold(place.dir, {
        'rules': {'paths': paths[:1]},
        'alerts': {'file': {'path': os.path.join(nowhere, 'alerts')}}}))
    p.start()
    assert p.send(*[{'token': 't%d' % i, 'action': 'pull'}
                    for i in range(n)]) == (n, {})
    p.kill9()
    os.mkdir(nowhere)
    p.start()
    wait_for(lambda: p.status()['sinks']['file']['waiting'] == 0, 'the file')
    assert p.status()['sinks']['file']['dropped'] == n - 10000
    with open(os.path.join(nowhere, 'alerts')) as f:
        assert [json.loads(line)['token'] for line in f] == [
            't%d' % i for i in range(n - 10000, n)]


def test_sigterm_in_a_storm_settles_what_was_read_and_exits_0(place):
    """What is stored was acknowledged, all of it; and after the start the
    rest goes on as if nothing had been."""
    sent = storm.Storm(6000)
    p = storm.begin(place.add(Patrold(place.dir, storm.CONF)))
    ledger = storm.Ledger(sent)
    for enough in 1, 7000, 15000:
        sent.run(p, lambda: sent.acked() >= enough)
        p.kill(signal.SIGTERM)
        sent.hear_out()
        assert p.ended() == 0
        ledger.follow(p.store)
        assert ledger.there == {s.name: s.acked for s in sent.streams}
        ledger.recount(p.store)
        p.start()
    sent.run(p)
    sent.end()
    ledger.follow(p.store)
    assert ledger.all_there()
