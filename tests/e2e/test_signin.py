"""Sign-in at the token endpoint: whose repositories, passwords, how often; and
the key that signs taking another's place."""
import base64
import json
import os
import socket
import threading

import pytest

from patrol import SERVICE, oci_image, wait_for

GENERIC = 'incorrect username or password'
# Of "NAME's password", at the least cost; and one that takes a while.
HASH = {
    'alice':
    '$2b$04$aaaaaaaaaaaaaaaaaaaaaOTu.KpfX0pazIdl/uN2TnyUXD.UsLTfa',
    'bob':
    '$2b$04$bbbbbbbbbbbbbbbbbbbbbOxI5JMoGlnJUw4H6dw7yjAKl2U5Fzx6e',
    'carol':
    '$2b$04$cccccccccccccccccccccOMtiw7T6MZQB92L2MXu2TC.YzylbHFzi',
    'dave':
    '$2b$04$dddddddddddddddddddddOrbdyiSX7Ix3e4vyB4lUulm1HeUCmf1a',
}
SLOW = '$2b$12$ssssssssssssssssssssseyQDncOGQeMMyFC57CDyVWkUAqm38nLe'


def claims(answer):
    part = answer['token'].split('.')[1]
    return json.loads(base64.urlsafe_b64decode(part + '=' * (-len(part) % 4)))


def granted(p, user, secret, *asked):
    """{repository: [actions]} of an exchange that is granted."""
    status, body = p.exchange(user, secret, ' '.join(asked))
    assert status == 200, body
    return {a['name']: a['actions'] for a in claims(body)['access']}


def message(answer):
    status, body = answer
    return status, body['errors'][0]['message']


def last_use(p):
    p.settle()
    return p.ctl_json('activity', 'list', '--limit', '1')[0]


# --- whose repositories ------------------------------------------------------

ACCESS = {
    'public': ['library/*'],
    'groups': {'build': ['bob', 'carol']},
    'access': [
        {'who': ['@build'], 'repositories': ['team/*', 'base/?'],
         'actions': ['pull', 'push']},
        {'who': ['bob'], 'repositories': ['team/*'], 'actions': ['delete']},
        {'who': ['*'], 'repositories': ['shared/*']}]}


@pytest.mark.parametrize('user, asked, want', [
    ('alice', 'alice/app', ['pull', 'push', 'delete']),
    ('alice', 'alice/a/b', ['pull', 'push', 'delete']),
    ('alice', 'alice', None),
    ('alice', 'alicea/app', None),
    ('alice', 'bob/app', None),
    ('alice', 'team/app', None),
    ('alice', 'shared/app', ['pull']),
    ('alice', 'library/app', ['pull']),
    ('bob', 'bob/app', ['pull', 'push', 'delete']),
    ('bob', 'team/app', ['pull', 'push', 'delete']),
    ('bob', 'base/a', ['pull', 'push']),
    ('bob', 'base/ab', None),
])
def test_an_account_may_what_its_namespace_and_the_list_say(place, user, asked,
                                                            want):
    p = place.patrold({'auth': ACCESS})
    _, secret = p.token(user, '--scope', 'delete')
    got = granted(p, user, secret, 'repository:%s:pull,push,delete' % asked)
    assert got.get(asked) == want
    assert granted(p, user, secret, 'repository:%s:*' % asked).get(
        asked) == want


def test_the_tokens_scope_bounds_what_the_account_may(place):
    p = place.patrold({'auth': ACCESS})
    asked = ['repository:%s:pull,push,delete' % r for r in (
        'bob/app', 'team/app', 'shared/app', 'library/app')]
    _, read = p.token('bob', '--scope', 'read')
    assert set(map(tuple, granted(p, 'bob', read, *asked).values())) == {
        ('pull',)}
    _, public = p.token('bob', '--scope', 'public-read')
    assert granted(p, 'bob', public, *asked) == {'library/app': ['pull']}
    _, one = p.token('bob', '--scope', 'write team/app=write')
    assert granted(p, 'bob', one, *asked) == {'team/app': ['pull', 'push']}


def test_an_access_list_changes_with_a_reload(place):
    p = place.patrold()
    _, secret = p.token('alice', '--scope', 'write')
    asked = 'repository:team/app:pull'
    assert granted(p, 'alice', secret, asked) == {}
    p.conf['auth']['access'] = [{'who': ['alice'], 'repositories': ['team/*']}]
    p.write_conf()
    p.ctl('reload')
    assert granted(p, 'alice', secret, asked) == {'team/app': ['pull']}
    p.conf['auth']['access'][0]['who'] = ['@nobody']
    p.write_conf()
    r = p.ctl('reload', check=False)
    assert r.returncode == 1 and "no group 'nobody'" in r.stderr
    assert granted(p, 'alice', secret, asked) == {'team/app': ['pull']}


