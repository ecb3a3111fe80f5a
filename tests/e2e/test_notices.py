"""Notices: that the end of a token is near, told to the sinks, each once."""
import os
import sqlite3
import time

from patrol import wait_for

DAY = 86400


def life(patrold, token, began, ends):
    """In the store of a daemon that is stopped: made and used `began` days
    ago, and ending in `ends` days (None: never)."""
    t = int(time.time() * 1e6)
    db = sqlite3.connect(patrold.store)
    db.execute('UPDATE tokens SET created = ?1, changed = ?1, expires = ?2'
               ' WHERE id = ?3',
               (t - int(began * DAY * 1e6),
                0 if ends is None else t + int(ends * DAY * 1e6), token))
    db.commit()
    db.close()


def notices(patrold):
    return [line for line in patrold.alert_file() if 'notice' in line]


def quiet(patrold):
    """Waits until all tokens were looked at again: one that is made now, and
    so comes after them, is expired by then for not being used."""
    last, _ = patrold.token('bob', '--idle-expires', '1s')
    wait_for(lambda: patrold.sql(
        "SELECT 1 FROM audit WHERE action = 'token.expire' AND object = ?",
        last), 'the last token to be looked at')


def aged(patrold, lives):
    """Tokens with these lives, the daemon stopped."""
    tokens = [patrold.token('alice', '--description', 'job %d' % i)[0]
              for i in range(len(lives))]
    patrold.stop()
    for token, (began, ends) in zip(tokens, lives):
        life(patrold, token, began, ends)
    return tokens


def test_an_end_that_is_near_is_told_with_its_owner(patrold):
    token, = aged(patrold, [(100, 6.5)])
    patrold.start()
    wait_for(lambda: notices(patrold), 'the notice')
    notice, = notices(patrold)
    assert notice['notice'] == 'expiry'
    assert notice['level'] == 'informational'
    assert (notice['token'], notice['account']) == (token, 'alice')
    assert notice['description'] == 'job 0'
    assert notice['before'] == '7d'
    assert notice['ends'] == patrold.show(token)['expires']
    assert 'expires in 6 d' in notice['title']
    # No alert: nothing to acknowledge, and nobody is accused.
    assert patrold.alert_list() == []


def test_each_step_is_told_when_it_lies_behind_the_making(patrold):
    tokens = aged(patrold, [(100, 31), (100, 29), (100, 6), (100, 0.5),
                            (1, 29.5), (0.1, 5), (4.5, 0.5), (100, None)])
    patrold.start()
    wait_for(lambda: len(notices(patrold)) >= 5, 'the notices')
    quiet(patrold)
    told = {n['token']: n['before'] for n in notices(patrold)}
    assert told == {tokens[1]: '30d', tokens[2]: '7d', tokens[3]: '1d',
                    tokens[4]: '30d', tokens[6]: '1d'}
    assert len(notices(patrold)) == 5


def test_what_was_told_is_not_told_again_after_a_restart(patrold):
    token, = aged(patrold, [(100, 6.5)])
    patrold.start()
    wait_for(lambda: notices(patrold), 'the notice')
    wait_for(lambda: patrold.sql('SELECT told_expiry FROM tokens')[0][0],
             'the mark')
    for stop in (patrold.stop, patrold.kill9):
        stop()
        patrold.start()
        quiet(patrold)
        assert len(notices(patrold)) == 1
    # The next step is another one.
    patrold.stop()
    life(patrold, token, 100, 0.5)
    patrold.start()
    wait_for(lambda: len(notices(patrold)) == 2, 'the next notice')


def test_it_is_not_told_before_a_sink_has_had_it(place):
    """The file is a directory: nothing can be written there."""
    p = place.patrold()
    aged(p, [(100, 6.5)])
    os.path.exists(p.alerts) and os.unlink(p.alerts)
    os.mkdir(p.alerts)
    p.start()
    wait_for(lambda: p.status()['notices']['waiting'] == 1, 'the notice')
    quiet(p)
    assert p.sql('SELECT 1 FROM tokens WHERE told_expiry > 0') == []
    # Nor is it made twice, or lost, while it waits and the daemon dies.
    p.kill9()
    p.start()
    wait_for(lambda: p.status()['notices']['waiting'] == 1, 'the notice')
    quiet(p)
    assert p.sql('SELECT count(*) FROM outbox WHERE tid IS NOT NULL') == [
        (1,)]
    os.rmdir(p.alerts)
    wait_for(lambda: p.sql('SELECT 1 FROM tokens WHERE told_expiry > 0'),
             'the mark', 60)
    assert len(notices(p)) == 1
    assert p.status()['notices'] == {'expiry': 1, 'idle': 0, 'waiting': 0}


