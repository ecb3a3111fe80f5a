"""Killed again and again in a storm of uses: `make torture` does for long
what `make check` does for a moment (PATROL_ROUNDS)."""
import os
import random
import subprocess

import storm
from patrol import Patrold

ROUNDS = storm.rounds(20)
PER_ROUND = 400             # uses of each sender


def undisturbed(place, storm_, conf):
    """The alerts of one run in which nothing goes wrong."""
    os.mkdir(place.path('calm'))
    p = storm.begin(place.add(Patrold(place.path('calm'), conf, 'calm')))
    calm = storm_.again()
    calm.run(p)
    calm.end()
    p.stop()
    return storm.alerts_of(p.store)


def kill_at_start(patrold, r):
    """While it reads the store again, most likely."""
    patrold.launch()
    try:
        patrold.process.wait(r.random() * 0.2)
    except subprocess.TimeoutExpired:
        pass
    patrold.kill9()


def test_kill_9_in_a_storm_loses_nothing_and_counts_nothing_twice(place):
    """At random moments; what was not acknowledged is sent again after the
    start.  The alerts are those of a run in which nothing happened."""
    seed = random.randrange(1 << 32)
    print('seed', seed)
    r = random.Random(seed)
    sent = storm.Storm(ROUNDS * PER_ROUND)
    expected = undisturbed(place, sent, storm.CONF)
    assert len(expected) > ROUNDS
    p = storm.begin(place.add(Patrold(place.dir, storm.CONF)))
    ledger = storm.Ledger(sent)
    for n in range(ROUNDS):
        enough = sent.acked() + r.randrange(len(sent.streams) * PER_ROUND)
        sent.run(p, lambda: sent.acked() >= enough)
        p.kill9()
        sent.hear_out()
        if n % 4 == 0:
            kill_at_start(p, r)
        p.start()
        ledger.follow(p.store)
        storm.intact(p)
        assert set(storm.alerts_of(p.store)) <= set(expected)
    sent.run(p)
    sent.end()
    ledger.follow(p.store)
    assert ledger.all_there()
    assert storm.counts_of(p) == {
        t: c.uses for t, c in ledger.tokens.items()}
    p.stop()
    ledger.recount(p.store)
    assert storm.alerts_of(p.store) == expected
    assert {a['id'] for a in p.alert_file()} == set(expected)