def test_what_is_public_needs_no_credentials_and_nothing_else_does(place):
    p = place.patrold({'auth': ACCESS})
    url = '/token?service=%s&scope=' % SERVICE
    status, body = p.http('GET', url + 'repository:library/app:pull')
    assert status == 200
    said = claims(json.loads(body))
    assert said['sub'] == '' and said['access'][0]['actions'] == ['pull']
    for asked in ('repository:library/app:pull,push', 'registry:catalog:*',
                  'repository:alice/app:pull', 'repository::pull'):
        assert p.http('GET', url + asked)[0] in (400, 401), asked


@pytest.mark.parametrize('asked', [
    'registry:catalog:*', 'repository:alice/app:admin',
    'repository:alice/app:pull registry:catalog:*', 'user:alice:read'])
def test_nothing_administrative_is_granted_and_the_try_is_a_use(patrold, asked):
    token, secret = patrold.token('alice', '--scope', 'delete')
    assert message(patrold.exchange('alice', secret, asked)) == (
        401, 'access tokens cannot administer the registry')
    use = last_use(patrold)
    assert (use['token'], use['action'], use['outcome'], use['reason']) == (
        token, 'admin', 'denied',
        'access tokens cannot administer the registry')


# --- passwords ---------------------------------------------------------------

def with_passwords(place, **auth):
    path = place.write('htpasswd', '# of the tests\n\n' + ''.join(
        '%s:%s\n' % pair for pair in HASH.items()))
    p = place.patrold({'auth': dict({'htpasswd': path}, **auth)})
    p.ctl('account', 'add', 'carol', '--two-factor')
    return p


@pytest.fixture
def passwords(place):
    return with_passwords(place)


def test_a_password_signs_in_with_all_that_the_account_may(passwords):
    status, body = passwords.exchange(
        'alice', "alice's password",
        'repository:alice/app:* repository:bob/app:pull')
    assert status == 200
    said = claims(body)
    assert said['sub'] == 'alice'
    assert [(a['name'], a['actions']) for a in said['access']] == [
        ('alice/app', ['pull', 'push', 'delete'])]
    use = last_use(passwords)
    assert (use['account'], use['action']) == ('alice', 'login')
    assert 'token' not in use and 'secret.fingerprint' not in use
    assert message(passwords.exchange(
        'alice', "alice's password", 'registry:catalog:*'))[0] == 401


def test_tokens_work_beside_passwords(passwords):
    for account in 'alice', 'carol':
        _, secret = passwords.token(account)
        assert passwords.exchange(account, secret)[0] == 200


@pytest.mark.parametrize('user, password, reason', [
    ('alice', 'wrong', 'wrong password'),
    ('alice', '', 'wrong password'),
    ('alice', "bob's password", 'wrong password'),
    ('nobody', "alice's password", 'unknown account'),
    ('dave', "dave's password", 'unknown account'),     # of no account
    ('carol', 'wrong', 'password on a two-factor account'),
    ('', "alice's password", 'unknown account'),
])
def test_a_wrong_password_is_told_as_any_other(place, user, password, reason):
    p = with_passwords(place)
    status, text = message(p.exchange(user, password))
    assert status == 401 and text.startswith(GENERIC)
    use = last_use(p)
    assert (use['outcome'], use['reason']) == ('failure', reason)
    _, known = p.token('alice')
    unknown = message(p.exchange('alice', known[:-4] + 'aaaa'))
    assert unknown == (status, text)


def test_the_right_password_of_two_factors_is_told_what_to_do(passwords):
    status, text = message(passwords.exchange('carol', "carol's password"))
    assert status == 401
    assert text == ('this account has two factors: sign in with an access '
                    'token, not with its password')
    use = last_use(passwords)
    assert (use['outcome'], use['reason']) == (
        'denied', 'password on a two-factor account')
    passwords.ctl('account', 'set', 'carol', '--two-factor', 'no')
    assert passwords.exchange('carol', "carol's password")[0] == 200
    passwords.ctl('account', 'set', 'carol', '--disabled', 'yes')
    assert message(passwords.exchange('carol', "carol's password")) == (
        401, 'account is disabled')


