"""Every command and every option, accepted and refused, by role.

A table, in rows_tokens and rows_rest: add rows to it.  A row is (role, words,
exit status, text); `text` is part of what is printed on either stream.  What
stands in braces is made new for each row, by the part of World of that name:
{active}, {expired} and so on are ids of tokens, {own} is the owner's, {plain}
is a file.  `< FILE` at the end is standard input.

A test holds the table against what patrolctl --help tells: each command has a
row for each role, and each option one that is accepted and one that is not.
"""
import contextlib
import os
import re
import select
import shlex
import signal
import subprocess

import pytest

import rows_rest
import rows_tokens
from conftest import Place
from patrol import BUILD, DEADLINE, TOP, wait_for

ROWS = rows_tokens.ROWS + rows_rest.ROWS
USERS = {'admin': None, 'analyst': 'games', 'viewer': 'mail',
         'owner': 'news', 'stranger': 'nobody'}
LIVE = ('activity tail', 'alert watch')     # these go on until interrupted

RULE = '''title: %(title)s
id: %(id)s
name: %(name)s
logsource: {product: patrol}
detection:
  s: {%(field)s: '%(value)s'}
  condition: s
patrol: {mode: %(mode)s, respond: [%(respond)s]%(more)s}
'''


def rule(name, number, field, value, mode='alert', respond='', more=''):
    return RULE % dict(title='The ' + name, id='%08d-0000-4000-8000-%012d' % (
        number, number), **{k: v for k, v in locals().items()
                            if k not in ('number',)})


PASSES, FAILS = (
    ', tests: [{name: one, uses: [{user_agent: curl/8}], expect: %s}]' % n
    for n in ('[{count: 1}]', '[]'))
# Those in force.
RULES = '---\n'.join([
    rule('simulated', 1, 'reason', 'never so', 'simulate', 'deactivate'),
    rule('other', 2, 'reason', 'nor so', 'simulate', 'deactivate'),
    rule('trip', 3, 'reason', 'trip', 'enforce', 'deactivate')])
FILES = {
    'plain': rule('plain', 4, 'user_agent|startswith', 'curl'),
    'good': rule('good', 5, 'user_agent|startswith|expand', '%tool%'),
    'tested': rule('tested', 6, 'user_agent|startswith', 'curl',
                   more=PASSES),
    'failing': rule('failing', 7, 'user_agent|startswith', 'curl',
                    more=FAILS),
    'values': 'tool: [curl]\n',
    'bad': 'title: [\n',
    'events': '{"user_agent": "curl/8", "at": "2026-11-01T00:00:00Z"}\n',
    'uses': '{"token": "tok-sent", "action": "pull"}\n',
    'policy': '{"tokens": {"policy": {"max-lifetime": "1h"}}}\n',
}


