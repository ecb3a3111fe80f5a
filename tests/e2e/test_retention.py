"""What is too old goes, in steps that nobody waits for."""
import sqlite3

from patrol import Sender, wait_for
from test_metrics import scrape

DAY = 86400 * 10 ** 6
KEEP_AN_HOUR = {'store': {'retain': {'uses': '1h', 'alerts': '1h',
                                     'refused': '1h'}}}


def made_old(p, days=3):
    """As if all of the stopped store had come days ago."""
    db = sqlite3.connect(p.store)
    db.execute('UPDATE uses SET time = time - ?', (days * DAY,))
    db.execute('UPDATE last_used SET time = time - ?1, first = first - ?1',
               (days * DAY,))
    db.execute('UPDATE refused SET time = time - ?', (days * DAY,))
    db.execute('DROP TRIGGER chain_no_update')
    db.execute('UPDATE chain SET time = time - ? WHERE seq > 0',
               (days * DAY,))
    db.commit()
    db.close()


def steps(p):
    """(how many steps, the highest bucket that any fell into)."""
    m = scrape(p)
    buckets = sorted((float(dict(k)['le']), v)
                     for k, v in m['patrol_trim_seconds_bucket'].items())
    count = m['patrol_trim_seconds_count'][frozenset()]
    return count, [le for le, v in buckets if v == count][0]


def test_what_is_too_old_goes_though_no_use_comes(place):
    """Trimming came with commits only: who sent nothing for three months kept
    everything for ever."""
    p = place.patrold(KEEP_AN_HOUR)
    p.send(*[{'action': 'pull', 'token': 'pat_x'}] * 1500, '{bad')
    p.settle()
    p.stop()
    made_old(p)
    p.start()
    # The newest stays: its key is not to be given out again.
    wait_for(lambda: p.sql('SELECT count(*) FROM uses') == [(1,)],
             'the uses to go')
    wait_for(lambda: p.sql('SELECT count(*) FROM refused') == [(0,)],
             'the refused line to go')
    wait_for(lambda: p.status()['store']['trimmed_rows'] == 1500, 'the count')
    p.send({'action': 'pull', 'token': 'pat_x'})
    p.ctl('check')


def test_a_store_full_of_old_rows_goes_in_steps_beside_ingest(place):
    """60,000 old uses, and refused lines of 60 KB: each step is a small
    transaction, and uses are acknowledged between any two."""
    p = place.patrold(KEEP_AN_HOUR)
    p.send(*[{'action': 'pull', 'token': 'pat_%d' % (n % 50)}
             for n in range(60000)])
    p.send(*['{' + 'x' * 60000] * 300)
    p.settle()
    p.stop()
    made_old(p)
    p.start()
    n = 0
    with Sender(p.ingest) as s:
        while p.sql('SELECT min(seq) FROM uses')[0][0] <= 60000 or \
                p.sql('SELECT count(*) FROM refused')[0][0] > 0:
            n += 1
            s.send({'action': 'pull', 'token': 'pat_1'})
            s.wait_ack(n)
    wait_for(lambda: p.status()['store']['trimmed_rows'] >= 60300, 'the count')
    count, _ = steps(p)
    assert count >= 5
    p.ctl('check')
    # Pages are used again: the same once more takes no more room.
    p.stop()
    p.start()
    size = p.status()['store']['database_bytes']
    p.send(*[{'action': 'pull', 'token': 'pat_%d' % (n % 50)}
             for n in range(60000)])
    p.settle()
    p.stop()
    p.start()
    assert p.status()['store']['database_bytes'] <= size * 1.1


def test_refused_lines_are_bounded_while_they_come(place):
    """10,000 by default, whatever comes between two trims; they can have
    64 KiB each."""
    p = place.patrold({'store': {'refused-max': 500}})
    for _ in range(10):
        p.send(*['{' + 'x' * 2000] * 1000)
        # A batch may be too many, and 1,000 lines more.
        wait_for(lambda: p.sql('SELECT count(*) FROM refused')[0][0] <=
                 500 + 2 * 1000, 'the older ones to go')
    assert p.status()['refused']['syntax'] == 10000
    p.stop()
    p.start()
    wait_for(lambda: p.sql('SELECT count(*) FROM refused') == [(500,)],
             'the rest to go')


def test_the_chain_of_what_is_left_verifies(place):
    p = place.patrold(KEEP_AN_HOUR)
    p.send(*[{'action': 'pull', 'token': 'pat_x'}] * 700)
    p.settle()
    p.stop()
    made_old(p)
    p.start()
    wait_for(lambda: p.sql('SELECT count(*) FROM uses') == [(1,)],
             'the uses to go')
    done = p.ctl('audit', 'verify', check=False).stdout
    # The test itself has changed links; no use is called missing.
    assert 'missing' not in done and 'uses up to 699' in done