def test_docker_with_a_password_is_told_what_to_do(place):
    p = with_passwords(place)
    registry = place.registry(p)
    docker = place.docker()
    r = docker.login(registry.address, 'alice', "alice's password")
    assert r.returncode == 0, r.stdout
    r = docker.login(registry.address, 'carol', "carol's password")
    assert r.returncode != 0
    assert 'sign in with an access token' in r.stdout
    r = docker.login(registry.address, 'carol', 'wrong')
    assert r.returncode != 0
    assert 'signs in with an access token' in r.stdout
    skopeo = place.skopeo()
    image = registry.image('alice/app:v1')
    r = skopeo.push(oci_image(place.dir), image, "alice:alice's password")
    assert r.returncode == 0, r.stdout
    assert skopeo.pull(image, "alice:alice's password").returncode == 0
    pull = wait_for(lambda: [u for u in p.ctl_json('activity', 'list')
                             if u['action'] == 'pull'], 'the pull')[0]
    assert pull['account'] == 'alice' and 'token' not in pull


def test_passwords_are_read_again_by_a_reload(passwords, place):
    assert passwords.exchange('alice', "alice's password")[0] == 200
    place.write('htpasswd', 'bob:%s\n' % HASH['bob'])
    passwords.ctl('reload')
    assert passwords.exchange('alice', "alice's password")[0] == 401
    assert passwords.exchange('bob', "bob's password")[0] == 200
    place.write('htpasswd', 'bob:{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=\n')
    r = passwords.ctl('reload', check=False)
    assert r.returncode == 1 and 'bcrypt' in r.stderr
    assert passwords.exchange('bob', "bob's password")[0] == 200


def test_a_password_file_with_faults_is_refused_line_by_line(passwords, place):
    place.write('htpasswd', 'alice:plain\nbob\nbob:%s\nbob:%s\n' % (
        HASH['bob'], HASH['bob']))
    status, said = passwords.check()
    assert status == 78
    for line in ('htpasswd:1:', 'htpasswd:2:', 'htpasswd:4:'):
        assert line in said
    assert 'plain' not in said
    os.unlink(place.path('htpasswd'))
    status, said = passwords.check()
    assert status == 78 and 'auth.htpasswd' in said


def test_no_password_is_on_the_disk_or_in_a_log(passwords, place):
    passwords.exchange('alice', "alice's password")
    passwords.exchange('alice', 'guessed-password')
    passwords.exchange('carol', "carol's password")
    log = passwords.log()
    passwords.stop()
    for root, _, names in os.walk(place.dir):
        for name in names:
            with open(os.path.join(root, name), 'rb') as f:
                data = f.read()
            assert b"'s password" not in data, name
            assert b'guessed-password' not in data, name
    assert 'password' not in log


def test_more_than_so_many_passwords_are_told_to_come_back(place):
    path = place.write('htpasswd', 'alice:%s\n' % SLOW)
    p = place.patrold({'auth': {'htpasswd': path, 'wrong': {'free': 1000}},
                       'limits': {'passwords': 2}})
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(
        p.exchange('alice', 'wrong', source='127.0.0.2')[0]))
        for _ in range(12)]
    for t in threads:
        t.start()
    # Who has a token does not wait for them.
    _, secret = p.token('alice')
    assert p.exchange('alice', secret)[0] == 200
    for t in threads:
        t.join()
    assert set(answers) == {401, 503}
    s = p.status()['sign_ins']
    assert s['passwords_turned_away'] == answers.count(503)
    assert s['passwords'] == s['wrong'] == answers.count(401)
    reasons = [u.get('reason') for u in p.ctl_json('activity', 'list')]
    assert reasons.count('password not checked: too many at a time') == \
        answers.count(503)


def test_clients_that_go_before_their_password_is_checked_are_uses(place):
    p = with_passwords(place, wrong={'free': 1000})
    basic = base64.b64encode(b'alice:wrong').decode()
    for _ in range(10):
        with socket.create_connection(('127.0.0.1', p.port)) as s:
            s.sendall(('GET /token?service=%s HTTP/1.1\r\nHost: x\r\n'
                       'Authorization: Basic %s\r\n\r\n'
                       % (SERVICE, basic)).encode())
    wait_for(lambda: p.status()['sign_ins']['wrong'] == 10, 'all to be checked')
    p.settle()
    assert [u.get('reason') for u in p.ctl_json('activity', 'list')].count(
        'wrong password') == 10


# --- how often ---------------------------------------------------------------

