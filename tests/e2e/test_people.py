"""Who may see what: owners and their accounts; a token is no key to the
control socket; the audit, with what narrows it."""
import json
import os
import pwd
import socket

import pytest

from patrol import DEADLINE, merge, now, wait_for

NOBODY = 'nobody'
ADMIN_RULE = 'Administration attempted with an access token'
HONEY_RULE = 'A honey token was presented'

root = pytest.mark.skipif(os.getuid() != 0,
                          reason='only root can ask as another user')


def raw(p, data):
    """Bytes straight to the control socket: all answers but the greeting."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(DEADLINE)
        s.connect(p.control)
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        with s.makefile('rb') as f:
            return [json.loads(line) for line in f][1:]


def ask(p, **request):
    return raw(p, json.dumps(request).encode() + b'\n')[-1]


def newest(p):
    p.settle()
    return p.ctl_json('activity', 'list', '--limit', '1')[0]


# --- a token on the control socket ------------------------------------------

def as_an_argument(secret):
    return json.dumps({'id': 7, 'cmd': 'token.show', 'args': {'id': secret}})


def inside_of_a_text(secret):
    return json.dumps({'id': 7, 'cmd': 'token.rename', 'args': {
        'id': 'pat_x', 'description': 'old one was ' + secret + '!'}})


def as_a_command(secret):
    return json.dumps({'id': 7, 'cmd': secret})


def as_an_argument_nobody_knows(secret):
    return json.dumps({'id': 7, 'cmd': 'whoami', 'args': {secret: 1}})


def with_escapes(secret):
    return '{"id":7,"cmd":"token.show","args":{"id":"%s"}}' % ''.join(
        '\\u%04x' % ord(c) for c in secret)


FORMS = [as_an_argument, inside_of_a_text, as_a_command,
         as_an_argument_nobody_knows, with_escapes]


@pytest.mark.parametrize('form', FORMS)
def test_a_token_is_refused_and_is_a_use(patrold, form):
    token, secret = patrold.token('alice')
    answer, = raw(patrold, form(secret).encode() + b'\n')
    assert answer['id'] == 7 and answer['ok'] is False
    assert answer['error']['code'] == 'denied'
    assert 'access token' in answer['error']['message']
    assert secret not in json.dumps(answer)
    use = newest(patrold)
    assert (use['token'], use['account']) == (token, 'alice')
    assert (use['action'], use['outcome']) == ('admin', 'denied')
    assert 'control socket' in use['reason']
    assert use['other']['control.by'].startswith('uid:%d(' % os.getuid())
    assert [a['token'] for a in patrold.alert_list()
            if a['title'] == ADMIN_RULE] == [token]
    log = patrold.log()
    assert 'access token %s denied' % token in log
    assert secret not in log
    assert patrold.show(token)['last_used']['action'] == 'admin'


@pytest.mark.parametrize('end', [b'\n', b''])
def test_a_bare_line_is_refused_too(patrold, end):
    token, secret = patrold.token('alice')
    answer, = raw(patrold, secret.encode() + end)
    assert answer['id'] == 0 and answer['error']['code'] == 'denied'
    assert newest(patrold)['token'] == token


def test_who_tries_is_told_nothing_of_the_token(patrold):
    """The answer is the same for one that works, one that nobody has, one
    that is dead, and a trap."""
    live, secret = patrold.token('alice')
    dead, dead_secret = patrold.token('alice')
    patrold.ctl('token', 'delete', dead)
    trap, trap_secret = patrold.token('alice', '--honey')
    other = patrold.token('alice')[1]
    answers = [ask(patrold, id=1, cmd='token.show', args={'id': s})
               for s in (secret, dead_secret, trap_secret)]
    patrold.stop()
    os.unlink(patrold.store)                # now nobody has any of them
    patrold.start()
    answers.append(ask(patrold, id=1, cmd='token.show', args={'id': other}))
    assert answers == answers[:1] * 4
    use = newest(patrold)
    assert 'token' not in use and 'account' not in use
    assert use['outcome'] == 'failure'
    assert use['reason'] == 'unknown secret on the control socket'


def test_a_trap_on_the_control_socket_is_its_alarm(patrold):
    trap, secret = patrold.token('alice', '--honey')
    ask(patrold, id=1, cmd='whoami', args={'x': secret})
    patrold.settle()
    assert HONEY_RULE in [a['title'] for a in patrold.alert_list()]


def test_a_line_of_many_makes_so_many_uses_and_no_more(patrold):
    tokens = [patrold.token('alice') for _ in range(17)]
    before = patrold.status()['uses']['taken']
    raw(patrold, ' '.join(s for _, s in tokens[:16]).encode() + b'\n')
    assert patrold.status()['uses']['taken'] == before + 16
    raw(patrold, ' '.join(s for _, s in tokens).encode() + b'\n')
    assert patrold.status()['uses']['taken'] == before + 32


def test_who_reports_a_leak_may_have_the_token_in_a_text(patrold):
    """It is masked, and no use of the token."""
    token, secret = patrold.token('alice')
    other = patrold.token('alice')[0]
    answer = patrold.request('leak.report', reports=other,
                             url='https://x/?t=' + secret)
    assert answer['ok'] is True
    assert newest(patrold)['action'] == 'token.leak'
    assert patrold.show(token)['last_used'] is None
    assert secret not in json.dumps(patrold.alert_list())


def test_what_only_looks_like_a_token_is_an_ordinary_word(patrold):
    _, secret = patrold.token('alice')
    typo = secret[:-1] + ('a' if secret[-1] != 'a' else 'b')
    before = patrold.status()['uses']['taken']
    answer = ask(patrold, id=1, cmd='token.show', args={'id': typo})
    assert answer['error']['code'] == 'not_found'
    assert patrold.status()['uses']['taken'] == before


@root
def test_a_stranger_with_a_token_is_recorded(place):
    """Whoever may do nothing is heard all the same."""
    p = place.patrold({'control': {'roles': {'admin': ['root']}}})
    token, secret = p.token('alice')
    r = p.ctl('token', 'show', secret, user=NOBODY, check=False)
    assert r.returncode == 1 and 'access token' in r.stderr
    use = newest(p)
    assert use['token'] == token
    assert NOBODY in use['other']['control.by']


# --- owners -----------------------------------------------------------------

def owners_conf():
    return {'control': {'roles': {'admin': ['root'], 'analyst': [],
                                  'viewer': []}}}


class Owned:
    """`nobody` owns an account beside alice's; both have tokens, uses,
    traps, alerts."""

    def __init__(self, place):
        self.p = p = place.patrold(owners_conf())
        p.account(NOBODY)
        self.own, self.secret = p.token(NOBODY, '--description', 'mine')
        self.theirs, self.their_secret = p.token('alice')
        self.trap, self.trap_secret = p.token(NOBODY, '--honey')
        for secret, source in ((self.secret, '127.0.0.1'),
                               (self.their_secret, '127.0.0.2')):
            p.exchange('alice' if secret == self.their_secret else NOBODY,
                       secret, source=source)
        p.exchange(NOBODY, self.trap_secret)        # an alert: a trap
        p.exchange('alice', self.secret)            # under another's name
        for secret in (self.secret, self.their_secret, self.trap_secret):
            ask(p, id=1, cmd='whoami', args={'x': secret})
        p.settle()

    def asked(self, *words):
        return self.p.ctl_json(*words, user=NOBODY)

    def refused(self, *words):
        r = self.p.ctl(*words, user=NOBODY, check=False)
        assert r.returncode == 1, words
        return r.stderr

    def is_silent(self, text):
        """No word of others, nor of the trap."""
        text = json.dumps(text)
        for word in (self.theirs, 'alice', self.trap, 'honey', 'bob'):
            assert word not in text, word


@pytest.fixture
def owned(place):
    return Owned(place)


@root
def test_an_owner_sees_the_uses_of_own_tokens(owned):
    uses = owned.asked('activity', 'list')
    owned.is_silent(uses)
    assert {u['token'] for u in uses if 'token' in u} == {owned.own}
    actions = [u['action'] for u in uses]
    assert actions.count('token.create') == 1       # not that of the trap
    assert actions.count('login') == 2 and actions.count('admin') == 1
    assert owned.asked('activity', 'list', '--token', owned.theirs) == []
    assert owned.asked('activity', 'list', '--token', owned.trap) == []
    assert owned.asked('activity', 'list', '--account', 'alice') == []
    owned.is_silent(owned.asked('token', 'history', owned.own))


@root
def test_an_owner_sees_the_audit_of_own_tokens(owned):
    owned.p.ctl('token', 'rename', owned.own, 'renamed')
    entries = owned.asked('audit', 'list')
    owned.is_silent(entries)
    assert [(e['action'], e['object']) for e in entries] == [
        ('token.rename', owned.own), ('token.create', owned.own),
        ('account.add', NOBODY)]
    assert owned.asked('audit', 'list', '--object', owned.theirs) == []


@root
def test_an_owner_sees_the_alerts_about_own_tokens(owned):
    alerts = owned.asked('alert', 'list')
    owned.is_silent(alerts)
    assert {a['token'] for a in alerts} == {owned.own}
    for a in owned.p.alert_list():
        if a['token'] == owned.own:
            shown, = owned.asked('alert', 'show', a['id'])
            owned.is_silent(shown)
            assert shown['title'] == a['title']
            assert 'why' not in shown or shown['why'] is None
        else:
            said = owned.refused('alert', 'show', a['id'])
            assert said == owned.refused('alert', 'show', 'alr_nosuchalert01')
    assert 'role' in owned.refused('alert', 'ack', alerts[0]['id'])


@root
def test_an_owners_counts_leave_traps_out(owned):
    shown, = owned.asked('account', 'show', NOBODY)
    assert (shown['tokens'], shown['active']) == (1, 1)
    full, = owned.p.ctl_json('account', 'show', NOBODY)
    assert (full['tokens'], full['active']) == (1, 1)
    out = owned.p.ctl('token', 'list', user=NOBODY).stdout
    owned.is_silent(out)
    assert '1 token: 1 active' in out


@root
def test_traps_do_not_use_up_an_owners_limit(place):
    p = place.patrold(merge(owners_conf(),
                            {'tokens': {'max-per-account': 2}}))
    p.account(NOBODY)
    for _ in range(3):
        p.token(NOBODY, '--honey')
    p.ctl('token', 'create', '--account', NOBODY, user=NOBODY)
    p.ctl('token', 'create', '--account', NOBODY, user=NOBODY)
    r = p.ctl('token', 'create', '--account', NOBODY, user=NOBODY,
              check=False)
    assert r.returncode == 1 and 'has 2 tokens' in r.stderr


@root
@pytest.mark.parametrize('words', [
    ['token', 'show'], ['token', 'history'], ['token', 'rename'],
    ['token', 'deactivate'], ['token', 'activate'], ['token', 'expire'],
    ['token', 'delete']])
def test_not_yours_is_as_not_there(owned, words):
    more = ['x'] if words[1] == 'rename' else []
    for token in (owned.theirs, owned.trap):
        said = owned.refused(*words, token, *more)
        assert said.replace(token, 'ID') == owned.refused(
            *words, 'pat_nosuchtoken1', *more).replace('pat_nosuchtoken1',
                                                       'ID')
    assert owned.refused('account', 'show', 'alice').replace('alice', 'X') \
        == owned.refused('account', 'show', 'carol').replace('carol', 'X')


@root
@pytest.mark.parametrize('words, role', [
    (['account', 'list'], 'viewer'), (['account', 'add', 'eve'], 'admin'),
    (['account', 'set', NOBODY, '--disabled', 'no'], 'admin'),
    (['activity', 'refused'], 'admin'), (['audit', 'verify'], 'admin'),
    (['rule', 'list'], 'analyst'), (['status'], 'viewer'),
    (['reload'], 'admin'), (['brake', 'release'], 'admin'),
    (['check'], 'admin'), (['undo', 'alr_x'], 'admin'),
    (['alert', 'close', 'alr_x', 'true'], 'analyst')])
def test_what_an_owner_has_no_role_for_is_refused(owned, words, role):
    assert role in owned.refused(*words)


# --- the audit --------------------------------------------------------------

def test_the_audit_is_narrowed_by_each_option(patrold):
    token, _ = patrold.token('alice', '--description', 'the Laptop')
    middle = now()
    patrold.ctl('token', 'rename', token, 'phone')
    me = pwd.getpwuid(os.getuid()).pw_name

    def actions(*options):
        return [e['action'] for e in patrold.ctl_json('audit', 'list',
                                                      *options)]

    everything = actions()
    assert everything == ['token.rename', 'token.create', 'account.add',
                          'account.add']
    assert actions('--actor', '(%s)' % me) == everything
    assert actions('--actor', 'rule:') == []
    assert actions('--uid', str(os.getuid())) == everything
    assert actions('--uid', '4294967294') == []
    assert actions('--object', token) == everything[:2]
    assert actions('--action', 'token.create') == ['token.create']
    assert actions('--action', 'token.*') == everything[:2]
    assert actions('--since', middle) == ['token.rename']
    assert actions('--since', '1h') == everything
    assert actions('--until', middle) == everything[1:]
    assert actions('--text', 'LAPTOP') == ['token.rename', 'token.create']
    assert actions('--text', 'phone', '--object', 'alice') == []


@pytest.mark.parametrize('option, value, says', [
    ('--since', 'yesterday', 'since: a span before now'),
    ('--until', '5', 'until: a span before now'),
    ('--uid', 'root', 'uid: a number'), ('--uid', '-1', 'uid: a number'),
    ('--uid', '4294967296', 'uid: a number')])
def test_what_the_audit_cannot_be_narrowed_by(patrold, option, value, says):
    r = patrold.ctl('audit', 'list', option, value, check=False)
    assert r.returncode == 1 and says in r.stderr


def test_every_change_is_audited_with_before_and_after(patrold):
    token, _ = patrold.token('alice')
    rule = patrold.ctl_json('rule', 'list')[0]['id']
    alert_of(patrold, token)
    alert = patrold.alert_list()[0]['id']
    for words in (['account', 'set', 'alice', '--two-factor', 'yes'],
                  ['token', 'rename', token, 'x'],
                  ['token', 'deactivate', token],
                  ['token', 'activate', token], ['token', 'expire', token],
                  ['token', 'delete', token],
                  ['rule', 'mode', rule, 'simulate'], ['reload'],
                  ['alert', 'ack', alert], ['alert', 'close', alert, 'true']):
        patrold.ctl(*words)
        entry = patrold.ctl_json('audit', 'list', '--limit', '1')[0]
        assert entry['action'] == '.'.join(words[:2]), words
        assert entry['before'] and entry['after'], words
        assert words[0] == 'reload' or entry['before'] != entry['after']
        assert entry['uid'] == os.getuid() and entry['pid'] > 0


def alert_of(p, token):
    p.send({'token': token, 'action': 'admin', 'outcome': 'denied'})
    wait_for(p.alert_list, 'the alert')
