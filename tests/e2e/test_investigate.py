"""What an investigator asks: which uses, of whom, from where, since when;
what a token touched; and all of it for a spreadsheet."""
import csv
import io
import json
import os
import sqlite3
import subprocess

import pytest

from patrol import BUILD, DEADLINE, now, wait_for


def use(seq, **more):
    return dict({'id': 'use-%d' % seq, 'registry': 'hub', 'action': 'pull',
                 'outcome': 'success', 'time': now(-3600 + seq)}, **more)


@pytest.fixture
def told(patrold):
    """A patrold with six uses of two tokens of patrol's own and one of
    another issuer; `p.seq` has their numbers by letter."""
    p = patrold
    p.a, p.a_secret = p.token('alice')
    p.b, _ = p.token('bob')
    first = len(p.ctl_json('activity', 'list'))
    p.began = now(-3600)
    p.send(use(1, token=p.a, repository='alice/app', tag='v1',
               user_agent='docker/24.0.7', **{'source.ip': '192.0.2.7'}),
           use(2, token=p.b, repository='bob/tool', action='push',
               **{'source.ip': '198.51.100.9'}),
           use(3, token=p.a, repository='alice/lib', outcome='denied',
               reason='access token is inactive', user_agent='curl/8.1',
               **{'source.ip': '192.0.2.8'}),
           use(4, token='harbor-1', account='alice', registry='harbor',
               digest='sha256:c0ffee', **{'source.ip': '2001:db8::1'}),
           use(5, outcome='failure', reason='unknown secret',
               account='carol', note='From The Build'),
           use(6, token=p.b, repository='bob/tool', count=3))
    p.settle()
    p.seq = {c: first + 1 + i for i, c in enumerate('abcdef')}
    return p


def letters(p, *options, command=('activity', 'list')):
    """Which of the six uses a list has, newest first."""
    by_seq = {v: k for k, v in p.seq.items()}
    return ''.join(by_seq.get(u['seq'], '') for u in
                   p.ctl_json(*command, *options))


FILTERS = [
    (['--token', 'A'], 'ca'), (['--token', 'harbor-1'], 'd'),
    (['--token', 'pat_nosuchtoken1'], ''),
    (['--account', 'alice'], 'dca'), (['--account', 'bob'], 'fb'),
    (['--account', 'carol'], 'e'), (['--account', 'dave'], ''),
    (['--registry', 'harbor'], 'd'), (['--registry', 'hu'], ''),
    (['--action', 'push'], 'b'), (['--action', 'PUSH'], ''),
    (['--outcome', 'denied'], 'c'), (['--outcome', 'failure'], 'e'),
    (['--reason', 'INACTIVE'], 'c'), (['--reason', 'nothing'], ''),
    (['--repository', 'alice/app'], 'a'), (['--repository', 'alice/*'], 'ca'),
    (['--repository', 'bob/t??l'], 'fb'), (['--repository', 'alice'], ''),
    (['--ip', '192.0.2.7'], 'a'), (['--ip', '192.0.2.0/24'], 'ca'),
    (['--ip', '2001:db8::/32'], 'd'), (['--ip', '203.0.113.0/24'], ''),
    (['--client', 'CURL'], 'c'), (['--client', 'podman'], ''),
    (['--text', 'c0ffee'], 'd'), (['--text', 'the build'], 'e'),
    (['--text', 'ALICE/LIB'], 'c'), (['--text', 'HARBOR'], 'd'),
    (['--text', 'use-6'], 'f'),
    (['--since', '2h'], 'fedcba'), (['--since', '50m'], ''),
    (['--until', '2h'], ''), (['--until', '50m'], 'fedcba'),
    (['--account', 'alice', '--outcome', 'success'], 'da'),
    (['--token', 'A', '--outcome', 'denied', '--ip', '192.0.2.8'], 'c'),
    (['--token', 'A', '--action', 'push'], ''),
]


@pytest.mark.parametrize('options, want', FILTERS)
def test_uses_are_narrowed_by_each_option(told, options, want):
    options = [told.a if o == 'A' else o for o in options]
    assert letters(told, *options) == want


