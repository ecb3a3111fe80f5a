"""/verify, behind a real nginx in front of a real registry that asks nobody
itself; and asked as a proxy asks."""
import base64
import http.client
import json
import re
import socket

import pytest

from patrol import DEADLINE, SERVICE, free_port, oci_image, wait_for


def verify_conf(place, **auth):
    port = free_port()
    return port, {
        'auth': dict({'public': ['library/*']}, **auth),
        'http': [{'listen': '127.0.0.1:%d' % port,
                  'serve': ['verify', 'metrics', 'health'],
                  'trusted-proxies': ['127.0.0.1']}]}


class Shop:
    def __init__(self, place, **auth):
        self.place = place
        self.port, conf = verify_conf(place, **auth)
        self.patrold = place.patrold(conf)
        self.patrold.port = self.port
        self.registry = place.registry(None)
        self.nginx = place.nginx(self.port, self.registry)
        self.skopeo = place.skopeo()
        self.layout = oci_image(place.dir)
        self.image = self.nginx.image('alice/app:v1')

    def push(self, creds, image=None):
        return self.skopeo.push(self.layout, image or self.image, creds)

    def pull(self, creds, image=None):
        return self.skopeo.pull(image or self.image, creds)

    def get(self, path, creds=None, method='GET', source=None, body=None,
            **headers):
        """One request through nginx: (status, headers, text)."""
        c = http.client.HTTPConnection(
            '127.0.0.1', self.nginx.port, timeout=DEADLINE,
            source_address=(source, 0) if source else None)
        if creds:
            headers['Authorization'] = 'Basic ' + base64.b64encode(
                creds.encode()).decode()
        c.request(method, path, body, headers)
        r = c.getresponse()
        text = r.read().decode()
        c.close()
        return r.status, r.headers, text


@pytest.fixture
def shop(place):
    return Shop(place)


def uses(p, token, action):
    return [u for u in p.ctl_json('token', 'history', token, '--limit', '500')
            if u['action'] == action]


def reason(text):
    return json.loads(text)['errors'][0]['message']


def test_push_and_pull_pass_with_a_live_token(shop):
    token, secret = shop.patrold.token('alice', '--scope', 'write')
    r = shop.push('alice:' + secret)
    assert r.returncode == 0, r.stdout
    r = shop.pull('alice:' + secret)
    assert r.returncode == 0, r.stdout
    pull = wait_for(lambda: [u for u in uses(shop.patrold, token, 'pull')
                             if u.get('tag') == 'v1'], 'the pull')[0]
    assert pull['repository'] == 'alice/app'
    assert pull['outcome'] == 'success'
    assert pull['source.ip'] == '127.0.0.1'
    assert 'skopeo' in pull['user_agent']
    assert uses(shop.patrold, token, 'push')


def test_a_deactivation_bites_at_the_next_request(shop):
    token, secret = shop.patrold.token('alice', '--scope', 'write')
    assert shop.push('alice:' + secret).returncode == 0
    path = '/v2/alice/app/tags/list'
    assert shop.get(path, 'alice:' + secret)[0] == 200
    shop.patrold.ctl('token', 'deactivate', token)
    status, head, text = shop.get(path, 'alice:' + secret)
    assert (status, reason(text)) == (401, 'access token is inactive')
    assert head.get_all('WWW-Authenticate') == ['Basic realm="patrol"']
    shop.patrold.ctl('token', 'activate', token)
    assert shop.get(path, 'alice:' + secret)[0] == 200


DEATHS = pytest.mark.parametrize('how, told', [
    (['token', 'deactivate', 'ID'], 'access token is inactive'),
    (['token', 'expire', 'ID'], 'access token has expired'),
    (['account', 'set', 'alice', '--disabled', 'yes'],
     'account is disabled'),
    # Who holds a deleted one is told no more than a stranger.
    (['token', 'delete', 'ID'], 'incorrect username or password'),
])


