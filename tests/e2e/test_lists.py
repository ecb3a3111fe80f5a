"""Lists of tokens: filters, order, pages, CSV; and changes by filter."""
import csv
import io
import json
import os
import pty
import socket
import subprocess

import pytest

from patrol import BUILD, DEADLINE, now, wait_for


def ids(patrold, *options):
    return [t['id'] for t in patrold.ctl_json('token', 'list', *options)]


@pytest.fixture
def many(place):
    """25 tokens of alice, some used, and one of bob."""
    p = place.patrold()
    made = []
    for i in range(25):
        options = ['--description', 'token %d' % i]
        if i % 3:
            options += ['--expires', '%dd' % (i % 5 + 1)]
        made.append(p.token('alice', *options)[0])
    p.token('bob', '--label', 'ci')
    p.send(*[{'token': t, 'action': 'pull', 'outcome': 'success',
              'time': now(-100 + i % 7), 'source.ip': '192.0.%d.1' % (i % 2),
              'count': i % 4 + 1, 'registry': 'hub'}
             for i, t in enumerate(made[:20])])
    return p


def key(sort, t):
    used = t['last_used'] or {}
    return {'id': t['id'],
            'account': t['account'] or '',
            'created': t['created'],
            'expires': t['expires'] or '9999',
            'last-used': used.get('time', ''),
            'uses': t['uses']}[sort], t['id']


def pages(patrold, size, *options):
    """All ids, page by page."""
    got, after = [], []
    while True:
        r = patrold.ctl('-q', 'token', 'list', *options, '--limit', str(size),
                        *after)
        got += r.stdout.split()
        if 'more: --after ' not in r.stderr:
            return got
        after = ['--after', r.stderr.split()[-1]]


def test_a_sorted_list_is_the_same_in_pages_of_any_size(many):
    items = many.ctl_json('token', 'list')
    for sort in ('id', 'account', 'created', 'expires', 'last-used', 'uses'):
        for reverse in (False, True):
            want = [t['id'] for t in sorted(items, key=lambda t: key(sort, t),
                                            reverse=reverse)]
            options = ['--sort', sort] + (['--reverse'] if reverse else [])
            assert ids(many, *options) == want
            for size in (7, 26):
                assert pages(many, size, *options) == want


def test_pages_in_the_order_of_making_go_on_where_one_ended(many):
    want = ids(many)
    for size in (1, 7, 25, 26, 27):
        assert pages(many, size) == want
    assert pages(many, 3, '--account', 'alice') == want[:25]
    r = many.request('token.list', limit=25)['result']
    assert (r['tokens'], r['matched'], r['more']) == (25, 26, True)
    r = many.request('token.list', limit=25, after=r['next'])['result']
    assert (r['tokens'], r['more'], r['next']) == (1, False, None)


def test_the_foot_counts_all_that_match_not_only_the_page(many):
    off = ids(many, '--account', 'alice')[:3]
    many.ctl('token', 'deactivate', *off)
    out = many.ctl('token', 'list', '--account', 'alice', '--limit',
                   '2').stdout.splitlines()
    assert out[-2] == '2 of 25 tokens: 22 active, 3 not active'
    assert out[-1].startswith('more: --after ')
    out = many.ctl('token', 'list', '--label', 'ci').stdout.splitlines()
    assert out[-1] == '1 token: 1 active, 0 not active'


def test_each_filter_finds_its_own(many):
    everything = many.ctl_json('token', 'list')
    used = {t['id'] for t in everything if t['last_used']}
    assert set(ids(many, '--never-used')) == {
        t['id'] for t in everything} - used
    assert set(ids(many, '--registry', 'hub')) == used
    assert set(ids(many, '--from', '192.0.1.0/24')) == {
        t['id'] for t in everything
        if t['last_used'] and t['last_used']['ip'] == '192.0.1.1'}
    soon = ids(many, '--expires-before', '2d')
    assert set(soon) == {t['id'] for t in everything if t['expires']
                         and t['expires'] < now(2 * 86400)}
    assert ids(many, '--text', 'TOKEN 17') == [
        t['id'] for t in everything if t['description'] == 'token 17']
    assert ids(many, '--unused-since', '1d') == []
    assert set(ids(many, '--last-used-before', now(-50))) == used
    assert ids(many, '--last-used-after', now(-50)) == []
    assert ids(many, '--created-before', '1h') == []
    assert len(ids(many, '--created-after', '1h')) == 26
    assert ids(many, '--account', 'bob', '--label', 'ci', '--scope', 'read',
               '--kind', 'manual', '--state', 'active') == [
        t['id'] for t in everything if t['account'] == 'bob']


def read_csv(text):
    assert text.endswith('\n')
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_the_same_as_json(many):
    items = many.ctl_json('token', 'list')
    table = read_csv(many.ctl('token', 'list', '--csv').stdout)
    assert [r['id'] for r in table] == [t['id'] for t in items]
    for r, t in zip(table, items):
        assert r['description'] == t['description']
        assert r['created'] == t['created']
        assert r['expires'] == (t['expires'] or '')
        assert r['labels'] == ' '.join(t['labels'])
        assert r['last_used.time'] == (t['last_used'] or {}).get('time', '')
        assert r['uses'] == str(t['uses'])


