"""A real registry with patrold as its token server and its listener."""
import base64
import json
import os
import subprocess

import pytest

from patrol import SECRET, now, oci_image, wait_for


class Shop:
    """A registry behind patrold, skopeo, and a tiny image."""

    def __init__(self, place):
        self.patrold = place.patrold()
        self.registry = place.registry(self.patrold)
        self.skopeo = place.skopeo()
        self.layout = oci_image(place.dir)
        self.image = self.registry.image('alice/app:v1')

    def push(self, creds):
        r = self.skopeo.push(self.layout, self.image, creds)
        assert r.returncode == 0, r.stdout

    def used(self, token, action):
        """last_used, once it tells of `action`."""
        def look():
            last = self.patrold.show(token)['last_used']
            return last if last and last['action'] == action else None
        return wait_for(look, 'a %s as last use of %s' % (action, token))


@pytest.fixture
def shop(place):
    return Shop(place)


def test_push_and_pull_with_a_token_fill_last_used(shop):
    token, secret = shop.patrold.token('alice', '--scope', 'write')
    shop.push('alice:' + secret)
    last = shop.used(token, 'push')
    assert last['repository'] == 'alice/app'
    assert last['outcome'] == 'success'
    r = shop.skopeo.pull(shop.image, 'alice:' + secret)
    assert r.returncode == 0, r.stdout
    last = shop.used(token, 'pull')
    assert last['ip'] == '127.0.0.1'
    assert 'skopeo' in last['client']
    assert last['repository'] == 'alice/app'
    assert last['time'] is not None
    actions = {u['action'] for u in shop.patrold.ctl_json(
        'token', 'history', token)}
    assert {'login', 'push', 'pull'} <= actions


def test_a_token_to_read_cannot_push(shop):
    _, secret = shop.patrold.token('alice', '--scope', 'read')
    r = shop.skopeo.push(shop.layout, shop.image, 'alice:' + secret)
    assert r.returncode != 0


def test_a_token_to_delete_deletes(shop):
    token, secret = shop.patrold.token('alice', '--scope', 'delete')
    shop.push('alice:' + secret)
    r = shop.skopeo.delete(shop.image, 'alice:' + secret)
    assert r.returncode == 0, r.stdout
    shop.used(token, 'delete')
    assert shop.skopeo.pull(shop.image, 'alice:' + secret).returncode != 0


def test_a_token_to_write_cannot_delete(shop):
    _, secret = shop.patrold.token('alice', '--scope', 'write')
    shop.push('alice:' + secret)
    r = shop.skopeo.delete(shop.image, 'alice:' + secret)
    assert r.returncode != 0


def test_a_deactivated_token_is_told_so_and_works_again(shop):
    token, secret = shop.patrold.token('alice', '--scope', 'write')
    shop.push('alice:' + secret)
    shop.patrold.ctl('token', 'deactivate', token)
    r = shop.skopeo.pull(shop.image, 'alice:' + secret)
    assert r.returncode != 0
    assert 'access token is inactive' in r.stdout
    shop.patrold.ctl('token', 'activate', token)
    r = shop.skopeo.pull(shop.image, 'alice:' + secret)
    assert r.returncode == 0, r.stdout


def test_a_wrong_secret_is_told_nothing_more(shop):
    token, secret = shop.patrold.token('alice', '--scope', 'write')
    shop.push('alice:' + secret)
    shop.patrold.ctl('token', 'deactivate', token)
    r = shop.skopeo.pull(shop.image, 'alice:' + secret[:-1] + '!')
    assert r.returncode != 0
    assert 'inactive' not in r.stdout


def test_a_check_by_head_is_not_a_pull(shop):
    token, secret = shop.patrold.token('alice', '--scope', 'write')
    shop.push('alice:' + secret)
    shop.used(token, 'push')
    r = shop.skopeo.run('inspect', '--tls-verify=false', '--creds',
                        'alice:' + secret, '--raw', shop.image)
    assert r.returncode == 0, r.stdout      # a GET of the manifest: a pull
    pulls = wait_for(lambda: [
        u for u in shop.patrold.ctl_json('token', 'history', token)
        if u['action'] == 'pull'], 'the pull')
    # The push before looked for its blobs with HEAD.
    assert len(pulls) == 1


def test_docker_logs_in_and_out(shop, place):
    token, secret = shop.patrold.token('alice')
    docker = place.docker()
    address = shop.registry.address
    r = docker.login(address, 'alice', secret)
    assert r.returncode == 0 and 'Login Succeeded' in r.stdout, r.stdout
    assert shop.used(token, 'login')['outcome'] == 'success'
    with open(os.path.join(docker.home, 'config.json')) as f:
        stored = json.load(f)['auths'][address]['auth']
    assert base64.b64decode(stored).decode() == 'alice:' + secret
    r = docker.run('logout', address)
    assert r.returncode == 0, r.stdout
    shop.patrold.ctl('token', 'deactivate', token)
    r = docker.login(address, 'alice', secret)
    assert r.returncode != 0
    assert 'access token is inactive' in r.stdout


def test_the_registry_waits_out_a_restart_of_patrold(shop):
    token, secret = shop.patrold.token('alice', '--scope', 'write')
    shop.push('alice:' + secret)
    shop.used(token, 'push')
    before = shop.patrold.show(token)['uses']
    shop.patrold.kill9()
    shop.patrold.start()
    assert shop.patrold.show(token)['uses'] == before
    r = shop.skopeo.pull(shop.image, 'alice:' + secret)
    assert r.returncode == 0, r.stdout      # the same key: tokens still good
    shop.used(token, 'pull')