@DEATHS
def test_a_pull_shows_why_a_token_is_dead(shop, how, told):
    token, secret = shop.patrold.token('alice', '--scope', 'write')
    assert shop.push('alice:' + secret).returncode == 0
    shop.patrold.ctl(*[token if word == 'ID' else word for word in how])
    r = shop.pull('alice:' + secret)
    assert r.returncode != 0
    assert told in r.stdout


def test_docker_logs_in_with_a_live_token_alone(shop, place):
    """The client tells no reason where it is asked for Basic."""
    token, secret = shop.patrold.token('alice', '--scope', 'write')
    docker = place.docker()
    r = docker.login(shop.nginx.address, 'alice', secret)
    assert r.returncode == 0, r.stdout
    shop.patrold.ctl('token', 'deactivate', token)
    r = docker.login(shop.nginx.address, 'alice', secret)
    assert r.returncode != 0 and '401 Unauthorized' in r.stdout


# --- with the token endpoint beside it ---------------------------------------

@pytest.fixture
def sent_on(place):
    """/verify sends clients to the token endpoint, as a registry does; the
    registry behind knows nothing of it."""
    port = free_port()
    shop = Shop(place, realm='http://127.0.0.1:%d/token' % port)
    shop.patrold.stop()
    shop.patrold.conf['http'].append({
        'listen': '127.0.0.1:%d' % port, 'serve': ['token']})
    shop.patrold.write_conf()
    shop.patrold.start()
    return shop


@DEATHS
def test_clients_show_why_a_token_is_dead(sent_on, place, how, told):
    token, secret = sent_on.patrold.token('alice', '--scope', 'write')
    docker = place.docker()
    r = sent_on.push('alice:' + secret)
    assert r.returncode == 0, r.stdout
    assert sent_on.pull('alice:' + secret).returncode == 0
    r = docker.login(sent_on.nginx.address, 'alice', secret)
    assert r.returncode == 0 and 'Login Succeeded' in r.stdout, r.stdout
    sent_on.patrold.ctl(*[token if word == 'ID' else word for word in how])
    r = docker.login(sent_on.nginx.address, 'alice', secret)
    assert r.returncode != 0
    assert told in r.stdout
    r = sent_on.pull('alice:' + secret)
    assert r.returncode != 0
    assert told in r.stdout


def bearer(shop, user, secret, scope):
    c = http.client.HTTPConnection('127.0.0.1', int(
        shop.patrold.conf['http'][1]['listen'].split(':')[1]),
        timeout=DEADLINE)
    c.request('GET', '/token?service=%s&scope=%s' % (SERVICE, scope),
              headers={'Authorization': 'Basic ' + base64.b64encode(
                  ('%s:%s' % (user, secret)).encode()).decode()})
    r = c.getresponse()
    return 'Bearer ' + json.loads(r.read())['token']


def test_what_was_signed_is_good_only_while_its_token_is(sent_on):
    token, secret = sent_on.patrold.token('alice', '--scope', 'write')
    assert sent_on.push('alice:' + secret).returncode == 0
    path = '/v2/alice/app/tags/list'
    status, head, _ = sent_on.get(path)
    assert status == 401
    assert 'scope="repository:alice/app:pull"' in head['WWW-Authenticate']
    signed = bearer(sent_on, 'alice', secret, 'repository:alice/app:pull')
    assert sent_on.get(path, Authorization=signed)[0] == 200
    # For nothing that was not asked for, though the token may.
    status, head, _ = sent_on.get('/v2/alice/other/tags/list',
                                  Authorization=signed)
    assert status == 401
    assert 'error="insufficient_scope"' in head['WWW-Authenticate']
    status, _, _ = sent_on.get('/v2/alice/app/blobs/uploads/', method='POST',
                               Authorization=signed)
    assert status == 401
    # And for nothing that the token may not.
    assert sent_on.get('/v2/bob/app/tags/list', Authorization=signed)[0] == 403
    sent_on.patrold.ctl('token', 'deactivate', token)
    status, _, text = sent_on.get(path, Authorization=signed)
    assert (status, reason(text)) == (401, 'access token is inactive')