def test_csv_is_no_formula_and_no_escape_sequence(patrold):
    text = '=1+1,"x"\x1b[31m\n'
    patrold.ctl('token', 'create', '--account', 'alice', '--description',
                text)
    out = patrold.ctl('token', 'list', '--csv').stdout
    assert '\x1b' not in out
    row, = read_csv(out)
    assert row['description'] == "'=1+1,\"x\"\\x1b[31m\\x0a"


def test_every_list_has_csv_and_nothing_else_has(patrold):
    token, _ = patrold.token('alice')
    patrold.send({'token': token, 'action': 'pull'})
    for words, field in ((['account', 'list'], 'name'),
                         (['activity', 'list'], 'seq'),
                         (['activity', 'refused'], 'seq'),
                         (['alert', 'list'], 'id'),
                         (['audit', 'list'], 'seq'),
                         (['rule', 'list'], 'id'),
                         (['token', 'history', token], 'seq')):
        out = patrold.ctl(*words, '--csv').stdout
        assert field in out.splitlines()[0].split(',')
        assert len(read_csv(out)) == len(patrold.ctl_json(*words))
    for words in (['status'], ['token', 'show', token], ['whoami'],
                  ['rule', 'check', 'x']):
        assert patrold.ctl(*words, '--csv', check=False).returncode == 2


def test_of_many_tokens_those_are_offered_that_fit(patrold):
    patrold.send(*[{'token': 'f-%d' % i, 'action': 'pull'}
                   for i in range(300)])

    def offered(half):
        out = patrold.ctl('--complete', 'token', 'show', half).stdout
        return {line.split('\t')[0] for line in out.splitlines()}
    assert offered('f-29') == {'f-29'} | {'f-29%d' % i for i in range(10)}
    assert len(offered('')) == 200


# --- for a while -----------------------------------------------------------

def state(patrold, token):
    return patrold.show(token)['state']


def entries(patrold, token):
    return [(e['action'], e['actor'], e['after'])
            for e in patrold.ctl_json('audit', 'list', '--object', token)]


@pytest.mark.parametrize('end', [None, 'stop', 'kill9'])
def test_a_pause_ends_by_itself_also_over_a_restart(patrold, end):
    token, secret = patrold.token('alice')
    patrold.ctl('token', 'deactivate', token, '--for', '3s', '--reason',
                'moving house')
    shown = patrold.show(token)
    assert shown['state'] == 'inactive' and shown['until'] > now()
    assert 'inactive until ' in patrold.ctl('token', 'show', token).stdout
    assert 'inactive until ' in patrold.ctl('token', 'list').stdout
    assert patrold.exchange('alice', secret)[0] == 401
    if end is not None:
        getattr(patrold, end)()
        patrold.start()
        assert patrold.show(token).get('until', shown['until']) == \
            shown['until']
    wait_for(lambda: state(patrold, token) == 'active', 'the pause to end')
    assert now() >= shown['until']
    assert patrold.exchange('alice', secret)[0] == 200
    action, actor, after = entries(patrold, token)[0]
    assert (action, actor) == ('token.activate', 'patrold')
    assert 'deactivated for is over' in after['cause']
    assert 'until' not in patrold.show(token)


@pytest.mark.parametrize('verb', ['activate', 'deactivate', 'expire',
                                  'delete'])
def test_an_explicit_change_cancels_the_end_of_a_pause(patrold, verb):
    token, _ = patrold.token('alice')
    other, _ = patrold.token('alice')
    patrold.ctl('token', 'deactivate', token, other, '--for', '1s')
    patrold.ctl('token', verb, token)
    before = state(patrold, token)
    wait_for(lambda: state(patrold, other) == 'active', 'the other pause')
    assert state(patrold, token) == before
    assert entries(patrold, token)[0][0] == 'token.' + verb


# --- changes by filter -----------------------------------------------------

def test_a_change_by_filter_tells_first_and_needs_a_yes(many):
    words = ['token', 'deactivate', '--account', 'alice', '--never-used']
    r = many.ctl(*words, check=False)
    assert r.returncode == 2
    lines = r.stdout.splitlines()
    assert lines[-1] == '5 tokens would be inactive'
    assert len(lines) == 6 and 'alice' in lines[0]
    assert '--yes' in r.stderr
    assert many.status()['tokens']['active'] == 26
    out = many.ctl(*words, '--yes', '--reason', 'not in use').stdout
    assert out == '5 tokens are now inactive\n'
    off = many.ctl_json('token', 'list', '--state', 'inactive')
    assert len(off) == 5
    for t in off:
        assert t['account'] == 'alice' and t['last_used'] is None
        assert t['cause'] == 'not in use'
        (action, actor, after), *_ = entries(many, t['id'])
        assert action == 'token.deactivate' and actor.startswith('uid:')
        assert after['state'] == 'inactive'
    # Again there is nothing to do, and it says so.
    r = many.ctl(*words)
    assert r.stdout == ('0 tokens would be inactive; 5 others that match '
                        'stay as they are\n')


