"""Each way a token can die, as the programs of people show it: docker login
and a pull at a registry that asks the token endpoint, and a pull through nginx
that asks /verify.  All work with the live token."""
import pytest

from conftest import Place
from patrol import free_port, oci_image, wait_for

GENERIC = 'incorrect username or password'
INACTIVE = 'access token is inactive'
EXPIRED = 'access token has expired'
REASONS = (INACTIVE, EXPIRED, 'access token is used up',
           'access token was deleted', 'account is disabled',
           'address not allowed', 'was replaced', 'honey')

# Any use with this client switches its token off.
RULE = '''title: Taken
id: 00000000-0000-4000-8000-0000000000aa
logsource: {product: patrol}
detection:
  s: {user_agent: thief}
  condition: s
patrol: {mode: enforce, respond: [deactivate]}
'''


class Shop:
    """Both ways to ask patrold, side by side."""

    def __init__(self):
        self.place = Place()
        port = free_port()
        self.patrold = self.place.patrold({
            'auth': {'wrong': {'free': 1000000}},
            'rules': {'paths': [self.place.write('rules.yml', RULE)]}})
        self.patrold.stop()
        self.patrold.conf['http'].append({
            'listen': '127.0.0.1:%d' % port, 'serve': ['verify'],
            'trusted-proxies': ['127.0.0.1']})
        self.patrold.write_conf()
        self.patrold.start()
        self.registry = self.place.registry(self.patrold)
        self.nginx = self.place.nginx(port, self.place.registry(None, 'open'))
        self.docker = self.place.docker()
        self.skopeo = self.place.skopeo()
        self.layout = oci_image(self.place.dir)
        self.people = 0

    def account(self):
        self.people += 1
        name = 'person%d' % self.people
        self.patrold.account(name)
        return name

    def at(self, server, account):
        return server.image(account + '/app:v1')

    def works(self, account, secret):
        creds = '%s:%s' % (account, secret)
        r = self.docker.login(self.registry.address, account, secret)
        assert r.returncode == 0, r.stdout
        for server in self.registry, self.nginx:
            r = self.skopeo.push(self.layout, self.at(server, account), creds)
            assert r.returncode == 0, r.stdout
            r = self.skopeo.pull(self.at(server, account), creds)
            assert r.returncode == 0, r.stdout

    def shown(self, account, secret):
        """What each of them says of one that does not work."""
        creds = '%s:%s' % (account, secret)
        for r in (self.docker.login(self.registry.address, account, secret),
                  self.skopeo.pull(self.at(self.registry, account), creds),
                  self.skopeo.pull(self.at(self.nginx, account), creds)):
            assert r.returncode != 0, r.stdout
            yield r.stdout
        # Where it is asked for Basic it shows the status alone.
        r = self.docker.login(self.nginx.address, account, secret)
        assert r.returncode != 0 and '401 Unauthorized' in r.stdout


@pytest.fixture(scope='module')
def shop():
    s = Shop()
    yield s
    s.place.end()


# Each kills the token that worked, or makes one that is dead; the secret.

def by(*words):
    def kill(shop, account, token, secret):
        shop.patrold.ctl(*[{'TOKEN': token, 'ACCOUNT': account}.get(w, w)
                           for w in words])
        return secret
    return kill


def of_itself(*options):
    def kill(shop, account, token, secret):
        short, secret = shop.patrold.token(account, *options)
        wait_for(lambda: shop.patrold.show(short)['state'] == 'expired',
                 'its end')
        return secret
    return kill


def by_a_rule(shop, account, token, secret):
    shop.patrold.exchange(account, secret, agent='thief')
    shown = shop.patrold.show(token)
    assert shown['state'] == 'inactive'
    assert shown['actor'].startswith('rule:')
    return secret


def leaked(shop, account, token, secret):
    shop.patrold.ctl('leak', 'report', input=secret + '\n')
    return secret


def used_up(shop, account, token, secret):
    _, secret = shop.patrold.token(account, '--max-uses', '1')
    r = shop.docker.login(shop.registry.address, account, secret)
    assert r.returncode == 0, r.stdout
    return secret


def elsewhere(shop, account, token, secret):
    _, here = shop.patrold.token(account, '--scope', 'write', '--allow-from',
                                 '127.0.0.1')
    shop.works(account, here)
    return shop.patrold.token(account, '--allow-from', '192.0.2.0/24')[1]


def superseded(shop, account, token, secret):
    new, = shop.patrold.ctl_json('token', 'rotate', token)
    shop.works(account, new['secret'])
    return secret


def honey(shop, account, token, secret):
    return shop.patrold.token(account, '--honey')[1]


@pytest.mark.parametrize('kill, told', [
    (by('token', 'deactivate', 'TOKEN'), INACTIVE),
    (by('token', 'deactivate', 'TOKEN', '--for', '1h'), INACTIVE),
    (by_a_rule, INACTIVE),
    (leaked, INACTIVE),
    (by('token', 'expire', 'TOKEN'), EXPIRED),
    (of_itself('--expires', '1s'), EXPIRED),
    (of_itself('--idle-expires', '1s'), EXPIRED),
    (used_up, 'access token is used up'),
    (by('account', 'set', 'ACCOUNT', '--disabled', 'yes'),
     'account is disabled'),
    (elsewhere, 'address not allowed'),
    (superseded, 'the secret of this access token was replaced'),
    # What is told nobody who holds one.
    (by('token', 'delete', 'TOKEN'), GENERIC),
    (honey, GENERIC),
], ids=['inactive', 'inactive until', 'by a rule', 'leaked', 'expired by hand',
        'expired', 'idle', 'used up', 'account disabled', 'address',
        'superseded', 'deleted', 'honey'])
def test_what_people_see_when_a_token_is_dead(shop, kill, told):
    account = shop.account()
    token, secret = shop.patrold.token(account, '--scope', 'write')
    shop.works(account, secret)
    dead = kill(shop, account, token, secret)
    for text in shop.shown(account, dead):
        assert told in text
        if told == GENERIC:
            assert not [r for r in REASONS if r in text], text


def test_one_that_was_inactive_for_a_while_works_again(shop):
    account = shop.account()
    token, secret = shop.patrold.token(account, '--scope', 'write')
    shop.patrold.ctl('token', 'deactivate', token, '--for', '2s')
    assert INACTIVE in next(shop.shown(account, secret))
    wait_for(lambda: shop.patrold.show(token)['state'] == 'active',
             'the end of it')
    shop.works(account, secret)