def test_what_an_old_key_signed_is_good_until_its_rotation_is_finished(
        sent_on):
    """It was good until patrold ended."""
    path = '/v2/alice/app/tags/list'
    asked = 'repository:alice/app:pull'
    _, secret = sent_on.patrold.token('alice', '--scope', 'write')
    old = bearer(sent_on, 'alice', secret, asked)
    first = sent_on.patrold.ctl_json('auth', 'show')[0]['signs']['kid']
    for stage in 'begin', 'use':
        sent_on.patrold.ctl('auth', 'rotate-key', stage)
        assert sent_on.get(path, Authorization=old)[0] == 404   # it passed
        sent_on.patrold.stop()
        sent_on.patrold.start()
        assert sent_on.get(path, Authorization=old)[0] == 404
    new = bearer(sent_on, 'alice', secret, asked)
    sent_on.patrold.ctl('auth', 'rotate-key', 'finish')
    assert sent_on.get(path, Authorization=new)[0] == 404
    assert sent_on.get(path, Authorization=old)[0] == 401
    change, = sent_on.patrold.ctl_json('audit', 'list', '--action',
                                       'auth.rotate-key.finish')
    assert change['before']['old'] == first
    assert 'old' not in change['after']


def test_a_signature_that_is_not_ours_is_a_wrong_secret(sent_on):
    _, secret = sent_on.patrold.token('alice', '--scope', 'write')
    signed = bearer(sent_on, 'alice', secret, 'repository:alice/app:pull')
    head, payload, signature = signed.split('.')
    claims = json.loads(base64.urlsafe_b64decode(
        payload + '=' * (-len(payload) % 4)))
    claims['access'][0]['actions'] = ['pull', 'push']
    forged = base64.urlsafe_b64encode(json.dumps(
        claims).encode()).decode().rstrip('=')
    for text in ('.'.join((head, forged, signature)),
                 '.'.join((head, payload, signature[:-8] + 'AAAAAAAA')),
                 '.'.join((head, payload, signature + 'AA')),
                 '.'.join((head[:-4] + 'AAAA', payload, signature))):
        status, _, said = sent_on.get('/v2/alice/app/tags/list',
                                      Authorization=text)
        assert status == 401 and 'incorrect' in reason(said)
    assert sent_on.get('/v2/alice/app/tags/list',
                       Authorization=signed)[0] in (200, 404)


# --- what passes and what does not -------------------------------------------

def test_a_password_is_told_to_be_a_token(shop):
    status, _, text = shop.get('/v2/', 'alice:hunter2')
    assert status == 401 and 'access token' in reason(text)


def test_scope_and_namespace_bound_what_passes(shop):
    _, read = shop.patrold.token('alice', '--scope', 'read')
    _, write = shop.patrold.token('alice', '--scope', 'write')
    assert shop.push('alice:' + write).returncode == 0
    r = shop.push('alice:' + read)
    assert r.returncode != 0 and 'the scope does not allow it' in r.stdout
    r = shop.push('alice:' + write, shop.nginx.image('bob/app:v1'))
    assert r.returncode != 0
    r = shop.skopeo.delete(shop.image, 'alice:' + write)
    assert r.returncode != 0
    status, _, text = shop.get('/v2/_catalog', 'alice:' + write)
    assert (status, reason(text)) == (
        403, 'access tokens cannot administer the registry')


def test_what_is_public_is_pulled_by_anybody(shop):
    _, secret = shop.patrold.token('alice', '--scope', 'write')
    status, head, text = shop.get('/v2/library/tiny/manifests/v1')
    assert status == 404        # the registry's own: it passed
    assert 'MANIFEST_UNKNOWN' in text
    assert shop.get('/v2/library/tiny/manifests/v1', method='PUT',
                    body='{}')[0] == 401
    assert shop.get('/v2/alice/app/manifests/v1')[0] == 401
    assert shop.get('/v2/')[0] == 401
    assert shop.get('/v2/', 'alice:' + secret)[0] == 200
    # To show nothing is no try of a secret.
    assert [(u['action'], u['outcome'])
            for u in shop.patrold.ctl_json('activity', 'list')
            if not u.get('account')] == [('pull', 'success')]


