"""No secret is anywhere it must not be: files, logs, sinks, the memory of a
patrold that has done everything with it that can be done."""
import base64
import http.client
import os
import re
import ssl

import pytest

from patrol import DEADLINE, SERVICE, now, revealing, wait_for
from test_http import with_tls
from test_tokens import root


MAPPED_MAX = 1 << 30


def mapped(pid):
    """The memory of a process that a core file would hold, in pieces."""
    with open('/proc/%d/maps' % pid) as f:
        maps = f.read().splitlines()
    with open('/proc/%d/mem' % pid, 'rb') as mem:
        for line in maps:
            m = re.match(r'([0-9a-f]+)-([0-9a-f]+) rw', line)
            if m is None:
                continue
            at, end = int(m[1], 16), int(m[2], 16)
            if end - at > MAPPED_MAX:
                continue        # a sanitizer's shadow
            mem.seek(at)
            yield line, mem.read(end - at)


def held(pid, secrets):
    """Where a secret is in the memory of a process."""
    forms = [form for secret in secrets for form in revealing(secret)]
    return [line for line, memory in mapped(pid)
            for form in forms if form in memory]


def sign_in(p, account, secret, status, tls=None):
    c = http.client.HTTPSConnection('127.0.0.1', p.port, context=tls,
                                    timeout=DEADLINE) if tls else \
        http.client.HTTPConnection('127.0.0.1', p.port, timeout=DEADLINE)
    pair = base64.b64encode(('%s:%s' % (account, secret)).encode()).decode()
    c.request('GET', '/token?service=%s&scope=repository:%s/app:pull'
              % (SERVICE, account), headers={'Authorization': 'Basic ' + pair})
    r = c.getresponse()
    r.read()
    c.close()
    assert r.status == status


@root
@pytest.mark.parametrize('ahead', ['', 'alice:', 'bob:', 'al:'])
def test_the_search_finds_what_is_there(place, ahead):
    """Else the others could not fail."""
    secret = 'patrol_' + os.urandom(18).hex()
    text = base64.b64encode((ahead + secret + ' ').encode())
    assert held(os.getpid(), [secret])
    assert [form for form in revealing(secret) if form in text]
    p = place.patrold()
    p.secrets.add(secret)
    place.sweep()
    with open(place.path('left'), 'wb') as f:
        f.write(b'x' + text)
    with pytest.raises(AssertionError, match='left holds'):
        place.sweep()
    os.unlink(place.path('left'))


@root
@pytest.mark.parametrize('tls', [False, True])
def test_nothing_stays_in_memory(place, tls):
    p = with_tls(place) if tls else place.patrold()
    tls = ssl._create_unverified_context() if tls else None
    made = []
    for account in 'alice', 'bob':
        for _ in range(20):
            token, secret = p.token(account)
            made.append(secret)
            sign_in(p, account, secret, 200, tls)
            p.ctl('token', 'deactivate', token)
            sign_in(p, account, secret, 401, tls)
    # Where secrets do not belong, they are seen all the same.
    secret = made[0]
    with p.sender() as s:
        s.send({'time': now(), 'token': secret, 'account': 'alice',
                'action': 'pull', 'user_agent': 'curl ' + secret},
               '{"token":"%s", broken' % secret)
        s.finish()
    p.ctl('token', 'show', secret, check=False)
    p.ctl('token', 'rename', made[1], made[1], check=False)
    wait_for(lambda: p.status()['control']['connections'] == 1,
             'all connections to be closed')
    wait_for(lambda: held(p.process.pid, made) == [],
             lambda: 'no secret to be in memory, but\n%s' % '\n'.join(
                 held(p.process.pid, made)[:50]))