def test_none_is_lost_in_a_kill(patrold):
    """Killed again and again while hundreds are told: each is, at least
    once, and few are twice."""
    tokens = aged(patrold, [(100, 6.5)] * 60)
    for _ in range(4):
        patrold.launch()
        had = len(notices(patrold))
        wait_for(lambda: len(notices(patrold)) > had or
                 patrold.answers(), 'a notice, or that it is up')
        patrold.kill9()
    patrold.start()
    wait_for(lambda: {n['token'] for n in notices(patrold)} == set(tokens),
             'all notices')
    quiet(patrold)
    assert patrold.sql('SELECT count(*) FROM tokens WHERE told_expiry > 0'
                       ) == [(60,)]


def test_without_a_sink_none_is_made_and_none_is_marked(place):
    p = place.patrold({'alerts': {'file': {'path': None}}})
    aged(p, [(100, 6.5)])
    p.start()
    quiet(p)
    assert p.sql('SELECT 1 FROM tokens WHERE told_expiry > 0') == []
    assert p.sql('SELECT count(*) FROM outbox') == [(0,)]
    p.conf['alerts']['file'] = {'path': p.alerts}
    p.write_conf()
    p.ctl('reload')
    wait_for(lambda: notices(p), 'the notice')


def test_an_idle_end_is_told_until_it_is_used(place):
    p = place.patrold({'tokens': {'policy': {'idle-expires': '60d'}}})
    idle, fresh = aged(p, [(50, None), (10, None)])
    p.start()
    wait_for(lambda: notices(p), 'the notice')
    notice, = notices(p)
    assert (notice['notice'], notice['token'], notice['before']) == (
        'idle', idle, '14d')
    assert notice['title'].endswith('unless it is used')
    p.send({'token': idle, 'action': 'pull', 'outcome': 'success'})
    wait_for(lambda: p.sql('SELECT told_idle FROM tokens WHERE id = ?',
                           idle)[0][0], 'the mark')
    p.stop()
    # Two months later, used in between: told anew, of the new end.
    db = sqlite3.connect(p.store)
    for table, column in (('tokens', 'changed'), ('tokens', 'created'),
                          ('tokens', 'told_idle'), ('last_used', 'time')):
        db.execute('UPDATE %s SET %s = %s - ?' % (table, column, column),
                   (int(58.5 * DAY * 1e6),))
    db.commit()
    db.close()
    p.start()
    wait_for(lambda: len([n for n in notices(p) if n['token'] == idle]) == 2,
             'the second notice')
    assert notices(p)[-1]['before'] in ('3d', '14d')


def test_an_idle_limit_of_its_own_is_told_too(patrold):
    token, _ = patrold.token('alice', '--idle-expires', '10d')
    patrold.stop()
    life(patrold, token, 8, None)
    patrold.start()
    wait_for(lambda: notices(patrold), 'the notice')
    notice, = notices(patrold)
    assert (notice['notice'], notice['before']) == ('idle', '3d')


def test_the_steps_are_configured_and_can_be_turned_off(place):
    p = place.patrold({'notices': {'expiry': [], 'idle': ['1d']}})
    aged(p, [(100, 6.5)])
    p.start()
    quiet(p)
    assert notices(p) == []
    p.conf['notices'] = {'expiry': ['12h', '10d']}
    p.write_conf()
    p.ctl('reload')
    wait_for(lambda: notices(p), 'the notice')
    assert notices(p)[0]['before'] == '10d'
    assert 'notices.expiry: [12h, 10d]' in p.ctl('status',
                                                 '--config').stdout


def test_nine_steps_are_too_many(place):
    p = place.patrold()
    p.conf['notices'] = {'expiry': ['%dd' % i for i in range(1, 9)]}
    p.write_conf()
    assert p.check()[0] == 0
    p.conf['notices'] = {'expiry': ['%dd' % i for i in range(1, 10)]}
    p.write_conf()
    status, said = p.check()
    assert status == 78 and 'at most 8 durations' in said
    p.conf['notices'] = {'expiry': ['0']}
    p.write_conf()
    status, said = p.check()
    assert status == 78 and 'out of range' in said


def test_who_is_off_or_a_trap_has_no_notice(patrold):
    off, trap, _ = aged(patrold, [(100, 6.5), (100, 6.5), (100, 6.5)])
    db = sqlite3.connect(patrold.store)
    db.execute('UPDATE tokens SET state = 1 WHERE id = ?', (off,))
    db.execute('UPDATE tokens SET kind = 2 WHERE id = ?', (trap,))
    db.commit()
    db.close()
    patrold.start()
    wait_for(lambda: notices(patrold), 'the notice of the third')
    quiet(patrold)
    assert len(notices(patrold)) == 1


def test_syslog_has_it_as_a_notice_that_informs(place):
    syslog = place.rsyslogd()
    p = place.patrold({'alerts': {'syslog': {
        'facility': 'authpriv', 'socket': syslog.socket}}})
    token, = aged(p, [(100, 6.5)])
    p.start()
    wait_for(lambda: syslog.lines(), 'the line')
    line, = syslog.lines()
    assert line.startswith('authpriv.info patrold')
    assert ' notice notice=expiry level=informational ' in line
    assert 'token=' + token in line and 'account=alice' in line