@pytest.mark.parametrize('path', [
    '/v2/alice/../bob/app/manifests/v1',
    '/v2/alice/%2e%2e/bob/app/manifests/v1',
    '/v2/alice%2Fapp/manifests/v1',
    '/v2/alice//app/manifests/v1',
    '/v2/./alice/app/manifests/v1',
    '//v2/alice/app/manifests/v1',
    '/v2/alice/app/manifests/v1%00',
    '/v2/alice/app/manifests/..',
    '/v2/alice/app/manifests',
    '/v2/alice/app/blobs/uploads',
    '/v2/alice/app/blobs/uploads/?from=bob%2Fapp&from=alice%2Fapp&mount=x',
    '/v2/alice/app/blobs/uploads/?mount=sha256:aa;from=bob/app',
    '/v2/Alice/app/manifests/v1',
])
def test_a_path_that_could_be_read_in_two_ways_never_passes(shop, path):
    _, secret = shop.patrold.token('alice', '--scope', 'delete')
    method = 'POST' if 'uploads' in path else 'GET'
    status, _, text = shop.get(path, 'alice:' + secret, method)
    assert status in (400, 403, 404), text  # or nginx has none of it
    assert 'MANIFEST_UNKNOWN' not in text
    if status == 403:
        assert reason(text) == 'not a request that a registry knows'


def test_a_mount_needs_to_pull_where_it_comes_from(shop):
    _, secret = shop.patrold.token('alice', '--scope', 'write')
    path = '/v2/alice/app/blobs/uploads/?mount=sha256:%s&from=' % ('0' * 64)
    status, _, text = shop.get(path + 'bob%2Fapp', 'alice:' + secret, 'POST')
    assert (status, reason(text)) == (403, 'the scope does not allow it')
    status, _, _ = shop.get(path + 'alice%2Fother', 'alice:' + secret, 'POST')
    assert status == 202        # nothing to mount: an upload begins
    # Registries look for these in a form in the body too.
    status, _, text = shop.get(
        '/v2/alice/app/blobs/uploads/', 'alice:' + secret, 'POST',
        body='mount=sha256:%s&from=bob/app' % ('0' * 64),
        **{'Content-Type': 'application/x-www-form-urlencoded; x=y'})
    assert status == 403, text


def test_the_clients_own_address_is_recorded_and_no_claim_of_it(shop):
    token, secret = shop.patrold.token('alice', '--scope', 'read')
    status, _, _ = shop.get('/v2/', 'alice:' + secret, source='127.0.0.9',
                            **{'X-Forwarded-For': '203.0.113.7',
                               'X-Original-URI': '/v2/library/x/tags/list'})
    assert status == 200
    last = shop.patrold.show(token)['last_used']
    assert (last['ip'], last['action']) == ('127.0.0.9', 'login')


def test_nothing_passes_while_patrold_is_down(shop):
    _, secret = shop.patrold.token('alice', '--scope', 'write')
    assert shop.push('alice:' + secret).returncode == 0
    shop.patrold.stop()
    status, _, text = shop.get('/v2/alice/app/manifests/v1',
                               'alice:' + secret)
    assert status == 503 and 'not available' in text
    shop.patrold.start()
    assert shop.pull('alice:' + secret).returncode == 0


# --- asked as a proxy asks ---------------------------------------------------

