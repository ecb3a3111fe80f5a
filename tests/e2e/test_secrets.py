"""No secret is anywhere it must not be: files, logs, sinks, the memory of a
patrold that has done everything with it that can be done."""
import base64
import http.client
import os
import re
import ssl

import pytest

from patrol import DEADLINE, SERVICE, now, wait_for
from test_http import with_tls
from test_tokens import root

SIZE = 1 << 20


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
            mem.seek(at)
            yield line, mem.read(end - at)


def forms(secret, account):
    """What of a secret gives it away, by what it is called."""
    yield 'as it is', secret.encode()
    for name in account, '':
        pair = ('%s:%s' % (name, secret)).encode()
        # Not its end: the padding, and what is of the account alone.
        yield 'in base64', base64.b64encode(pair)[8:-4]


def held(pid, secrets):
    """(form, mapping) of each secret that is in the memory of a process."""
    return [(form, line) for line, memory in mapped(pid)
            for account, secret in secrets
            for form, text in forms(secret, account) if text in memory]


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
def test_the_search_finds_what_is_there():
    """Else the next test could not fail."""
    secret = 'patrol_' + os.urandom(20).hex()
    pair = base64.b64encode(b'alice:' + secret.encode())
    found = {form for form, _ in held(os.getpid(), [('alice', secret)])}
    assert found == {'as it is', 'in base64'}
    assert pair             # held until here


@root
@pytest.mark.parametrize('tls', [False, True])
def test_nothing_stays_in_memory(place, tls):
    p = with_tls(place) if tls else place.patrold()
    tls = ssl._create_unverified_context() if tls else None
    made = []
    for account in 'alice', 'bob':
        for _ in range(20):
            token, secret = p.token(account)
            made.append((account, secret))
            sign_in(p, account, secret, 200, tls)
            p.ctl('token', 'deactivate', token)
            sign_in(p, account, secret, 401, tls)
    # Where secrets do not belong, they are seen all the same.
    account, secret = made[0]
    with p.sender() as s:
        s.send({'time': now(), 'token': secret, 'account': account,
                'action': 'pull', 'user_agent': 'curl ' + secret},
               '{"token":"%s", broken' % secret)
        s.finish()
    p.ctl('token', 'show', secret, check=False)
    p.ctl('token', 'rename', made[1][1], made[1][1], check=False)
    wait_for(lambda: p.status()['control']['connections'] == 1,
             'all connections to be closed')
    wait_for(lambda: held(p.process.pid, made) == [],
             lambda: 'no secret to be in memory, but\n%s' % '\n'.join(
                 '%s %s' % f for f in held(p.process.pid, made)[:50]))