def test_since_and_until_are_exact(told):
    uses = told.ctl_json('activity', 'list', '--text', 'use-3')
    at = uses[0]['time']
    assert letters(told, '--since', at) == 'fedc'
    assert letters(told, '--until', at) == 'ba'
    history = ('token', 'history', told.a)
    assert letters(told, '--since', at, command=history) == 'c'
    assert letters(told, '--until', at, command=history) == 'a'
    assert letters(told, '--since', '2h', command=history) == 'ca'


@pytest.mark.parametrize('options, says', [
    (['--ip', '192.0.2.300'], 'ip: '), (['--ip', '192.0.2.7/24'], '192.0.2.0'),
    (['--since', 'soon'], 'since: a span'),
    (['--until', '2027-13-01T00:00:00Z'], 'until: a span'),
    (['--limit', '1001'], 'limit: a number from 1 to 1000')])
def test_what_uses_cannot_be_narrowed_by(patrold, options, says):
    r = patrold.ctl('activity', 'list', *options, check=False)
    assert r.returncode == 1 and says in r.stderr


@pytest.mark.parametrize('options, says', [
    (['--outcome', 'won'], 'success|denied|failure'),
    (['--limit', '0'], 'a number from 1'), (['--client'], 'wants TEXT'),
    (['--text', 'a', '--text', 'b'], 'given twice')])
def test_what_is_no_option_needs_no_daemon(options, says):
    r = subprocess.run([os.path.join(BUILD, 'patrolctl'), 'activity', 'list',
                        *options], stderr=subprocess.PIPE, timeout=DEADLINE,
                       universal_newlines=True)
    assert r.returncode == 2 and says in r.stderr


def test_pages_of_what_is_narrowed_follow_one_another(told):
    options, seen = ['--limit', '1', '--outcome', 'success'], ''
    while True:
        answer = list_page(told, options)
        seen += answer[0]
        if not answer[1]:
            break
        options = ['--limit', '1', '--outcome', 'success', '--before',
                   answer[1]]
    assert seen.strip() == 'fdba'


def list_page(p, options):
    out = p.ctl('activity', 'list', *options).stdout
    by_seq = {str(v): k for k, v in p.seq.items()}
    row = out.splitlines()[1].split()[0]
    last = out.splitlines()[-1]
    return by_seq.get(row, ''), (last.split('--before ')[1]
                                 if '--before' in last else None)


def test_a_long_search_is_one_answer(patrold):
    """More keys than one stretch looks at, and the one that matches is the
    oldest; the numbers of uses are made to jump."""
    patrold.send(use(1, action='first'))
    patrold.settle()
    patrold.stop()
    with sqlite3.connect(patrold.store) as db:
        db.execute('INSERT INTO uses (seq, time) SELECT 2500000, time '
                   'FROM uses')
    db.close()
    patrold.start()
    found = patrold.ctl_json('activity', 'list', '--action', 'first')
    assert [u['seq'] for u in found] == [1]


# --- one token --------------------------------------------------------------

def test_a_token_is_shown_with_all_that_is_known(told):
    told.ctl('token', 'rename', told.a, 'phone')
    told.send(use(3601, token=told.a, action='admin', outcome='denied',
                  reason='no', repository='alice/app', tag='v2',
                  digest='sha256:ab', bytes=17))
    wait_for(lambda: told.alert_list('--token', told.a), 'the alert')
    told.settle()
    shown = told.show(told.a)
    last = shown['last_use']
    assert (last['action'], last['reason'], last['tag'], last['digest'],
            last['bytes']) == ('admin', 'no', 'v2', 'sha256:ab', 17)
    assert shown['made']['action'] == 'token.create'
    assert shown['made']['uid'] == os.getuid() and shown['made']['pid'] > 0
    assert [c['action'] for c in shown['changes']] == ['token.rename',
                                                       'token.create']
    assert [a['id'] for a in shown['alerts']] == [
        a['id'] for a in told.alert_list('--token', told.a)]
    out = told.ctl('token', 'show', told.a).stdout
    for text in ('digest:', 'sha256:ab', 'reason:', 'made by:', 'alert:',
                 shown['alerts'][0]['id'], 'description  -> phone'):
        assert text in out, text


def test_a_token_that_was_never_used_is_shown(patrold):
    token, _ = patrold.token('alice')
    shown = patrold.show(token)
    assert shown['last_use'] is None and shown['alerts'] == []
    assert shown['made']['object'] == token