class Door:
    def __init__(self, place, **auth):
        self.port, conf = verify_conf(place, **auth)
        self.patrold = place.patrold(conf)
        self.patrold.port = self.port
        self.token, self.secret = self.patrold.token('alice', '--scope',
                                                     'read')

    def ask(self, uri='/v2/alice/app/manifests/v1', secret=None, method='GET',
            source=None, bearer=False, user='alice', **headers):
        """(status, reason or None)"""
        secret = secret or self.secret
        basic = base64.b64encode(('%s:%s' % (user, secret)).encode()).decode()
        c = http.client.HTTPConnection(
            '127.0.0.1', self.port, timeout=DEADLINE,
            source_address=(source, 0) if source else None)
        c.request('GET', '/verify', headers=dict({
            'Authorization': 'Bearer ' + secret if bearer
            else 'Basic ' + basic,
            'X-Original-URI': uri, 'X-Original-Method': method}, **headers))
        r = c.getresponse()
        r.read()
        c.close()
        return r.status, r.headers.get('X-Patrol-Reason')


@pytest.fixture
def door(place):
    return Door(place)


def test_only_a_trusted_proxy_may_ask(door):
    assert door.ask() == (200, None)
    assert door.ask(source='127.0.0.2')[0] == 403
    assert door.patrold.show(door.token)['uses'] == 1


def test_a_token_as_a_bearer_needs_no_name(door):
    assert door.ask(bearer=True) == (200, None)
    assert door.ask(bearer=True, secret=door.secret[:-1] + '!')[0] == 401
    assert door.ask(user='bob')[0] == 401


def test_a_write_with_a_token_to_read_is_denied_and_a_use(door):
    assert door.ask(method='PUT') == (403, 'the scope does not allow it')
    door.patrold.settle()
    use = door.patrold.ctl_json('token', 'history', door.token)[0]
    assert (use['action'], use['outcome'], use['reason']) == (
        'push', 'denied', 'the scope does not allow it')


def test_like_requests_are_one_use_with_a_count(place):
    door = Door(place, verify={'window': '60s'})
    for _ in range(10):
        assert door.ask() == (200, None)
    assert door.ask(method='HEAD') == (200, None)
    history = door.patrold.ctl_json('token', 'history', door.token)
    assert [(u['action'], u.get('count', 1)) for u in history] == [
        ('check', 1), ('pull', 1)]
    assert door.patrold.stop() == 0     # the window ends with patrold
    door.patrold.start()
    assert door.patrold.show(door.token)['uses'] == 11
    history = door.patrold.ctl_json('token', 'history', door.token)
    assert ('pull', 9) in [(u['action'], u.get('count', 1)) for u in history]


def test_a_window_ends_by_itself(door):
    for _ in range(10):
        assert door.ask() == (200, None)
    wait_for(lambda: door.patrold.show(door.token)['uses'] == 10,
             'the repeats')


def test_without_a_window_each_request_is_a_use(place):
    door = Door(place, verify={'window': '0'})
    for _ in range(10):
        assert door.ask() == (200, None)
    assert len(door.patrold.ctl_json('token', 'history', door.token)) == 10


def test_repeats_are_refused_too_once_the_token_is_off(place):
    door = Door(place, verify={'window': '60s'})
    assert door.ask() == door.ask() == (200, None)
    door.patrold.ctl('token', 'deactivate', door.token)
    assert door.ask() == (401, 'access token is inactive')


def test_the_headers_may_have_other_names(place):
    door = Door(place, verify={'uri-header': 'X-Forwarded-Uri',
                               'method-header': 'X-Forwarded-Method'})
    status, reason = door.ask()
    assert (status, reason) == (403, 'not a request that a registry knows')
    assert door.ask(**{'X-Forwarded-Uri': '/v2/alice/app/manifests/v1',
                       'X-Forwarded-Method': 'GET'}) == (200, None)


def test_a_honey_token_answers_as_an_unknown_secret_and_is_an_alert(door):
    _, trap = door.patrold.token('alice', '--honey')
    unknown = door.ask(secret=door.secret[:-4] + 'aaaa')
    assert door.ask(secret=trap) == unknown
    assert unknown[0] == 401
    door.patrold.settle()
    assert [a['level'] for a in door.patrold.alert_list()] == ['critical']


