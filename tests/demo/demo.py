#!/usr/bin/env python3
"""demo - the whole road once, against a real registry.

    tests/demo/demo.py [--build BUILD] [--keep]

A registry, a syslog daemon and patrold come up on loopback, with everything
under a temporary directory; a token is made, used, stolen, taken out of
service by a rule, and brought back.  Each step says what it does, shows the
commands as one would type them, and checks what came of it: the first thing
that is not as it should be ends the demo with a message and status 1.
--keep leaves all of it running and says how to go on by hand.
"""
import argparse
import getpass
import gzip
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, 'tests', 'e2e'))
sys.dont_write_bytecode = True

CONF = '''\
# patrold for the demo: on loopback, in a directory of its own.
store:   {path: %(dir)s/patrol.db}
ingest:
  - {socket: %(dir)s/ingest.sock}
control: {socket: %(dir)s/control.sock, roles: {admin: ["%(user)s"]}}
http:
  - listen: "127.0.0.1:%(port)d"
    serve: [token, notifications, health]
    registry: %(service)s
    secret-file: %(dir)s/webhook-secret
auth:    {service: %(service)s, issuer: patrol}
rules:   {paths: [%(rules)s]}
alerts:
  syslog: {facility: authpriv, tag: patrold, socket: %(dir)s/log.sock}
  file:   {path: %(dir)s/alerts.ndjson}
'''


