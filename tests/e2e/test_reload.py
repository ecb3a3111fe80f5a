"""A reload: whole or not at all, and what it did is told by name."""
import signal

import pytest

from patrol import now, wait_for

RULES = '''title: Denied
id: 11111111-1111-4111-8111-111111111111
name: denied
logsource: {product: patrol}
detection:
  s: {outcome: denied}
  condition: s
---
title: Denied to a token
id: 22222222-2222-4222-8222-222222222222
correlation:
  type: event_count
  rules: [denied]
  group-by: [token]
  timespan: 5m
  condition: {gte: %d}
---
title: Denied to an account
id: 33333333-3333-4333-8333-333333333333
correlation:
  type: event_count
  rules: [denied]
  group-by: [account]
  timespan: 5m
  condition: {gte: %d}
'''
TOKEN = '22222222-2222-4222-8222-222222222222'
ACCOUNT = '33333333-3333-4333-8333-333333333333'


@pytest.fixture
def start(place):
    def started(text=RULES % (3, 3), **rules):
        path = place.write('rules.yml', text)
        return place.patrold({'rules': {'paths': [path], **rules}})
    return started


def denied(p, token, account='alice', n=1):
    p.send(*[{'token': token, 'account': account, 'action': 'pull',
              'outcome': 'denied', 'time': now()} for _ in range(n)])
    p.settle()


def counters(p):
    _, text = p.http('GET', '/metrics')
    return dict(line.rsplit(' ', 1) for line in text.splitlines()
                if not line.startswith('#'))


def test_rules_whose_windows_begin_anew_are_named(place, start):
    p = start()
    denied(p, 'one', n=2)
    place.write('rules.yml', RULES % (3, 2))
    done, = p.ctl_json('reload')
    assert (done['rules'], done['carried'], done['reset']) == (3, 1, 1)
    assert done['reset_rules'] == {
        ACCOUNT: 'Denied to an account'}
    assert 'begin anew: Denied to an account (%s)' % ACCOUNT in p.log()
    assert 'begin anew: Denied to a token' not in p.log()
    denied(p, 'one')
    assert [a['rule'] for a in p.alert_list()] == [TOKEN]


def test_a_changed_base_begins_all_that_it_feeds_anew(place, start):
    p = start()
    place.write('rules.yml', (RULES % (3, 3)).replace(
        'outcome: denied}', 'outcome: [denied, failure]}'))
    text = p.ctl('reload').stdout
    assert '3 rules, 0 new, 0 gone; windows of 0 carried over, 2 ' in text
    assert 'anew: Denied to a token (%s)' % TOKEN in text
    assert 'anew: Denied to an account (%s)' % ACCOUNT in text


def test_rules_that_come_and_go_are_counted(place, start):
    p = start()
    only = (RULES % (3, 3)).rsplit('---', 1)[0]
    place.write('rules.yml', only)
    assert '2 rules, 0 new, 1 gone' in p.ctl('reload').stdout
    place.write('rules.yml', RULES % (3, 3))
    done, = p.ctl_json('reload')
    assert (done['added'], done['gone'], done['reset']) == (1, 0, 0)


def test_many_changed_rules_are_named_as_far_as_there_is_room(
        place, start):
    one = RULES.split('---\n')
    text = '---\n'.join([one[0]] + [
        one[1] % 3 for _ in range(150)])
    for i in range(150):
        text = text.replace(TOKEN, 'aaaaaaaa-0000-4000-8000-%012d' % i, 1)
    p = start(text)
    place.write('rules.yml', text.replace('gte: 3', 'gte: 4'))
    done, = p.ctl_json('reload')
    assert done['reset'] == 150 and len(done['reset_rules']) == 100
    place.write('rules.yml', text)
    assert '... and 50 more' in p.ctl('reload').stdout
    assert p.log().count('begin anew: Denied') == 40
    assert 'begin anew: ... and 130 more' in p.log()