def raw_answer(door, credentials):
    """All bytes of the answer but its date."""
    with socket.create_connection(('127.0.0.1', door.port), DEADLINE) as s:
        s.sendall(('GET /verify HTTP/1.1\r\nHost: a\r\nConnection: close\r\n'
                   'Authorization: %s\r\nX-Original-Method: GET\r\n'
                   'X-Original-URI: /v2/alice/app/manifests/v1\r\n\r\n'
                   % credentials).encode())
        with s.makefile('rb') as f:
            return re.sub(rb'Date: [^\r]*', b'Date:', f.read())


def basic(user, secret):
    return 'Basic ' + base64.b64encode(
        ('%s:%s' % (user, secret)).encode()).decode()


def test_a_trap_is_told_from_nothing_and_each_try_is_an_alert(place):
    door = Door(place, wrong={'free': 1000000})
    trap, secret = door.patrold.token('alice', '--honey')
    gone, deleted = door.patrold.token('alice')
    door.patrold.ctl('token', 'delete', gone)
    unknown = secret[:-1] + ('a' if secret[-1] != 'a' else 'b')
    answer = raw_answer(door, basic('alice', unknown))
    assert b' 401 ' in answer
    for shown in (basic('alice', secret), basic('bob', secret),
                  basic('', secret), 'Bearer ' + secret,
                  basic('alice', deleted), 'Bearer ' + unknown):
        assert raw_answer(door, shown) == answer, shown
    door.patrold.settle()
    alerts = [a for a in door.patrold.alert_list() if a['token'] == trap]
    assert [a['level'] for a in alerts] == ['critical'] * 4
    assert door.patrold.show(trap)['uses'] == 4


def test_a_superseded_secret_is_told_why_and_marks_the_token(door):
    new, = door.patrold.ctl_json('token', 'rotate', door.token, '--overlap',
                                 '1h')
    assert door.ask() == door.ask(secret=new['secret']) == (200, None)
    door.patrold.ctl('token', 'rotate', door.token, '--end-overlap')
    for bearer in False, True:
        assert door.ask(bearer=bearer) == (
            401, 'the secret of this access token was replaced')
    assert door.ask(secret=new['secret']) == (200, None)
    door.patrold.settle()
    uses = [u for u in door.patrold.ctl_json('token', 'history', door.token)
            if u.get('reason') == 'superseded']
    assert [u['outcome'] for u in uses] == ['denied'] * 2
    assert door.patrold.show(door.token)['superseded']['uses'] == 2


def test_each_request_with_a_token_is_one_of_so_many_uses(place):
    """However alike: there is no window for those."""
    door = Door(place, verify={'window': '60s'})
    token, secret = door.patrold.token('alice', '--max-uses', '3')
    assert [door.ask(secret=secret) for _ in range(4)] == [(200, None)] * 3 + [
        (401, 'access token is used up')]
    shown = door.patrold.show(token)
    assert (shown['used'], shown['state']) == (3, 'expired')


def test_what_was_signed_by_it_is_good_for_any_number(sent_on):
    """One sign-in is one use, and a pull by it many requests."""
    token, secret = sent_on.patrold.token('alice', '--max-uses', '1')
    signed = bearer(sent_on, 'alice', secret, 'repository:alice/app:pull')
    shown = sent_on.patrold.show(token)
    assert (shown['used'], shown['state']) == (1, 'expired')
    for _ in range(5):
        assert sent_on.get('/v2/alice/app/tags/list',
                           Authorization=signed)[0] == 404  # none there yet
    status, _, text = sent_on.get('/v2/', 'alice:' + secret)
    assert (status, reason(text)) == (401, 'access token is used up')
    assert sent_on.patrold.show(token)['used'] == 1
    sent_on.patrold.ctl('account', 'set', 'alice', '--disabled', 'yes')
    status, _, text = sent_on.get('/v2/alice/app/tags/list',
                                  Authorization=signed)
    assert (status, reason(text)) == (401, 'account is disabled')