class Demo:
    def __init__(self, dir):
        import patrol       # reads PATROL_BUILD
        self.patrol = patrol
        self.dir = dir
        self.steps = 0
        self.syslog = patrol.Rsyslogd(dir)
        self.patrold = patrol.Patrold(dir)
        self.patrold.write_conf(CONF % {
            'dir': dir, 'user': getpass.getuser(),
            'port': self.patrold.port, 'service': patrol.SERVICE,
            'rules': os.path.join(TOP, 'rules')})
        self.registry = patrol.Registry(dir, self.patrold)
        self.skopeo = patrol.Skopeo(dir)
        self.image = self.registry.image('alice/app:v1')
        self.token = self.secret = self.alert = None

    # --- telling ----------------------------------------------------------

    def step(self, text):
        self.steps += 1
        print('\n%d. %s' % (self.steps, textwrap.fill(
            text, 74, subsequent_indent='   ')), flush=True)

    def show(self, *argv):
        print('   $ ' + ' '.join(
            '"%s"' % a if '$' in a else shlex.quote(a) for a in argv),
            flush=True)

    def tell(self, text):
        for line in text.splitlines():
            print('     ' + line.rstrip(), flush=True)

    def expect(self, condition, what):
        if not condition:
            raise AssertionError('expected: ' + what)

    def ctl(self, *args, check=True):
        """Runs patrolctl where one can see it."""
        self.show('patrolctl', *args)
        r = self.patrold.ctl(*args, check=check)
        self.tell(r.stdout + r.stderr)
        return r

    # --- the steps --------------------------------------------------------

    def up(self):
        self.step('A syslog daemon, patrold and a registry, on loopback, '
                  'with everything under %s. The registry asks patrold for '
                  'tokens and notifies it of every push and pull.' % self.dir)
        for p, where in ((self.syslog, self.syslog.socket),
                         (self.patrold, '127.0.0.1:%d' % self.patrold.port),
                         (self.registry, self.registry.address)):
            p.start()
            self.tell('%-9s pid %-7d %s' % (p.name, p.process.pid, where))

    def make_token(self):
        self.step('An account, and a personal access token (PAT) for it.')
        self.ctl('account', 'add', 'alice')
        args = ('token', 'create', '--account', 'alice', '--description',
                'laptop', '--scope', 'write')
        r = self.ctl(*args)
        words = [w for w in r.stdout.split() if w.startswith('patrol_')]
        self.expect(len(words) == 1, 'the secret, once')
        self.secret = words[0]
        self.creds = 'alice:' + self.secret
        listed = self.patrold.ctl_json('token', 'list')
        self.expect(len(listed) == 1, 'one token')
        self.token = listed[0]['id']

    def push_and_pull(self):
        self.step('An image is pushed and pulled with that token.')
        layout = self.patrol.oci_image(self.dir, 'hello from patrol\n')
        self.show('skopeo', 'copy', '--dest-tls-verify=false',
                  '--dest-creds', 'alice:$PAT', 'oci:tiny', self.image)
        r = self.skopeo.push(layout, self.image, self.creds)
        self.expect(r.returncode == 0, 'skopeo to push:\n' + r.stdout)
        self.tell('pushed')
        self.pull()

    def try_pull(self):
        self.show('skopeo', 'copy', '--src-tls-verify=false',
                  '--src-creds', 'alice:$PAT', self.image, 'dir:copy')
        return self.skopeo.pull(self.image, self.creds)

    def pull(self):
        r = self.try_pull()
        self.expect(r.returncode == 0, 'skopeo to pull:\n' + r.stdout)
        with open(os.path.join(self.skopeo.pulled_dir(),
                               'manifest.json')) as f:
            layer = json.load(f)['layers'][0]['digest']
        with open(os.path.join(self.skopeo.pulled_dir(),
                               layer.split(':')[1]), 'rb') as f:
            self.expect(b'hello from patrol\n' in gzip.decompress(f.read()),
                        'what was pushed to come back')
        self.tell('pulled, with the layer that was pushed')

    def last_used(self):
        self.step('patrold knows when, from where, with what and for what '
                  'the token was last used.')

        def pulled():
            last = self.patrold.show(self.token)['last_used']
            return last if last and last['action'] == 'pull' else None
        last = self.patrol.wait_for(pulled, 'the pull as last use')
        self.ctl('token', 'list')
        self.expect(last['time'] is not None and last['ip'] == '127.0.0.1'
                    and 'skopeo' in last['client']
                    and last['repository'] == 'alice/app',
                    'time, address, client and repository: %r' % last)
        self.ctl('token', 'history', self.token)

    def theft(self):
        self.step('The token is stolen and tried from one network after '
                  'another (127.0.0.0/8 has enough of them). The fifth '
                  'within ten minutes is one too many.')
        url = 'http://127.0.0.1:%d/token?service=%s&scope=%s' % (
            self.patrold.port, self.patrol.SERVICE,
            'repository:alice/app:pull')
        print('   URL=' + shlex.quote(url))
        codes = []
        for n in range(1, 8):
            address = '127.0.%d.1' % n
            self.show('curl', '--interface', address, '-u', 'alice:$PAT',
                      '$URL')
            r = subprocess.run(
                ['curl', '-s', '-m', '20', '--interface', address, '-u',
                 self.creds, '-w', '\n%{http_code}', url],
                stdout=subprocess.PIPE, universal_newlines=True)
            body, _, code = r.stdout.rpartition('\n')
            codes.append(code)
            self.tell(code + (': a signed token' if code == '200'
                              else ': ' + body.strip()))
        self.expect(codes[0] == '200', 'the first theft to work')
        self.expect(codes[-1] == '401', 'the last one to be refused')

    def alerted(self):
        self.step('The alert, as it went to syslog.')
        alerts = [a for a in self.patrold.alert_list()
                  if a['token'] == self.token
                  and 'five networks' in a['title']]
        self.expect(len(alerts) == 1, 'one alert for many networks')
        self.alert = alerts[0]['id']
        line, = self.patrol.wait_for(
            lambda: [s for s in self.syslog.lines() if self.alert in s],
            'alert %s in syslog' % self.alert)
        self.show('cat', self.syslog.file)
        self.tell(textwrap.fill(line, 90, break_long_words=False,
                                break_on_hyphens=False))
        self.ctl('alert', 'list')

    def inactive(self):
        self.step('The token is inactive, by that rule.')
        self.ctl('token', 'show', self.token)
        shown = self.patrold.show(self.token)
        self.expect(shown['state'] == 'inactive', 'the token inactive')
        self.expect(shown['actor'].startswith('rule:'), 'by a rule')
        self.expect('five networks' in shown['cause'], 'which says why')

    def refused(self):
        self.step('Whoever has it, thief or owner, is refused and told why.')
        r = self.try_pull()
        said = ' '.join(r.stdout.split())
        self.tell(textwrap.fill(said[said.find('level=fatal'):], 90))
        self.expect(r.returncode != 0, 'the pull to be refused')
        self.expect('access token is inactive' in said,
                    "the words 'access token is inactive'")

    def undone(self):
        self.step('It was a false alarm after all: the admin undoes it.')
        self.ctl('undo', self.alert)
        self.expect(self.patrold.show(self.token)['state'] == 'active',
                    'the token active')
        self.pull()

    def run(self):
        self.up()
        self.make_token()
        self.push_and_pull()
        self.last_used()
        self.theft()
        self.alerted()
        self.inactive()
        self.refused()
        self.undone()

    # --- the end ----------------------------------------------------------

    def programs(self):
        return [self.registry, self.patrold, self.syslog]

    def down(self):
        """Ends what was started: registry, patrold, syslog."""
        for p in self.programs():
            try:
                p.stop()
            except AssertionError as e:
                print('demo: %s' % e, file=sys.stderr)

    def logs(self):
        for p in self.programs():
            print('--- log of %s\n%s' % (p.name, p.log()[-4000:]),
                  file=sys.stderr)

    def keep(self):
        pids = ' '.join(str(p.process.pid) for p in self.programs())
        print(textwrap.dedent('''
            All of it is still up. To go on by hand:

                export PATROL_CONTROL=%(control)s PATROL_INGEST=%(ingest)s
                export PAT=%(secret)s
                %(build)s/patrolctl token list
                skopeo copy --src-tls-verify=false --src-creds alice:$PAT \\
                    %(image)s dir:copy
                tail -f %(syslog)s

            And to end it:

                kill %(pids)s && sleep 1; rm -rf %(dir)s
            ''') % {'control': self.patrold.control,
                    'ingest': self.patrold.ingest, 'secret': self.secret,
                    'build': self.patrol.BUILD, 'image': self.image,
                    'syslog': self.syslog.file, 'pids': pids,
                    'dir': self.dir}, end='')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', default='build')
    parser.add_argument('--keep', action='store_true')
    args = parser.parse_args()
    os.environ['PATROL_BUILD'] = args.build
    # Ended from outside, it still ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(1))
    demo = Demo(tempfile.mkdtemp(prefix='patrol-demo-'))
    kept = False
    try:
        demo.run()
        kept = args.keep
        if kept:
            demo.keep()
        return 0
    except (AssertionError, OSError, subprocess.SubprocessError) as e:
        print('\ndemo: FAILED: %s' % e, file=sys.stderr)
        demo.logs()
        return 1
    finally:
        if not kept:
            demo.down()
            shutil.rmtree(demo.dir, ignore_errors=True)
            print('\nAll that was started has ended, and %s is gone.'
                  % demo.dir)


if __name__ == '__main__':
    sys.exit(main())
