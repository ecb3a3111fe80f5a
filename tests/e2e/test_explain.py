"""Why a rule holds, and what other rules would have found."""
import json
import os

import pytest

from patrol import now, wait_for

RULES = '''title: Denied
id: 11111111-1111-4111-8111-111111111111
name: denied
logsource: {product: patrol}
detection:
  selection: {outcome: denied, action: [pull, push]}
  trusted: {account: bob}
  condition: selection and not trusted
---
title: Denied three times
id: 22222222-2222-4222-8222-222222222222
correlation:
  type: event_count
  rules: [denied]
  group-by: [token]
  timespan: 5m
  condition: {gte: %d}
patrol: {mode: enforce, respond: [deactivate], realert: 1h}
'''
COUNT = '22222222-2222-4222-8222-222222222222'


def denied(token, n, seconds=10.0):
    return [{'id': '%s-%d' % (token, i), 'registry': 'hub', 'token': token,
             'action': 'pull', 'outcome': 'denied', 'source.ip': '192.0.2.7',
             'time': now(i - n - seconds)} for i in range(n)]


@pytest.fixture
def p(place):
    path = place.write('rules.yml', RULES % 3)
    return place.patrold(conf={'rules': {'paths': [path]}})


def explain(p, *args, check=True):
    done = p.ctl('rule', 'explain', *args, '--json', check=check)
    return json.loads(done.stdout) if done.returncode == 0 else done


def test_a_stored_use_is_explained_as_it_was_judged(p):
    token, _ = p.token('alice')
    p.send(*denied(token, 4))
    p.settle()
    # The making of the token was the first; the third refusal held.
    text = p.ctl('rule', 'explain', COUNT, '--stored', '4').stdout
    assert 'Denied three times: holds' in text
    assert 'measured: 3' in text
    assert 'token=' + token in text
    text = p.ctl('rule', 'explain', COUNT, '--stored', '3').stdout
    assert 'does not hold' in text and 'measured: 2' in text


def test_a_use_that_has_not_come_moves_nothing(p, place):
    p.send(*denied('tok', 2))
    p.settle()
    use = place.write('use.json', json.dumps(
        {'token': 'tok', 'action': 'pull', 'outcome': 'denied'}))
    for _ in range(3):
        text = p.ctl('rule', 'explain', COUNT, '--use', use).stdout
        assert 'measured: 3, without this use 2' in text
    assert p.alert_list() == []
    use = place.write('use.json', json.dumps(
        {'token': 'tok', 'account': 'bob', 'outcome': 'denied',
         'action': 'delete'}))
    text = p.ctl('rule', 'explain', 'denied', '--use', use).stdout
    assert 'no   selection' in text and 'yes  trusted' in text
    assert 'it is "delete"' in text


def test_rule_files_are_explained_without_a_daemon(p, place):
    p.stop()
    uses = place.write('uses.json', '\n'.join(map(json.dumps,
                                                  denied('tok', 3))))
    text = p.ctl('rule', 'explain', COUNT, '--rules',
                 place.path('rules.yml'), '--use', uses).stdout
    assert 'Denied three times: holds' in text


@pytest.mark.parametrize('args,code,says', [
    (['nobody', '--stored', '1'], 1, "'nobody'"),
    (['denyed', '--stored', '1'], 1, "did you mean 'denied'"),
    ([COUNT, '--stored', '99'], 1, '99'),
    ([COUNT], 2, '--use FILE or --stored SEQ'),
    ([COUNT, '--use', '/nonexistent'], 1, 'No such file')])
def test_what_cannot_be_explained_is_refused(p, args, code, says):
    p.send(*denied('tok', 1))
    p.settle()
    done = p.ctl('rule', 'explain', *args, check=False)
    assert done.returncode == code and says in done.stderr


def test_bad_json_is_told_by_its_place(p, place):
    use = place.write('use.json', '{"token": "x",\n  "action": }')
    done = p.ctl('rule', 'explain', COUNT, '--use', use, check=False)
    assert done.returncode == 1 and 'use.json:2:' in done.stderr


def test_an_alert_is_explained_at_the_use_that_raised_it(p):
    token, _ = p.token('alice')
    p.send(*denied(token, 5))
    p.settle()
    alert = p.alert_list()[0]
    text = p.ctl('alert', 'explain', alert['id']).stdout
    assert alert['id'] in text and 'deactivated ' + token in text
    assert 'Denied three times: holds' in text and 'measured: 3' in text
    done = p.ctl('alert', 'explain', 'alr_none', check=False)
    assert done.returncode == 1 and 'no such alert' in done.stderr