def test_a_token_is_refused_from_outside_of_its_list(shop):
    token, secret = shop.patrold.token('alice', '--allow-from',
                                       '192.0.2.0/24')
    r = shop.skopeo.pull(shop.image, 'alice:' + secret)
    assert r.returncode != 0
    assert 'address not allowed' in r.stdout
    assert shop.patrold.show(token)['last_used']['outcome'] == 'denied'


def test_a_one_time_token_is_good_for_one_pull(shop):
    _, owner = shop.patrold.token('alice', '--scope', 'write')
    shop.push('alice:' + owner)
    token, secret = shop.patrold.token('alice', '--max-uses', '1')
    r = shop.skopeo.pull(shop.image, 'alice:' + secret)
    assert r.returncode == 0, r.stdout
    shop.used(token, 'pull')
    r = shop.skopeo.pull(shop.image, 'alice:' + secret)
    assert r.returncode != 0
    assert 'access token is used up' in r.stdout


# --- the webhook without a registry ----------------------------------------

def event(**more):
    return dict({
        'id': 'e1', 'timestamp': '', 'action': 'pull',
        'target': {'repository': 'alice/app', 'tag': 'v1', 'size': 7,
                   'mediaType': 'application/vnd.oci.image.manifest.v1+json'},
        'request': {'id': 'r1', 'addr': '192.0.2.7:4711', 'method': 'GET',
                    'host': 'registry.test', 'useragent': 'docker/24.0.7'},
        'actor': {'name': 'alice+pat_zzzzzzzzzzzz'},
        'source': {'addr': 'registry:5000', 'instanceID': 'i'},
    }, **more)


def test_a_notification_is_answered_when_it_is_stored(patrold):
    status, _ = patrold.notify(event(timestamp=now()))
    assert 200 <= status < 300
    use, = patrold.ctl_json('activity', 'list')
    assert use['source.ip'] == '192.0.2.7'
    assert use['account'] == 'alice'
    assert use['token'] == 'pat_zzzzzzzzzzzz'


def test_a_notification_sent_again_counts_once(patrold):
    e = event(timestamp=now())
    patrold.notify(e)
    patrold.notify(e)
    assert len(patrold.ctl_json('activity', 'list')) == 1


def test_a_notification_without_the_secret_is_refused(patrold):
    assert patrold.notify(event(), secret='wrong')[0] in (401, 403)
    assert patrold.ctl_json('activity', 'list') == []


def test_rubbish_is_taken_with_thanks_and_kept_as_refused(patrold):
    status, _ = patrold.http(
        'POST', '/notifications', '{"events": [{"id": 7}]',
        {'Authorization': 'Bearer ' + SECRET})
    assert 200 <= status < 300
    assert len(patrold.ctl_json('activity', 'refused')) >= 1


def test_a_body_of_bad_events_is_kept_once(patrold):
    # A body for each of a thousand events would be gigabytes.
    assert patrold.notify(*[{'action': i} for i in range(1000)])[0] == 200
    told = patrold.ctl_json('activity', 'refused', '--limit', '1000')
    assert len(told) == 1000
    assert [t['error'].split(':')[0] for t in told if t['line']] == ['event 0']


def test_a_chunked_body_is_read_whole(patrold):
    body = json.dumps({'events': [event(timestamp=now())]}).encode()
    pieces = [body[i:i + 50] for i in range(0, len(body), 50)]
    status, _ = patrold.http(
        'POST', '/notifications', iter(pieces),
        {'Authorization': 'Bearer ' + SECRET,
         'Transfer-Encoding': 'chunked',
         'Content-Type':
         'application/vnd.docker.distribution.events.v1+json'},
        encode_chunked=True)
    assert 200 <= status < 300
    assert len(patrold.ctl_json('activity', 'list')) == 1


def test_the_token_endpoint_takes_a_chunked_post(patrold):
    token, secret = patrold.token('alice')
    form = ('grant_type=password&service=registry.test&client_id=test'
            '&username=alice&password=%s&scope=repository:alice/app:pull'
            % secret).encode()
    status, body = patrold.http(
        'POST', '/token', iter([form[:20], form[20:]]),
        {'Transfer-Encoding': 'chunked',
         'Content-Type': 'application/x-www-form-urlencoded'},
        encode_chunked=True)
    assert status == 200, body
    assert 'access_token' in json.loads(body)
    assert patrold.show(token)['last_used']['action'] == 'login'


def test_curl_gets_a_token_by_basic_authentication(patrold):
    _, secret = patrold.token('alice')
    r = subprocess.run(
        ['curl', '-s', '-u', 'alice:' + secret,
         'http://127.0.0.1:%d/token?service=registry.test' % patrold.port],
        stdout=subprocess.PIPE, check=True, timeout=20)
    assert json.loads(r.stdout)['token'].count('.') == 2


def test_no_credentials_are_asked_for_them(patrold):
    status, body = patrold.http(
        'GET', '/token?service=registry.test&scope=repository:a/b:pull')
    assert status in (200, 401)
    if status == 200:       # nothing public: a token that grants nothing
        part = json.loads(body)['token'].split('.')[1]
        claims = json.loads(base64.urlsafe_b64decode(
            part + '=' * (-len(part) % 4)))
        assert not claims.get('access')


def test_health_says_ok(patrold):
    assert patrold.http('GET', '/healthz')[0] == 200
    assert patrold.http('GET', '/nothing-here')[0] == 404
    assert patrold.http('DELETE', '/token')[0] in (405, 501)