def test_a_foreign_token_was_made_by_nobody(told):
    shown = told.show('harbor-1')
    assert shown['made'] is None and shown['changes'] == []
    assert shown['last_use']['digest'] == 'sha256:c0ffee'


# --- impact -----------------------------------------------------------------

def impact(p, token, *options):
    """(kind, value) -> (new, uses before, uses after)"""
    return {(i['kind'], i['value']):
            (i['new'], i['before']['uses'], i['after']['uses'])
            for i in p.ctl_json('token', 'impact', token, *options)}


def leak(p, token):
    """Ten uses of the owner, then of a thief; where the thief began."""
    p.send(*[use(i, token=token, repository='alice/app', user_agent='docker',
                 digest='sha256:aa', bytes=10, **{'source.ip': '192.0.2.7'})
             for i in range(10)])
    p.send(*[use(1800 + i, token=token, repository='alice/app%d' % (i % 3),
                 user_agent='curl', bytes=1000, count=2,
                 outcome='denied' if i % 2 else 'success',
                 **{'source.ip': '198.51.100.%d' % i}) for i in range(6)])
    p.send(use(1900, token=token, repository='alice/app',
               **{'source.ip': '192.0.2.7'}))
    p.settle()
    return now(-3600 + 1000)


def test_before_and_after_stand_side_by_side(patrold):
    token, _ = patrold.token('alice')
    since = leak(patrold, token)
    found = impact(patrold, token, '--since', since)
    assert found['all', token] == (False, 10, 13)
    assert found['repository', 'alice/app'] == (False, 10, 1)
    assert found['repository', 'alice/app0'] == (True, 0, 4)
    assert found['digest', 'alice/app@sha256:aa'] == (False, 10, 0)
    assert found['network', '192.0.2.0/24'] == (False, 10, 1)
    assert found['network', '198.51.100.0/24'] == (True, 0, 12)
    assert found['address', '198.51.100.3'] == (True, 0, 2)
    assert found['client', 'curl'] == (True, 0, 12)
    assert found['client', 'docker'] == (False, 10, 0)
    assert found['action', 'pull'] == (False, 10, 13)
    assert found['registry', 'hub'] == (False, 10, 13)
    items = patrold.ctl_json('token', 'impact', token, '--since', since)
    total = items[0]
    assert total['before']['bytes'] == 100 and total['after']['bytes'] == 6000
    assert total['after']['refused'] == 6
    assert total['before']['last'] < since < total['after']['first']
    clients = [i['value'] for i in items if i['kind'] == 'client']
    assert clients == ['curl', 'docker']            # most used after first


def test_impact_ends_where_it_is_told(patrold):
    token, _ = patrold.token('alice')
    since = leak(patrold, token)
    found = impact(patrold, token, '--since', since, '--until',
                   now(-3600 + 1850))
    assert found['all', token] == (False, 10, 12)
    assert found['repository', 'alice/app'] == (False, 10, 0)
    assert impact(patrold, token, '--since', '1m')['all', token] == (
        False, 23, 0)


def test_impact_tells_how_much_it_left_out(patrold):
    token, _ = patrold.token('alice')
    since = leak(patrold, token)
    out = patrold.ctl('token', 'impact', token, '--since', since, '--limit',
                      '2').stdout
    assert 'and 2 more of the kind repository: --limit' in out
    assert 'and 5 more of the kind address: --limit' in out
    assert 'more of the kind client' not in out
    assert 'new' in out
    result = patrold.request('token.impact', id=token, since=since,
                             limit=2)['result']
    assert result['more']['address'] == 5
    assert result['unkept_uses']['address'] == 0


def test_more_values_than_are_kept_are_counted(patrold):
    """10,000 of a kind."""
    patrold.send(*[use(1, id='use-%d' % i, token='tok', repository='r/%d' % i)
                   for i in range(10050)])
    result = patrold.request('token.impact', id='tok', since='2h')['result']
    assert result['unkept_uses']['repository'] == 50
    assert result['more']['repository'] == 10000 - 20
    out = patrold.ctl('token', 'impact', 'tok', '--since', '2h').stdout
    assert 'and 50 uses of yet others of the kind repository' in out