def test_the_uses_that_were_counted_are_told_by_their_numbers(p, place):
    """An alert has those from its raising on; these are the others."""
    token, _ = p.token('alice')
    old = denied(token, 1, 900)                 # out of the window: 2
    other = denied('other', 1)                  # of another token: 3
    p.send(*old, *other, *[dict(u, id='w' + u['id'])
                           for u in denied(token, 4)],
           {'token': token, 'action': 'pull', 'outcome': 'success'})
    p.settle()
    alert, = p.alert_list()
    assert alert['uses'] == [6, 7]
    why, = p.ctl_json('alert', 'explain', alert['id'])
    assert why['uses'] == [4, 5, 6]
    assert explain(p, COUNT, '--stored', '7')['uses'] == [4, 5, 6, 7]
    assert 'uses: 4 5 6\n' in p.ctl('alert', 'explain', alert['id']).stdout
    assert 'uses' not in explain(p, 'denied', '--stored', '6')
    for fed_none in ('1', '8'):
        assert 'uses' not in explain(p, COUNT, '--stored', fed_none)


def test_an_alert_keeps_what_held_when_it_was_raised(p, place):
    """The rule may be another one when somebody looks."""
    token, _ = p.token('alice')
    p.send(*denied(token, 5))
    p.settle()
    alert = p.alert_list()[0]
    assert 'why' not in alert
    place.write('rules.yml', (RULES % 9).replace('denied,', 'failure,'))
    p.ctl('reload')
    p.kill9()
    p.start()
    for _ in range(2):
        why = p.ctl_json('alert', 'show', alert['id'])[0]['why']
        assert (why['rule'], why['held']) == (COUNT, True)
        assert why['condition']['text'] == 'gte 3'
        group, = why['groups']
        assert group['key'] == {'token': token}
        assert group['measured'] == 3 and len(group['window']) == 3
        base, = why['based_on']
        assert [(i['name'], i['held']) for i in base['identifiers']] == [
            ('selection', True), ('trusted', False)]
        p.ctl('alert', 'close', alert['id'], 'true', check=False)
        p.settle()
    text = p.ctl('alert', 'show', alert['id']).stdout
    assert 'what held then:' in text and 'wants: gte 3 within 5 min' in text
    assert 'it is "denied"' in text
    wait_for(p.alert_file, 'the alert in the file')
    assert all('why' not in line for line in p.alert_file())


def test_the_same_uses_after_a_crash_are_the_same_alert(p):
    """Killed with and without the commit: its id is of what happened."""
    token, _ = p.token('alice')
    uses = denied(token, 5)
    p.send(*uses)
    alert, = p.alert_list()
    p.kill9()
    p.start()
    p.send(*uses)       # nothing was acknowledged, says the sender
    p.settle()
    assert [a['id'] for a in p.alert_list()] == [alert['id']]
    p.stop()
    for name in ('', '-wal', '-shm'):
        if os.path.exists(p.store + name):
            os.unlink(p.store + name)
    p.start()           # and as if nothing had been committed
    p.send(*uses)
    p.settle()
    again, = p.alert_list()
    assert (again['id'], again['count']) == (alert['id'], alert['count'])


def backtest(p, *args):
    return p.ctl_json('rule', 'backtest', *args)


def test_a_backtest_finds_what_the_rules_found(p, place):
    token, _ = p.token('alice')
    p.send(*denied(token, 4), *denied('tok', 7), *denied('other', 2))
    p.settle()
    found = backtest(p, place.path('rules.yml'))
    assert [(f['key'], f['alerts'], f['uses']) for f in found] == [
        ('token=' + token, 1, 2), ('token=tok', 1, 5)]
    assert found[0]['would_have'] == 'deactivated'
    assert (found[0]['changes'], found[0]['tokens']) == (1, [token])
    text = p.ctl('rule', 'backtest', place.path('rules.yml')).stdout
    assert '14 uses: 2 alerts' in text
    assert 'deactivated ' + token in text


def test_a_backtest_moves_nothing(p, place):
    p.send(*denied('tok', 2))
    p.settle()
    stricter = place.write('new.yml', RULES % 2)
    assert len(backtest(p, stricter)) == 1
    assert p.alert_list() == []
    assert p.show('tok')['state'] == 'active'


def test_only_what_a_change_adds_and_takes_away(p, place):
    p.send(*denied('two', 2), *denied('three', 3), *denied('six', 6))
    p.settle()
    new = place.write('new.yml', RULES % 5)
    found = backtest(p, new, '--against', 'current')
    assert [(f['change'], f['key']) for f in found] == [
        ('taken away', 'token=three')]
    new = place.write('new.yml', RULES % 2)
    found = backtest(p, new, '--against', 'current')
    assert [(f['change'], f['key']) for f in found] == [
        ('added', 'token=two')]
    text = p.ctl('rule', 'backtest', new, '--against', 'current').stdout
    assert '1 rules and keys more, 0 less' in text


