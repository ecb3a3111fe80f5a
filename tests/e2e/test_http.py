"""The web doors beside the registry's own: uses, metrics, TLS, proxies; and
sign-ins that do not end as they should."""
import base64
import http.client
import json
import socket
import ssl
import subprocess

from patrol import DEADLINE, SECRET, SERVICE, wait_for

BEARER = {'Authorization': 'Bearer ' + SECRET}


def upload(p, *lines, headers=BEARER):
    body = '\n'.join(x if isinstance(x, str) else json.dumps(x)
                     for x in lines)
    status, text = p.http('POST', '/v1/uses', body.encode(), headers)
    return status, json.loads(text)


def test_uses_over_http_are_stored_before_the_answer(patrold):
    status, answer = upload(patrold, {'id': 'a', 'action': 'pull'},
                            '{bad', {'id': 'a', 'action': 'pull'},
                            {'time': '2001-01-01T00:00:00Z'})
    assert status == 200
    assert answer['ack'] == 4 and answer['rejected'] == 2
    assert [r['line'] for r in answer['rejects']] == [2, 4]
    assert 'time' in answer['rejects'][1]['error']
    assert patrold.sql('SELECT count(*) FROM uses') == [(1,)]
    assert patrold.sql('SELECT count(*) FROM refused') == [(2,)]


def test_uses_over_http_need_the_secret(patrold):
    for headers in {}, {'Authorization': 'Bearer wrong'}, \
            {'Authorization': 'Basic ' + SECRET}:
        assert upload(patrold, {'action': 'pull'}, headers=headers)[0] == 401
    assert patrold.sql('SELECT count(*) FROM uses') == [(0,)]


def test_only_so_many_rejects_are_told(patrold):
    status, answer = upload(patrold, *['{'] * 150)
    assert status == 200
    assert answer['rejected'] == 150 and len(answer['rejects']) == 100


def last_ip(p, n):
    """The address of the use number n; a refusal does not wait for the
    commit."""
    wait_for(lambda: p.sql('SELECT count(*) FROM uses') == [(n,)], 'the use')
    return p.ctl_json('activity', 'list', '--limit', '1')[0].get('source.ip')


def ask(p, forwarded):
    n = p.sql('SELECT count(*) FROM uses')[0][0]
    p.http('GET', '/token', headers={'X-Forwarded-For': forwarded})
    return last_ip(p, n + 1)


def test_nobody_is_believed_who_is_not_a_proxy(patrold):
    assert ask(patrold, '203.0.113.9') == '127.0.0.1'


def test_a_proxy_is_believed_as_far_as_the_next_stranger(place):
    p = place.patrold()
    p.stop()
    p.conf['http'][0]['trusted-proxies'] = ['127.0.0.0/8', '10.0.0.0/8']
    p.write_conf()
    p.start()
    assert ask(p, '203.0.113.9') == '203.0.113.9'
    # What stands before a stranger is the stranger's own claim.
    assert ask(p, '192.0.2.1, 203.0.113.9, 10.1.1.1') == '203.0.113.9'
    assert ask(p, '[2001:db8::1]:443') == '2001:db8::1'
    # Rubbish from a proxy: the proxy itself is all that is known.
    assert ask(p, 'rubbish') == '127.0.0.1'


def with_tls(place):
    """A patrold whose door speaks TLS."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
                    '-subj', '/CN=localhost', '-keyout', place.path('t.key'),
                    '-out', place.path('t.crt')], check=True,
                   stderr=subprocess.DEVNULL)
    p = place.patrold()
    p.stop()
    p.conf['http'][0]['tls'] = {'certificate': place.path('t.crt'),
                                'key': place.path('t.key')}
    p.write_conf()
    return p.start()


def test_tls_is_served_and_nothing_else_is(place):
    p = with_tls(place)
    context = ssl.create_default_context(cafile=place.path('t.crt'))
    context.check_hostname = False
    c = http.client.HTTPSConnection('127.0.0.1', p.port, context=context,
                                    timeout=20)
    c.request('GET', '/healthz')
    assert c.getresponse().status == 200
    c.close()
    plain = socket.create_connection(('127.0.0.1', p.port), timeout=20)
    plain.sendall(b'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    assert b'200' not in plain.recv(100)
    plain.close()


def test_a_unix_socket_serves_http_and_trusts_its_proxy(place):
    p = place.patrold()
    p.stop()
    p.conf['http'].append({'listen': place.path('http.sock'),
                           'serve': ['token', 'health']})
    p.write_conf()
    p.start()
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(place.path('http.sock'))
        s.sendall(('GET /token?service=%s HTTP/1.1\r\nHost: x\r\n'
                   'X-Forwarded-For: 203.0.113.5\r\n'
                   'Connection: close\r\n\r\n' % SERVICE).encode())
        assert s.makefile('rb').read().startswith(b'HTTP/1.1 401')
    assert last_ip(p, 1) == '203.0.113.5'


def sign_in(p, user, secret):
    """A connection on which a sign-in is under way."""
    s = socket.create_connection(('127.0.0.1', p.port), timeout=DEADLINE)
    basic = base64.b64encode(('%s:%s' % (user, secret)).encode()).decode()
    s.sendall(('GET /token?service=%s HTTP/1.1\r\nHost: x\r\n'
               'Authorization: Basic %s\r\nConnection: close\r\n\r\n'
               % (SERVICE, basic)).encode())
    return s


def answer_of(s):
    """What comes until the end; b'' if nothing does."""
    data = b''
    try:
        while True:
            more = s.recv(65536)
            if not more:
                return data
            data += more
    except ConnectionResetError:
        return data
    finally:
        s.close()


def test_clients_that_go_before_their_answer_leave_nothing(patrold):
    """Whether it waits for the commit, for its signature, or for both."""
    token, secret = patrold.token('alice')
    for _ in range(20):
        gone = [sign_in(patrold, 'alice', secret) for _ in range(20)]
        for s in gone[:10]:
            s.close()
        for s in gone[10:]:
            assert b' 200 ' in answer_of(s).split(b'\r\n')[0]
    assert patrold.exchange('alice', secret)[0] == 200
    wait_for(lambda: patrold.show(token)['uses'] > 200, 'all sign-ins')


def test_sign_ins_under_way_are_answered_whole_or_not_at_all(place):
    p = place.patrold()
    _, secret = p.token('alice')
    under_way = [sign_in(p, 'alice', secret) for _ in range(100)]
    assert p.stop() == 0
    for s in under_way:
        data = answer_of(s)
        if data:
            head, body = data.split(b'\r\n\r\n', 1)
            assert b' 200 ' in head.split(b'\r\n')[0]
            assert len(json.loads(body)['token'].split('.')) == 3