@pytest.mark.parametrize('options, says', [
    (['--since', 'then'], 'since: a span'),
    (['--since', '1h', '--until', '2h'], 'until: must be after since'),
    (['--since', '1h', '--limit', '1001'], 'limit: a number'),
    (['--since', '1970-01-01T00:00:00Z'], 'since: when did it begin?')])
def test_what_impact_is_not_told(patrold, options, says):
    token, _ = patrold.token('alice')
    r = patrold.ctl('token', 'impact', token, *options, check=False)
    assert r.returncode == 1 and says in r.stderr


def test_impact_of_nothing(patrold):
    r = patrold.ctl('token', 'impact', 'pat_nosuchtoken1', '--since', '1h',
                    check=False)
    assert r.returncode == 1 and "no token 'pat_nosuchtoken1'" in r.stderr
    assert patrold.ctl('token', 'impact', 'x', check=False).returncode == 2


# --- spreadsheets -----------------------------------------------------------

def rows(p, *words):
    out = p.ctl('--csv', *words).stdout
    return list(csv.DictReader(io.StringIO(out, newline='')))


def test_a_list_is_rows_for_a_spreadsheet(told):
    got = rows(told, 'activity', 'list', '--account', 'alice')
    assert [r['registry'] for r in got] == ['harbor', 'hub', 'hub', '']
    assert got[2]['token'] == told.a and got[2]['tag'] == 'v1'
    assert got[2]['source.ip'] == '192.0.2.7'
    want = told.ctl_json('activity', 'list', '--account', 'alice')
    assert [r['time'] for r in got] == [u['time'] for u in want]
    assert json.loads(rows(told, 'activity', 'list', '--text', 'the build')[0]
                      ['other']) == {'note': 'From The Build'}


@pytest.mark.parametrize('words', [
    ['account', 'list'], ['token', 'list'], ['alert', 'list'],
    ['rule', 'list'], ['activity', 'list'], ['activity', 'refused'],
    ['audit', 'list'], ['token', 'history', 'A'],
    ['token', 'impact', 'A', '--since', '2h']])
def test_every_list_has_a_head_and_its_rows(told, words):
    words = [told.a if w == 'A' else w for w in words]
    told.send('rubbish')
    told.send(use(9, token=told.a, action='admin', outcome='denied'))
    wait_for(told.alert_list, 'the alert')
    told.settle()
    items = told.ctl_json(*words)
    got = rows(told, *words)
    assert len(got) == len(items) > 0
    for row, item in zip(got, items):
        for name, value in row.items():
            assert None not in (name, value)
            if isinstance(item.get(name), (str, int)):
                assert value in (str(item[name]),
                                 str(item[name]).lower()), name
    assert any(v for r in got for v in r.values())


def test_rules_are_rows_with_all_that_the_table_has(told):
    shown = {r['id']: r for r in told.ctl_json('rule', 'list')}
    got = rows(told, 'rule', 'list')
    assert len(got) == len(shown)
    for row in got:
        for name in ('hits', 'candidates', 'cost_share', 'keys', 'evicted'):
            assert row[name] == str(shown[row['id']].get(name, '')), name
    assert any(row['cost_share'] for row in got)


def test_an_empty_list_has_a_head(patrold):
    assert patrold.ctl('--csv', 'alert', 'list').stdout.startswith(
        'id,level,title,')


def test_foreign_text_is_no_formula(patrold):
    patrold.send(use(1, user_agent='=HYPERLINK("http://x","y")',
                     repository='-a', note='+1'))
    row, = rows(patrold, 'activity', 'list')
    assert row['user_agent'] == '\'=HYPERLINK("http://x","y")'
    assert row['repository'] == "'-a"


@pytest.mark.parametrize('words, says', [
    (['--csv', 'token', 'show', 'x'], '--csv: token show is no list'),
    (['--csv', 'status'], '--csv: status is no list'),
    (['--csv', '--json', 'token', 'list'], '--csv and --json exclude'),
    (['--csv', '-q', 'token', 'list'], '--csv and -q exclude')])
def test_what_is_no_list_has_no_rows(words, says):
    r = subprocess.run([os.path.join(BUILD, 'patrolctl'), *words],
                       stderr=subprocess.PIPE, timeout=DEADLINE,
                       universal_newlines=True)
    assert r.returncode == 2 and says in r.stderr