def test_where_a_token_works_is_where_the_client_is(door):
    token, secret = door.patrold.token('alice', '--allow-from',
                                       '192.0.2.0/24')
    inside, outside = ({'X-Forwarded-For': ip}
                       for ip in ('192.0.2.7', '198.51.100.7'))
    assert door.ask(secret=secret, **inside) == (200, None)
    for more in outside, {}:
        assert door.ask(secret=secret, **more) == (
            401, 'address not allowed')
    assert door.ask(secret=secret, bearer=True, **outside)[0] == 401
    assert door.ask(secret=secret, bearer=True, **inside) == (200, None)
    door.patrold.settle()
    last = [(u['outcome'], u['source.ip'])
            for u in door.patrold.ctl_json('token', 'history', token)]
    assert last.count(('denied', '198.51.100.7')) == 2


@pytest.mark.parametrize('bearer', [False, True])
def test_what_is_recorded_late_is_what_was_sent(place, bearer):
    """The answer has gone by then, and the request and its headers with it:
    each use has the client, the account and the path of its own."""
    door = Door(place, wrong={'free': 30, 'max-wait': '1h'})
    tries = 60                      # of which half come too early
    for i in range(tries):
        status, why = door.ask(
            '/v2/alice/app%d/manifests/v%d' % (i, i), bearer=bearer,
            secret='%s-%d' % ('x' * i, i), user='person%d' % i,
            method='PUT' if i % 2 else 'GET',
            **{'User-Agent': 'agent/%d-%s' % (i, 'y' * (i * 30))})
        assert status == 401
        assert ('try again in' in why) == (i >= 30)
    door.patrold.settle()
    uses = door.patrold.ctl_json('activity', 'list', '--limit', '1000')
    got = [(u['repository'], u['tag'], u['action'], u['user_agent'],
            u.get('account'), u['outcome'])
           for u in reversed(uses) if 'repository' in u]
    assert got == [
        ('alice/app%d' % i, 'v%d' % i, 'push' if i % 2 else 'pull',
         'agent/%d-%s' % (i, 'y' * (i * 30)),
         None if bearer else 'person%d' % i, 'failure')
        for i in range(tries)]
    assert len({u['other'].get('secret.fingerprint')
                for u in uses if 'repository' in u}) == tries


@pytest.mark.parametrize('secret', ['wrong', None])
@pytest.mark.parametrize('path', [
    'manifests/%s', 'blobs/uploads/%s', 'blobs/uploads/?mount=%s',
    'blobs/uploads/?from=bob/%s', 'tags/list?n=%s', '%s'])
def test_a_secret_in_another_place_is_recorded_masked(door, path, secret):
    """A tag of that form was stored as it came."""
    door.ask('/v2/alice/app/' + path % door.secret, secret=secret,
             user=door.secret if secret else 'alice',
             method='POST' if 'uploads' in path else 'GET',
             **{'User-Agent': 'curl ' + door.secret})
    door.patrold.settle()
    use = door.patrold.ctl_json('activity', 'list', '--limit', '1')[0]
    assert use['user_agent'].startswith('curl ')
    assert door.secret not in json.dumps(use)   # nor anywhere: see sweep()


def test_wrong_ones_are_slowed_and_the_right_one_is_not(place):
    door = Door(place, wrong={'free': 2, 'max-wait': '1h'})
    wrong = [door.ask(secret='wrong') for _ in range(3)]
    assert [w[0] for w in wrong] == [401] * 3
    assert 'try again in' in wrong[2][1] and 'try again' not in wrong[1][1]
    assert door.ask() == (200, None)


def test_verify_on_tcp_needs_to_know_its_proxies(place):
    p = place.patrold()
    p.conf['http'][0]['serve'] = ['verify']
    p.write_conf()
    status, said = p.check()
    assert status != 0 and 'trusted-proxies' in said