class World:
    """One patrold for all rows, and what they ask for."""

    def __init__(self):
        self.place = Place()
        rules = self.place.write('rules.yml', RULES)
        self.patrold = self.place.patrold({
            'control': {'roles': {'analyst': [USERS['analyst']],
                                  'viewer': [USERS['viewer']]}},
            'rules': {'paths': [os.path.join(TOP, 'rules'), rules],
                      'brake': {'changes': 0}},
            'tokens': {'max-per-account': 100000}})
        self.patrold.account(USERS['owner'])
        for name, text in FILES.items():
            self.place.write(name, text)
        self.open = self.place.path('open')     # a folder of everybody's
        os.mkdir(self.open)
        os.chmod(self.open, 0o777)
        self.made = 0
        self.owned = self.make('own')[0]
        self.poke(self.make('honey')[0])
        self.patrold.send('not valid')

    # --- tokens ----------------------------------------------------------

    TOKENS = {'active': [], 'inactive': [('deactivate',)],
              'expired': [('expire',)], 'deleted': [('delete',)],
              'paused': [('deactivate', '--for', '2h')], 'honey': [],
              'overlapping': [('rotate', '--overlap', '1d')],
              'other': [], 'own': [], 'ownbound': [],
              'ownoff': [('deactivate',)],
              'ownpaused': [('deactivate', '--for', '2h')], 'ownhoney': []}

    def make(self, name):
        """(id, secret)"""
        account = USERS['owner'] if name.startswith('own') else \
            'bob' if name == 'other' else 'alice'
        options = ['--honey'] if 'honey' in name else [
            '--allow-from', '192.0.2.0/24', '--idle-expires', '30d',
            '--max-uses', '5'] if name == 'ownbound' else []
        token, secret = self.patrold.token(
            account, '--description', 'laptop', '--label', 'ci', *options)
        for verb, *more in self.TOKENS[name]:
            self.patrold.ctl('token', verb, token, *more)
        return token, secret

    def next(self):
        self.made += 1
        return self.made

    def foreign(self):
        name = 'harbor-%d' % self.next()
        self.patrold.send({'token': name, 'action': 'pull'})
        return name

    # --- accounts, files -------------------------------------------------

    def newname(self):
        return 'person%d' % self.next()

    def account(self):
        name = self.newname()
        self.patrold.account(name)
        return name

    def leaking(self, token):
        return self.place.write('leaked%d' % self.next(),
                                self.make(token)[1] + '\n')

    def leaked(self):
        return self.leaking('active')

    def leakeddead(self):
        return self.leaking('expired')

    def ownleaked(self):
        return self.leaking('own')

    def control(self):
        return self.patrold.control

    def backup(self):
        return os.path.join(self.open, 'backup%d' % self.next())

    def there(self):
        path = self.backup()
        with open(path, 'w'):
            pass
        return path

    # --- uses and alerts -------------------------------------------------

    def poke(self, trap=None):
        """What those that go on are to show."""
        for account in 'alice', USERS['owner']:
            self.patrold.send({
                'token': 'tok-live' if account == 'alice' else self.owned,
                'account': account, 'action': 'pull', 'registry': 'hub',
                'outcome': 'denied', 'reason': 'the scope does not allow it',
                'repository': account + '/app', 'source.ip': '192.0.2.7',
                'user_agent': 'curl/8 of the registry'})
        if trap is not None:
            self.patrold.send({'token': trap, 'action': 'login',
                               'outcome': 'failure'})
        self.patrold.settle()

    def seq(self):
        return str(self.patrold.ctl_json('activity', 'list', '--limit',
                                         '1')[0]['seq'])

    def trap(self):
        """Whose tries the poking goes on with."""
        self.trapped = self.make('honey')[0]
        return self.trapped

    def newest(self, token):
        self.patrold.settle()
        return self.patrold.alert_list('--token', token)[0]['id']

    def alert(self):
        trap = self.make('honey')[0]
        self.poke(trap)
        return self.newest(trap)

    def leak(self, name):
        token, secret = self.make(name)
        self.patrold.ctl('leak', 'report', input=secret + '\n')
        return self.newest(token)

    def undoable(self):
        return self.leak('active')

    def ownalert(self):
        return self.leak('own')

    def braked(self):
        token = self.make('active')[0]
        self.patrold.send({'token': token, 'action': 'pull',
                           'outcome': 'denied', 'reason': 'trip'})
        wait_for(lambda: self.patrold.status()['brake']['on'], 'the brake')
        return ''

    # --- the chain, the key ----------------------------------------------

    def head(self):
        out = self.patrold.ctl('audit', 'verify').stdout
        return re.search(r'^head: *(\S+)', out, re.M)[1]

    def norotation(self):
        for stage in 'cancel', 'finish':
            self.patrold.ctl('auth', 'rotate-key', stage, check=False)
        return ''

    def begun(self):
        self.norotation()
        self.patrold.ctl('auth', 'rotate-key', 'begin')
        return ''

    def used(self):
        self.begun()
        self.patrold.ctl('auth', 'rotate-key', 'use')
        return ''

    # --- a row -----------------------------------------------------------

    def part(self, name):
        if name in FILES:
            return self.place.path(name)
        if name in self.TOKENS:
            return self.make(name)[0]
        return getattr(self, name)()

    def fill(self, words):
        return re.sub(r'\{(\w+)\}', lambda m: self.part(m[1]), words)

    def run(self, row):
        """(exit status, standard output, standard error)"""
        words, _, file = self.fill(row.words).partition(' < ')
        text = None
        if file:
            with open(file) as f:
                text = f.read()
        r = self.patrold.ctl(*shlex.split(words), user=USERS[row.role],
                             check=False, input=text or '')
        return r.returncode, r.stdout, r.stderr

    def watch(self, row):
        """As run, of one that goes on: what it says until it is stopped."""
        out = []
        self.trapped = None
        words = shlex.split(self.fill(row.words))
        trap = self.trapped or self.make('honey')[0]
        argv = [os.path.join(BUILD, 'patrolctl'), *words]
        if USERS[row.role] is not None:
            argv = self.patrold.as_user(USERS[row.role], argv)
        c = subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=dict(os.environ, PATROL_CONTROL=self.patrold.control))
        try:
            def told():
                self.poke(trap)
                while select.select([c.stdout], [], [], 0.2)[0]:
                    out.append(os.read(c.stdout.fileno(), 65536).decode())
                return row.text in ''.join(out)
            wait_for(told, lambda: '%r in %r' % (row.text, out))
            c.terminate()
            c.wait(DEADLINE)
        finally:
            with contextlib.suppress(ProcessLookupError):
                c.kill()
            c.wait()
            c.stdout.close()
        assert c.returncode in (0, -signal.SIGTERM), out
        return 0, ''.join(out), ''