def test_more_alerts_and_changes_of_one_key_are_differences_too(p, place):
    """The key was there before: it is not the same for all that."""
    token, _ = p.token('alice')
    again = [dict(u, id='again-' + u['id']) for u in denied(token, 3)]
    p.send(*denied(token, 3, 7000), *again)
    p.settle()
    quiet = place.write('new.yml', (RULES % 3).replace('1h', '6h'))
    found = backtest(p, quiet, '--against', 'current')
    assert [(f['change'], f['key'], f['alerts']) for f in found] == [
        ('taken away', 'token=' + token, 1)]
    assert 'changes' not in found[0], 'the same token is deactivated'
    alone = place.write('new.yml', (RULES % 3).replace('enforce', 'alert'))
    found = backtest(p, alone, '--against', 'current')
    assert [(f['change'], f['alerts'], f['changes'], f['tokens'])
            for f in found] == [('taken away', 0, 1, [token])]
    harder = place.write('new.yml', (RULES % 3).replace('deactivate',
                                                        'expire'))
    found = backtest(p, harder, '--against', 'current')
    assert [(f['change'], f['alerts'], f['would_have'], f['tokens'])
            for f in found] == [('added', 0, 'expired', [token]),
                                ('taken away', 0, 'deactivated', [token])]


def test_a_rule_on_trial_tells_what_it_would_have_done(p, place):
    plain, _ = p.token('alice')
    spared, _ = p.token('alice', '--label', 'protected')
    trap, _ = p.token('alice', '--honey')
    text = (RULES % 3).replace('[token]', '[source.ip]').replace(
        'realert: 1h', 'realert: 1s')
    p.send(*denied(spared, 4, 900))
    p.send(*denied(trap, 4, 600))
    p.send(*denied(plain, 4, 300))
    p.settle()
    assert p.show(plain)['state'] == 'inactive'     # by the rule in force
    for mode, changes in (('simulate', True), ('enforce', True),
                          ('alert', False), ('off', None)):
        trial = place.write('new.yml', text.replace('enforce', mode))
        found = backtest(p, trial)
        if changes is None:
            assert found == []
            continue
        found, = found
        assert found['key'] == 'source.ip=192.0.2.7'
        assert found.get('tokens') == ([plain] if changes else None)
    text = p.ctl('rule', 'backtest', place.write(
        'new.yml', text.replace('enforce', 'simulate'))).stdout
    assert 'deactivated ' + plain in text and spared not in text


def test_what_came_before_the_beginning_fills_the_windows(p, place):
    p.send(*denied('tok', 2))
    p.settle()
    begin = now()
    p.send({'token': 'tok', 'action': 'pull', 'outcome': 'denied',
            'time': now()})
    p.settle()
    found, = backtest(p, place.path('rules.yml'), '--since', begin)
    assert (found['key'], found['alerts'], found['uses']) == (
        'token=tok', 1, 1)
    assert '1 use: 1 alert' in p.ctl(
        'rule', 'backtest', place.path('rules.yml'), '--since', begin).stdout


def test_rules_are_backtested_with_placeholders(place):
    text = RULES % 2 + '''---
title: Admin
logsource: {product: patrol}
detection:
  s: {account|expand: '%admins%'}
  condition: s
'''
    path = place.write('r.yml', text)
    p = place.patrold(conf={'rules': {
        'paths': [path], 'placeholders': {'admins': 'alice'}}})
    p.send({'account': 'alice', 'action': 'pull', 'outcome': 'success'},
           {'account': 'carl', 'action': 'pull', 'outcome': 'success'})
    p.settle()
    assert [f['key'] for f in backtest(p, path)] == ['account=alice']
    other = place.write('p.yml', 'admins: [carl]')
    found = backtest(p, path, '--placeholders', other)
    assert [f['key'] for f in found] == ['account=carl']
    for more in ([], ['--placeholders', other]):
        done = p.ctl('rule', 'explain', 'Admin', '--stored', '1', '--rules',
                     path, *more)
        assert ('Admin: holds' in done.stdout) == (more == [])


def test_a_backtest_begins_and_ends_where_it_is_told(p, place):
    p.send(*denied('tok', 3))
    p.settle()
    path = place.path('rules.yml')
    assert len(backtest(p, path, '--since', '1h')) == 1
    assert backtest(p, path, '--until', '1h') == []
    assert backtest(p, path, '--since', now(60)) == []
    done = p.ctl('rule', 'backtest', path, '--since', 'yesterday',
                 check=False)
    assert done.returncode == 2 and 'neither a span' in done.stderr


def test_the_rules_in_force_come_with_their_placeholders(place):
    path = place.write('r.yml', RULES % 2 + '''---
title: Admin
logsource: {product: patrol}
detection:
  s: {account|expand: '%admins%'}
  condition: s
''')
    p = place.patrold(conf={'rules': {
        'paths': [path], 'placeholders': {'admins': ['carl', 'al*'],
                                          'none': 'x'}}})
    p.send({'account': 'alice', 'action': 'pull', 'outcome': 'success'})
    p.settle()
    alone = place.write('new.yml', RULES % 2)
    found = backtest(p, alone, '--against', 'current')
    assert [(f['change'], f['title']) for f in found] == [
        ('taken away', 'Admin')]


def test_faulty_rules_are_not_backtested(p, place):
    bad = place.write('bad.yml', 'title: x\n')
    done = p.ctl('rule', 'backtest', bad, check=False)
    assert done.returncode == 1 and 'bad.yml:1:' in done.stderr