def test_more_than_the_first_few_are_only_counted(many):
    r = many.ctl('token', 'delete', '--account', 'alice', check=False)
    lines = r.stdout.splitlines()
    assert lines[-2:] == ['  and 20 more', '25 tokens would be deleted']
    result, = many.ctl_json('token', 'delete', '--account', 'alice', '--yes')
    assert (result['tokens'], result['others']) == (25, 0)
    assert ids(many) == ids(many, '--account', 'bob')


def at_a_terminal(patrold, answer, *words):
    """Runs patrolctl with a terminal for its input."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer.encode())
        return subprocess.run(
            [os.path.join(BUILD, 'patrolctl'), '-s', patrold.control, *words],
            stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=DEADLINE, universal_newlines=True)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize('answer, status, left', [
    ('y\n', 0, 0), ('n\n', 1, 1), ('\n', 1, 1)])
def test_at_a_terminal_it_asks(patrold, answer, status, left):
    patrold.token('alice')
    r = at_a_terminal(patrold, answer, 'token', 'expire', '--account',
                      'alice')
    assert '[y/N]' in r.stderr
    assert r.returncode == status
    assert patrold.status()['tokens']['active'] == left


def test_nothing_is_asked_where_nothing_would_change(patrold):
    r = at_a_terminal(patrold, '', 'token', 'expire', '--account', 'alice')
    assert r.returncode == 0 and r.stderr == ''


def test_what_is_off_for_good_does_not_come_back_with_the_others(patrold):
    good, _ = patrold.token('alice')
    brief, _ = patrold.token('alice')
    patrold.ctl('token', 'deactivate', good)
    patrold.ctl('token', 'deactivate', '--account', 'alice', '--for', '1s',
                '--yes')
    wait_for(lambda: state(patrold, brief) == 'active', 'the pause to end')
    assert state(patrold, good) == 'inactive'


def test_the_daemon_refuses_a_change_of_everything(patrold):
    token, _ = patrold.token('alice')
    for args in ({'action': 'delete'}, {'action': 'delete', 'reason': 'x'},
                 {'action': 'delete', 'account': None},
                 {'action': 'delete', 'label': ''},
                 {'action': 'delete', 'registry': ' '},
                 {'action': 'delete', 'never_used': False},
                 {'action': 'rename', 'account': 'alice'},
                 {'action': 'expire', 'account': 'alice', 'for': '1h'}):
        answer = patrold.request('token.bulk', **args)
        assert answer['ok'] is False, args
        assert answer['error']['code'] == 'bad_request'
    assert state(patrold, token) == 'active'


def test_thousands_are_changed_while_others_are_served(place):
    """In slices, each durable before the next: a kill in between leaves all
    that was changed, and its audit entries."""
    p = place.patrold({'tokens': {'foreign-max': 10000}})
    p.send(*[{'token': 'f-%d' % i, 'action': 'pull'} for i in range(5000)])
    result, = p.ctl_json('token', 'deactivate', '--kind', 'foreign', '--yes')
    assert result['tokens'] == 5000
    p.kill9()
    p.start()
    count = p.request('token.list', kind='foreign', state='inactive',
                      limit=1)['result']
    assert count['matched'] == 5000 and count['active'] == 0
    (n,), = p.sql("SELECT count(*) FROM audit WHERE action ="
                  " 'token.deactivate'")
    assert n == 5000


def test_a_change_among_other_requests_is_answered_once(patrold):
    """What was written before it is sent while it waits for its commit: that
    once began it again."""
    for _ in range(10):
        token, _ = patrold.token('alice')
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(DEADLINE)
            s.connect(patrold.control)
            cmds = [('whoami', {})] * 5 + [
                ('token.bulk', {'action': 'delete', 'account': 'alice'}),
                ('whoami', {})]
            s.sendall(b''.join(json.dumps(
                {'id': i, 'cmd': c, 'args': a}).encode() + b'\n'
                for i, (c, a) in enumerate(cmds)))
            s.shutdown(socket.SHUT_WR)
            with s.makefile() as f:
                answers = [json.loads(line) for line in f][1:]
        assert [a['id'] for a in answers] == list(range(len(cmds)))
        assert answers[5]['result']['tokens'] == 1


def test_who_goes_away_ends_a_list_and_a_change(place):
    """Half-way through: the daemon lets go of both and serves on."""
    p = place.patrold({'tokens': {'foreign-max': 100000}})
    p.send(*[{'token': 'f-%d' % i, 'action': 'pull'} for i in range(30000)])
    for cmd, args in (('token.list', {'sort': 'uses'}),
                      ('token.list', {'text': 'f-2'}),
                      ('token.bulk', {'action': 'deactivate',
                                      'kind': 'foreign'})):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(p.control)
            s.sendall(json.dumps({'id': 1, 'cmd': cmd,
                                  'args': args}).encode() + b'\n')
            s.recv(10)
    n = wait_for(lambda: p.request('token.list', kind='foreign', limit=1),
                 'an answer')['result']
    assert n['matched'] == 30000
    assert p.request('token.bulk', action='delete', kind='foreign')['result']['tokens'] == 30000