@pytest.fixture(scope='module')
def world():
    w = World()
    yield w
    w.place.end()


root = pytest.mark.skipif(os.getuid() != 0,
                          reason='only root can ask as another user')


@root
@pytest.mark.parametrize('row', ROWS, ids=lambda row: '%s: %s' % (
    row.role, row.words[:70]))
def test_row(world, row):
    live = row.exit == 0 and row.words.startswith(LIVE)
    code, out, err = (world.watch if live else world.run)(row)
    assert code == row.exit, out + err
    assert row.text in out + err


# --- the table has all of them ------------------------------------------------

def helped(*words):
    return subprocess.run([os.path.join(BUILD, 'patrolctl'), *words, '--help'],
                          stdout=subprocess.PIPE, check=True,
                          universal_newlines=True, timeout=DEADLINE).stdout


def commands():
    return re.findall(r'^    ([a-z]+(?: [a-z-]+)?)  +[A-Z]', helped(), re.M)


def options(text):
    return set(re.findall(r'^    (--?[a-z-]+)', text, re.M))


def accepted_and_refused(mine, names):
    for name in names:
        given = [r for r in mine if name in re.split(r'[ =]', r.words)]
        assert [r for r in given if r.exit == 0], name + ' accepted'
        assert [r for r in given if r.exit], name + ' refused'


def test_patrolctl_tells_of_commands():
    assert len(commands()) > 40 and 'token list' in commands()


@pytest.mark.parametrize('command', commands())
def test_each_command_has_all_its_rows(command):
    mine = [r for r in ROWS if (r.words + ' ').startswith(command + ' ')]
    assert {r.role for r in mine} == set(USERS)
    assert [r for r in mine if r.exit == 0]
    assert [r for r in mine if r.exit]
    own, _, _ = helped(*command.split()).partition('options of every command')
    accepted_and_refused(mine, options(own))


def test_what_every_command_has_has_its_rows():
    _, _, everywhere = helped().partition('options of every command')
    names = options(everywhere)
    assert {'-s', '--json', '--help'} <= names
    accepted_and_refused(ROWS, names)