def slowed(answer):
    status, body = answer
    if status != 429:
        return False
    assert 'try again in' in body['errors'][0]['message']
    return True


def test_wrong_tries_are_slowed_and_the_holder_of_a_token_is_not(place):
    p = place.patrold({'auth': {'wrong': {'free': 3, 'max-wait': '1h'}}})
    token, secret = p.token('alice')
    wrong = [p.exchange('alice', 'wrong') for _ in range(5)]
    assert [w[0] for w in wrong] == [401, 401, 401, 429, 429]
    assert slowed(wrong[3])
    # Not a wrong one of another account either, from that address ...
    assert slowed(p.exchange('bob', 'wrong'))
    # ... nor one of that account from another.
    assert slowed(p.exchange('alice', 'wrong', source='127.0.0.2'))
    assert p.exchange('bob', 'wrong', source='127.0.0.2')[0] == 401
    # The right secret always works, and a dead token is told why.
    assert p.exchange('alice', secret)[0] == 200
    p.ctl('token', 'deactivate', token)
    assert message(p.exchange('alice', secret)) == (
        401, 'access token is inactive')
    p.settle()
    failures = [u for u in p.ctl_json('activity', 'list')
                if u.get('outcome') == 'failure']
    assert len(failures) == 8               # each is a use
    s = p.status()['sign_ins']
    assert (s['wrong'], s['slowed']) == (4, 4)
    assert s['addresses'] == 2 and s['accounts'] == 2


def test_a_try_goes_through_again_when_its_time_has_come(place):
    p = place.patrold({'auth': {'wrong': {'free': 1, 'max-wait': '1s'}}})
    assert p.exchange('alice', 'wrong')[0] == 401
    assert slowed(p.exchange('alice', 'wrong'))
    wait_for(lambda: p.exchange('alice', 'wrong')[0] == 401, 'the second')
    assert slowed(p.exchange('alice', 'wrong'))


def test_a_trap_tried_too_early_is_still_an_alert(place):
    p = place.patrold({'auth': {'wrong': {'free': 1, 'max-wait': '1h'}}})
    _, trap = p.token('alice', '--honey')
    assert p.exchange('alice', 'wrong')[0] == 401
    assert slowed(p.exchange('alice', trap))
    assert [a['level'] for a in p.alert_list()] == ['critical']


def test_a_stranger_does_not_keep_an_account_from_where_it_signed_in(place):
    p = with_passwords(place, wrong={'free': 2, 'max-wait': '1h'})
    home, away = '127.0.0.2', '127.0.0.3'
    assert p.exchange('alice', "alice's password", source=home)[0] == 200
    for n in range(4):
        p.exchange('alice', 'wrong', source='127.0.1.%d' % (n + 1))
    assert slowed(p.exchange('alice', "alice's password", source=away))
    assert p.exchange('alice', "alice's password", source=home)[0] == 200
    # And that ended the wait elsewhere.
    assert p.exchange('alice', "alice's password", source=away)[0] == 200


def test_the_table_of_wrong_ones_is_bounded(place):
    p = place.patrold({'auth': {'wrong': {'free': 1, 'max-wait': '1h'}},
                       'limits': {'wrong-sign-ins': 5}})
    for n in range(20):
        assert p.exchange('user%d' % n, 'wrong',
                          source='127.0.1.%d' % (n + 1))[0] == 401
    s = p.status()
    assert s['sign_ins']['addresses'] == s['sign_ins']['accounts'] == 5
    assert s['evicted']['wrong_addresses'] == 15
    assert s['evicted']['wrong_accounts'] == 15


# --- the signing key ---------------------------------------------------------

class Shop:
    def __init__(self, place):
        self.patrold = place.patrold()
        self.registry = place.registry(self.patrold)
        self.skopeo = place.skopeo()
        self.layout = oci_image(place.dir)
        _, self.secret = self.patrold.token('alice', '--scope', 'write')

    def works(self):
        r = self.skopeo.push(self.layout, self.registry.image('alice/app:v1'),
                             'alice:' + self.secret)
        return r.returncode == 0

    def restart_registry(self):
        self.registry.stop()
        self.registry.start()

    def keys(self):
        return self.patrold.ctl_json('auth', 'show')[0]

    def rotate(self, stage):
        return self.patrold.ctl_json('auth', 'rotate-key', stage)[0]