def test_by_a_signal_it_is_the_same(place, start):
    p = start()
    denied(p, 'one', n=2)
    place.write('rules.yml', RULES % (4, 3))
    p.kill(signal.SIGHUP)
    wait_for(lambda: 'begin anew: Denied to a token' in p.log(),
             'the reload in the log')
    place.write('rules.yml', 'title: x\nlevel: hihg\n')
    p.kill(signal.SIGHUP)
    wait_for(lambda: "rules.yml:2:8: 'level' is one of" in p.log(),
             'the fault in the log')
    assert 'reload refused, nothing was changed' in p.log()
    denied(p, 'one')
    assert [a['rule'] for a in p.alert_list()] == [ACCOUNT]


def test_more_faults_than_are_kept_are_counted(place, start):
    p = start()
    place.write('rules.yml', '---\n'.join(
        'title: T%d\nlogsource: {product: patrol}\n'
        'detection: {s: {a|foo: 1}, condition: s}\n' % i
        for i in range(1500)))
    r = p.ctl('reload', check=False)
    assert r.returncode == 1
    assert r.stderr.count("unknown modifier 'foo'") == 1000
    assert '... and 500 more' in r.stderr
    assert len(p.ctl_json('rule', 'list')) == 3


def test_all_rules_share_a_cap_of_keys(start):
    p = start(**{'keys-in-all': 3})
    for token in ('one', 'two', 'three', 'four'):
        denied(p, token)
    memory = p.status()['memory']
    assert (memory['keys'], memory['keys_max']) == (3, 3)
    assert memory['keys_evicted'] == 2
    assert 0 < memory['keys_bytes'] < memory['keys_bytes_max']
    rules = {r['id']: r for r in p.ctl_json('rule', 'list')}
    assert (rules[TOKEN]['keys'], rules[TOKEN]['evicted']) == (2, 2)
    assert (rules[ACCOUNT]['keys'], rules[ACCOUNT]['evicted']) == (1, 0)
    m = counters(p)
    assert m['patrol_rule_keys'] == '3'
    assert m['patrol_rule_keys_evicted_total'] == '2'
    assert int(m['patrol_rule_keys_bytes']) == memory['keys_bytes']


def test_a_reload_brings_other_caps(start):
    p = start()
    for token in ('one', 'two', 'three'):
        denied(p, token)
    assert p.status()['memory']['keys'] == 4
    p.conf['rules'].update({'keys-in-all': 3, 'keys': 1, 'memory': '64MiB'})
    p.write_conf()
    p.ctl('reload')
    memory = p.status()['memory']
    assert (memory['keys'], memory['keys_max']) == (2, 3)
    assert memory['keys_bytes_max'] == 64 * 1024 * 1024
    assert [r['keys'] for r in p.ctl_json('rule', 'list')] == [0, 1, 1]


def test_a_sink_that_is_turned_off_holds_nothing_back(place):
    """Lines waited for a syslog daemon that never came, and a reload turned
    the sink off: patrold tried to connect to nowhere, and fell."""
    p = place.patrold({'alerts': {'syslog': {
        'facility': 'authpriv', 'socket': place.path('nowhere.sock')}}})
    p.send({'token': p.token('alice', '--honey')[0], 'action': 'login',
            'outcome': 'failure', 'reason': 'honey token'})
    wait_for(lambda: p.status()['sinks']['syslog']['waiting'] == 1,
             'the line that waits')
    p.conf['alerts']['syslog'] = {'facility': 'off'}
    p.write_conf()
    p.ctl('reload')
    # By the cursor of the next tick it has passed them.
    wait_for(lambda: p.sql("SELECT 1 FROM cursors WHERE sink = 'syslog'"
                           " AND seq = (SELECT max(seq) FROM outbox)")
             or p.sql('SELECT count(*) FROM outbox') == [(0,)],
             'the outbox to be free')
    assert p.running()
    assert 'syslog' not in p.status()['sinks']
