"""Killed again and again in a storm of uses: `make torture` does for long
what `make check` does for a moment (PATROL_ROUNDS)."""
import random

import storm
from disk import OnDisk
from patrol import Patrold

ROUNDS = storm.rounds(20)
PER_ROUND = 400             # uses of each sender


def end_in(storm_, patrold, ledger, expected):
    """The rest of the storm, and what must be true when it is over."""
    storm_.run(patrold)
    storm_.end()
    ledger.follow(patrold.store)
    assert ledger.all_there()
    assert storm.counts_of(patrold) == {
        t: c.uses for t, c in ledger.tokens.items()}
    patrold.stop()
    ledger.recount(patrold.store)
    assert storm.alerts_of(patrold.store) == expected


def dice():
    """Told when the test fails: the same numbers again."""
    seed = random.randrange(1 << 32)
    print('seed', seed)
    return random.Random(seed)


def test_kill_9_in_a_storm_loses_nothing_and_counts_nothing_twice(place):
    """At random moments; what was not acknowledged is sent again after the
    start.  The alerts are those of a run in which nothing happened."""
    r = dice()
    sent = storm.Storm(ROUNDS * PER_ROUND)
    expected = storm.undisturbed(place, sent)
    assert len(expected) > ROUNDS
    p = storm.begin(place.add(Patrold(place.dir, storm.CONF)))
    ledger = storm.Ledger(sent)
    for n in range(ROUNDS):
        enough = sent.acked() + r.randrange(len(sent.streams) * PER_ROUND)
        sent.run(p, lambda: sent.acked() >= enough)
        p.kill9()
        sent.hear_out()
        if n % 4 == 0:
            p.kill_at_start(r)
        p.start()
        ledger.follow(p.store)
        storm.intact(p)
        assert set(storm.alerts_of(p.store)) <= set(expected)
    end_in(sent, p, ledger, expected)
    assert {a['id'] for a in p.alert_file()} == set(expected)


def test_a_power_loss_in_a_storm_loses_nothing_acknowledged(place):
    """The same; of what was not synced nothing is left, or all of it, or
    some sectors here and there."""
    r = dice()
    sent = storm.Storm(ROUNDS * PER_ROUND)
    expected = storm.undisturbed(place, sent)
    p = storm.begin(place.add(OnDisk(place, storm.CONF)))
    ledger = storm.Ledger(sent)
    for n in range(ROUNDS):
        enough = sent.acked() + r.randrange(len(sent.streams) * PER_ROUND)
        sent.run(p, lambda: sent.acked() >= enough)
        p.kill9()
        sent.hear_out()
        # The first takes all that it can: directories are new then.
        p.lose_power(r, 0 if n == 0 else None)
        if n % 4 == 0:
            p.kill_at_start(r)
            p.lose_power(r)
        p.start()
        ledger.follow(p.store)
        storm.intact(p)
        assert set(storm.alerts_of(p.store)) <= set(expected)
    end_in(sent, p, ledger, expected)