def test_a_key_takes_the_place_of_another_and_nobody_is_refused(place):
    shop = Shop(place)
    first = shop.keys()['signs']['kid']
    assert shop.works()
    begun = shop.rotate('begin')
    second = begun['next']['kid']
    assert (begun['certificates'], begun['signs']['kid']) == (2, first)
    assert second != first
    assert shop.works()                     # the registry knows nothing yet
    shop.restart_registry()
    assert shop.works()                     # both known, the old one signs
    used = shop.rotate('use')
    assert (used['signs']['kid'], used['old']['kid']) == (second, first)
    assert shop.works()                     # both known, the new one signs
    shop.patrold.stop()
    shop.patrold.start()
    assert shop.keys()['signs']['kid'] == second
    assert shop.works()
    finished = shop.rotate('finish')
    assert finished['certificates'] == 1 and 'old' not in finished
    assert shop.works()                     # before its restart, and after
    shop.restart_registry()
    assert shop.works()
    audit = {a['action']: a for a in shop.patrold.ctl_json('audit', 'list')}
    assert {'auth.rotate-key.begin', 'auth.rotate-key.finish'} <= set(audit)
    assert audit['auth.rotate-key.begin']['after'] == {'signs': first,
                                                       'next': second}
    change = audit['auth.rotate-key.use']
    assert change['before'] == {'signs': first}
    assert change['after'] == {'signs': second}


def test_a_registry_that_was_not_restarted_is_why_there_are_stages(place):
    shop = Shop(place)
    shop.rotate('begin')
    shop.rotate('use')
    assert not shop.works()
    shop.restart_registry()
    assert shop.works()


def test_stages_out_of_turn_are_refused_and_change_nothing(patrold):
    def refused(stage):
        r = patrold.ctl('auth', 'rotate-key', stage, check=False)
        assert r.returncode == 1, r
        return r.stderr

    before = patrold.ctl_json('auth', 'show')
    assert 'begin first' in refused('use')
    assert 'no rotation' in refused('finish')
    assert 'no new key' in refused('cancel')
    assert patrold.ctl_json('auth', 'show') == before
    patrold.ctl('auth', 'rotate-key', 'begin')
    assert 'already' in refused('begin')
    assert 'use it first' in refused('finish')
    patrold.ctl('auth', 'rotate-key', 'cancel')
    assert patrold.ctl_json('auth', 'show') == before
    patrold.ctl('auth', 'rotate-key', 'begin')
    patrold.ctl('auth', 'rotate-key', 'use')
    assert 'finish' in refused('begin')
    assert 'no new key' in refused('cancel')
    assert len(patrold.ctl_json('audit', 'list', '--action',
                                'auth.rotate-key.use')) == 1


def test_the_keys_are_the_users_alone(patrold, place):
    patrold.ctl('auth', 'rotate-key', 'begin')
    for name in 'auth-key.pem', 'auth-key-next.pem':
        assert os.stat(place.path(name)).st_mode & 0o777 == 0o600
    patrold.ctl('auth', 'rotate-key', 'use')
    assert os.stat(place.path('auth-key.pem')).st_mode & 0o777 == 0o600
    assert not os.path.exists(place.path('auth-key-next.pem'))


def test_keys_of_the_configuration_are_not_patrolds_to_make(place):
    p = place.patrold()
    p.stop()
    os.rename(place.path('auth-key.pem'), place.path('own.pem'))
    os.rename(place.path('auth-certificate.pem'), place.path('own.crt'))
    p.conf['auth'].update(key=place.path('own.pem'),
                          certificate=place.path('own.crt'))
    p.write_conf()
    p.start()
    assert p.ctl_json('auth', 'show')[0]['certificates'] == 1
    r = p.ctl('auth', 'rotate-key', 'begin', check=False)
    assert r.returncode == 1 and 'auth.certificate' in r.stderr


@pytest.mark.skipif(os.getuid() != 0, reason='becomes another user')
def test_only_an_admin_rotates(patrold):
    for words in ['rotate-key', 'begin'], ['show']:
        r = patrold.ctl('auth', *words, check=False, user='nobody')
        assert r.returncode == 1 and 'admin' in r.stderr
    assert patrold.ctl_json('auth', 'show')[0]['certificates'] == 1


def test_people_are_told_what_to_do_next(patrold):
    assert 'restart it' in patrold.ctl('auth', 'rotate-key', 'begin').stdout
    assert 'finish' in patrold.ctl('auth', 'rotate-key', 'use').stdout
    out = patrold.ctl('auth', 'rotate-key', 'finish').stdout
    assert 'auth-certificate.pem' in out
