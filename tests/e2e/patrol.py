"""Real programs for the tests: patrold, a registry, a syslog daemon, skopeo.

Everything listens on loopback or in the test's own directory, on ports that
were free when asked for, and ends with the test.  Waiting is always for a
condition, with a deadline.
"""
import base64
import collections
import gzip
import hashlib
import http.client
import io
import json
import os
import pwd
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tarfile
import time
import urllib.parse

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get('PATROL_BUILD', 'build'))
ASIDE = os.path.join(TOP, 'build', 'aside', 'bin')
SERVICE = 'registry.test'
SECRET = 'webhook-secret-of-the-tests'
DEADLINE = 20.0             # seconds; a sanitized build is slow to start
FAULTS = re.compile(r'(AddressSanitizer|LeakSanitizer|ThreadSanitizer'
                    r'|runtime error:|Assertion .* failed)')


def wait_for(condition, what, deadline=DEADLINE):
    """The first true value of condition(); fails naming `what` if none."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError('waited %.0f s in vain for %s'
                                 % (deadline, what() if callable(what)
                                    else what))
        time.sleep(0.02)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def program(name):
    """The path of a program that was unpacked aside or is installed."""
    aside = os.path.join(ASIDE, name)
    path = aside if os.path.exists(aside) else shutil.which(name)
    if path is None:
        raise AssertionError('%s is missing: run `make deps-check`' % name)
    return path


def now(offset=0.0):
    """RFC 3339 text of `offset` seconds from now, to the microsecond."""
    t = time.time() + offset
    return (time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(int(t)))
            + '.%06dZ' % int(t % 1 * 1e6))


def merge(base, over):
    """`base` with the values of `over`; None takes a key away."""
    out = dict(base)
    for key, value in over.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merge(out[key], value)
        else:
            out[key] = value
    return out


class Program:
    """A child process that writes its output to NAME.log in `dir`."""

    def __init__(self, dir, name):
        self.dir = dir
        self.name = name
        self.logfile = os.path.join(dir, name + '.log')
        self.process = None
        self.env = {}           # beside that of the tests

    def spawn(self, argv):
        with open(self.logfile, 'ab') as log:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env=dict(os.environ, **self.env))

    def log(self):
        try:
            with open(self.logfile, errors='replace') as f:
                return f.read()
        except FileNotFoundError:
            return ''

    def running(self):
        return self.process is not None and self.process.poll() is None

    def wait_up(self, condition, deadline=DEADLINE):
        def up():
            assert self.running(), '%s ended with %s:\n%s' % (
                self.name, self.process.returncode, self.log())
            return condition()
        wait_for(up, lambda: '%s to be up:\n%s' % (self.name, self.log()),
                 deadline)

    def kill(self, number):
        self.process.send_signal(number)

    def wait(self, deadline=DEADLINE):
        """The exit status, once it has ended."""
        try:
            return self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError('%s did not end:\n%s'
                                 % (self.name, self.log()))

    def ended(self):
        """The exit status of one that ends by itself."""
        status = self.wait()
        self.process = None
        return status

    def stop(self, number=signal.SIGTERM):
        """Ends it, if it runs; its exit status, or None."""
        if self.process is None:
            return None
        if self.running():
            self.kill(number)
        return self.ended()


# A secret with the default prefix.
MADE = re.compile(r'\bpatrol_[0-9A-Za-z]{36}\b')

def revealing(secret):
    """What gives a secret away: itself, and in base64 behind anything."""
    secret = secret.encode()
    yield secret
    for ahead in range(3):
        text = base64.b64encode(b'x' * ahead + secret)
        # Less what depends on the bytes before and behind.
        yield text[(0, 2, 3)[ahead]:-4]


Replies = collections.namedtuple('Replies', 'ack rejects')


class Sender:
    """A connection to the ingest socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(path)
        self.buffer = b''
        self.ack = 0
        self.rejects = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *lines):
        self.socket.sendall(b''.join(encode(line) + b'\n' for line in lines))

    def send_bytes(self, data):
        self.socket.sendall(data)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def read(self):
        """Takes what came in; False at the end of the connection."""
        data = self.socket.recv(65536)
        *lines, self.buffer = (self.buffer + data).split(b'\n')
        for line in lines:
            self.take(json.loads(line))
        return data != b''

    def take(self, reply):
        if 'ack' in reply:
            assert reply['ack'] >= self.ack, 'acks never go back'
            self.ack = reply['ack']
        else:
            n = reply['reject']
            assert n not in self.rejects, 'one answer a line'
            assert n > self.ack, 'a reject comes before its ack'
            self.rejects[n] = reply['error']

    def wait_ack(self, n):
        while self.ack < n:
            assert self.read(), 'closed at ack %d of %d' % (self.ack, n)

    def finish(self):
        """Half-closes, reads to the end; what was answered."""
        self.half_close()
        while self.read():
            pass
        assert self.buffer == b'', 'ends with a whole line'
        return Replies(self.ack, self.rejects)


def encode(line):
    if isinstance(line, dict):
        return json.dumps(line).encode()
    return line.encode() if isinstance(line, str) else line


class Patrold(Program):
    """A patrold of the test's own, with patrolctl to talk to it."""

    def __init__(self, dir, conf=None, name='patrold'):
        super().__init__(dir, name)
        self.port = free_port()
        self.control = os.path.join(dir, 'control.sock')
        self.ingest = os.path.join(dir, 'ingest.sock')
        self.store = os.path.join(dir, 'patrol.db')
        self.alerts = os.path.join(dir, 'alerts.ndjson')
        self.certificate = os.path.join(dir, 'auth-certificate.pem')
        self.conffile = os.path.join(dir, name + '.yaml')
        self.secrets = set()        # all that it has made
        self.home = os.path.join(dir, 'home')
        os.makedirs(self.home, exist_ok=True)
        secret = os.path.join(dir, 'webhook-secret')
        with open(secret, 'w') as f:
            f.write(SECRET + '\n')
        self.conf = merge({
            'store': {'path': self.store},
            'ingest': [{'socket': self.ingest}],
            'control': {'socket': self.control, 'mode': '0666', 'roles': {
                'admin': [pwd.getpwuid(os.getuid()).pw_name]}},
            'http': [{'listen': '127.0.0.1:%d' % self.port,
                      'serve': ['token', 'notifications', 'uses', 'metrics',
                                'health'],
                      'secret-file': secret}],
            'auth': {'service': SERVICE, 'issuer': 'patrol'},
            'rules': {'paths': [os.path.join(TOP, 'rules')],
                      'ceiling': 'enforce'},
            'alerts': {'syslog': {'facility': 'off'},
                       'file': {'path': self.alerts}},
        }, conf or {})
        self.write_conf()

    def write_conf(self, text=None):
        """The configuration, or `text` in its place.  JSON is YAML."""
        with open(self.conffile, 'w') as f:
            f.write(text or json.dumps(self.conf, indent=1) + '\n')

    def launch(self):
        """Starts it and waits for nothing."""
        self.spawn([os.path.join(BUILD, 'patrold'), '-f', '-c', self.conffile])

    def start(self):
        self.launch()
        self.wait_up(self.answers)
        return self

    def answers(self):
        try:
            return 'ok' in self.request('whoami')
        except OSError:
            return False

    def stop(self, number=signal.SIGTERM):
        status = super().stop(number)
        fault = FAULTS.search(self.log())
        assert fault is None, self.log()
        if number == signal.SIGTERM:
            assert status in (0, None), 'ended with %s:\n%s' % (
                status, self.log())
        return status

    def kill9(self):
        super().stop(signal.SIGKILL)

    def kill_at_start(self, random):
        """Launched, and killed at a random moment; most likely it reads the
        store then."""
        self.launch()
        try:
            self.process.wait(random.random() * 0.2)
        except subprocess.TimeoutExpired:
            pass
        self.kill9()

    def check(self):
        """patrold -n: (exit status, what it said)."""
        r = subprocess.run([os.path.join(BUILD, 'patrold'), '-n', '-c',
                            self.conffile], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=DEADLINE,
                           universal_newlines=True)
        assert not FAULTS.search(r.stdout), r.stdout
        return r.returncode, r.stdout

    # --- patrolctl ------------------------------------------------------

    def ctl(self, *args, check=True, input=None, user=None):
        """Runs patrolctl; fails on a status other than 0 if `check`."""
        argv = [os.path.join(BUILD, 'patrolctl'), *args]
        if user is not None:
            argv = self.as_user(user, argv)
        env = dict(os.environ, PATROL_CONTROL=self.control,
                   PATROL_INGEST=self.ingest, HOME=self.home)
        r = subprocess.run(argv, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, input=input, env=env,
                           universal_newlines=True, timeout=DEADLINE)
        assert not FAULTS.search(r.stderr), r.stderr
        self.secrets.update(MADE.findall(r.stdout))
        if check:
            assert r.returncode == 0, 'patrolctl %s: %d\n%s%s' % (
                ' '.join(args), r.returncode, r.stdout, r.stderr)
        return r

    def as_user(self, user, argv):
        """For root: the same command as another user, who may not be able
        to reach our build folder."""
        tool = os.path.join(self.dir, 'patrolctl')
        if not os.path.exists(tool):
            shutil.copy(argv[0], tool)
            os.chmod(tool, 0o755)
            os.chmod(self.dir, 0o755)
        p = pwd.getpwnam(user)
        return ['setpriv', '--reuid=%d' % p.pw_uid, '--regid=%d' % p.pw_gid,
                '--clear-groups', tool, *argv[1:]]

    def ctl_json(self, *args, **more):
        """The items of a list, or the one result."""
        out = self.ctl('--json', *args, **more).stdout
        return [json.loads(line) for line in out.splitlines()]

    def account(self, name):
        self.ctl('account', 'add', name)

    def token(self, account, *options):
        """Makes a token: (id, secret)."""
        result, = self.ctl_json('token', 'create', '--account', account,
                                *options)
        return result['token']['id'], result['secret']

    def show(self, token):
        return self.ctl_json('token', 'show', token)[0]

    def alert_list(self, *options):
        return self.ctl_json('alert', 'list', *options)

    def status(self):
        return self.ctl_json('status')[0]

    def request(self, cmd, **args):
        """One request straight to the control socket: its last answer."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(DEADLINE)
            s.connect(self.control)
            s.sendall(encode({'id': 1, 'cmd': cmd, 'args': args}) + b'\n')
            with s.makefile() as f:
                for line in f:
                    answer = json.loads(line)
                    if 'ok' in answer:
                        return answer
        raise AssertionError('closed without an answer to ' + cmd)

    # --- its doors ------------------------------------------------------

    def sender(self):
        return Sender(self.ingest)

    def send(self, *lines):
        """All lines (dict, text or bytes) on one connection; the replies."""
        with self.sender() as s:
            s.send(*lines)
            return s.finish()

    def http(self, method, path, body=None, headers=None, source=None,
             **more):
        """One request: (status, body as text)."""
        c = http.client.HTTPConnection(
            '127.0.0.1', self.port, timeout=DEADLINE,
            source_address=(source, 0) if source else None)
        try:
            c.request(method, path, body, headers or {}, **more)
            r = c.getresponse()
            return r.status, r.read().decode()
        finally:
            c.close()

    def exchange(self, user, secret, scope=None, source=None,
                 agent='docker/24.0.7 go/go1.20.10'):
        """Asks the token endpoint as a client does: (status, JSON)."""
        query = [('service', SERVICE)] + ([('scope', scope)] if scope else [])
        basic = base64.b64encode(('%s:%s' % (user, secret)).encode()).decode()
        status, body = self.http(
            'GET', '/token?' + urllib.parse.urlencode(query),
            headers={'Authorization': 'Basic ' + basic,
                     'User-Agent': agent},
            source=source)
        if status in (401, 429):
            self.settle()
        return status, json.loads(body)

    def settle(self):
        """Waits until all uses taken are stored: a refusal, unlike a grant,
        is answered before its commit."""
        def all_stored():
            s = self.request('status')['result']
            return s['uses']['taken'] == s['store']['stored_uses']
        wait_for(all_stored, 'the commit')

    def notify(self, *events, secret=SECRET, **more):
        """Posts events as a registry does: (status, text)."""
        return self.http(
            'POST', '/notifications', json.dumps({'events': events}),
            {'Content-Type':
             'application/vnd.docker.distribution.events.v1+json',
             'Authorization': 'Bearer ' + secret}, **more)

    def alert_file(self):
        try:
            with open(self.alerts) as f:
                return [json.loads(line) for line in f]
        except FileNotFoundError:
            return []

    def sql(self, query, *values):
        """Rows of the store, read beside the daemon."""
        db = sqlite3.connect('file:%s?mode=ro' % self.store, uri=True,
                             timeout=DEADLINE)
        try:
            return db.execute(query, values).fetchall()
        finally:
            db.close()


class Registry(Program):
    """Distribution's registry, asking `patrold` for tokens and telling it
    of every event; or, without one, open to whoever can reach it."""

    def __init__(self, dir, patrold, name='registry'):
        super().__init__(dir, name)
        self.port = free_port()
        self.address = '127.0.0.1:%d' % self.port
        self.conffile = os.path.join(dir, name + '.yaml')
        self.ready = 401 if patrold else 200
        text = REGISTRY % {
            'port': self.port,
            'storage': os.path.join(dir, name + '-storage')}
        if patrold:
            text += REGISTRY_PATROL % {
                'patrol': patrold.port, 'service': SERVICE,
                'certificate': patrold.certificate, 'secret': SECRET}
        with open(self.conffile, 'w') as f:
            f.write(text)

    def start(self):
        self.spawn([program('docker-registry'), 'serve', self.conffile])
        self.wait_up(self.answers)
        return self

    def answers(self):
        try:
            c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=2)
            c.request('GET', '/v2/')
            return c.getresponse().status == self.ready
        except OSError:
            return False

    def image(self, name):
        return 'docker://%s/%s' % (self.address, name)


REGISTRY = '''\
version: 0.1
log: {level: info}
storage:
  filesystem: {rootdirectory: "%(storage)s"}
  delete: {enabled: true}
http: {addr: "127.0.0.1:%(port)d", secret: only-for-this-run}
'''

REGISTRY_PATROL = '''\
auth:
  token:
    realm: http://127.0.0.1:%(patrol)d/token
    service: %(service)s
    issuer: patrol
    rootcertbundle: "%(certificate)s"
notifications:
  endpoints:
    - name: patrol
      url: http://127.0.0.1:%(patrol)d/notifications
      headers: {Authorization: ["Bearer %(secret)s"]}
      timeout: 5s
      threshold: 5
      backoff: 200ms
'''


class Nginx(Program):
    """nginx with the configuration that ships, in front of a registry; its
    addresses and folders are the test's."""

    def __init__(self, dir, verify_port, registry, name='nginx'):
        super().__init__(dir, name)
        self.port = free_port()
        self.address = '127.0.0.1:%d' % self.port
        self.conffile = os.path.join(dir, name + '.conf')
        with open(os.path.join(TOP, 'etc', 'nginx',
                               'patrol-registry.conf')) as f:
            text = f.read()
        for old, new in (
                ('127.0.0.1:5011', '127.0.0.1:%d' % verify_port),
                ('127.0.0.1:5000', registry.address),
                ('listen 443 ssl;', 'listen 127.0.0.1:%d;' % self.port),
                ('ssl_certificate /etc/ssl/registry.pem;', ''),
                ('ssl_certificate_key /etc/ssl/private/registry.key;', '')):
            assert old in text, old
            text = text.replace(old, new)
        with open(self.conffile, 'w') as f:
            f.write(NGINX % {'dir': dir, 'servers': text})

    def start(self):
        self.spawn([program('nginx'), '-e', 'stderr', '-c', self.conffile])
        self.wait_up(self.answers)
        return self

    def answers(self):
        try:
            c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=2)
            c.request('GET', '/')
            return c.getresponse().status == 404
        except OSError:
            return False

    def image(self, name):
        return 'docker://%s/%s' % (self.address, name)


NGINX = '''\
daemon off;
master_process off;
pid "%(dir)s/nginx.pid";
error_log stderr info;
events {}
http {
    access_log "%(dir)s/nginx-access.log";
    client_body_temp_path "%(dir)s/nginx-body";
    proxy_temp_path "%(dir)s/nginx-proxy";
    fastcgi_temp_path "%(dir)s/nginx-fastcgi";
    uwsgi_temp_path "%(dir)s/nginx-uwsgi";
    scgi_temp_path "%(dir)s/nginx-scgi";
%(servers)s
}
'''


class Docker:
    """The docker client, with a home of its own and no engine."""

    def __init__(self, dir):
        self.home = os.path.join(dir, 'docker-home')
        os.makedirs(self.home, exist_ok=True)
        self.env = dict(os.environ, HOME=self.home, DOCKER_CONFIG=self.home,
                        DOCKER_HOST='unix://' + os.path.join(
                            dir, 'no-engine.sock'))

    def run(self, *args, password=''):
        return subprocess.run(
            [program('docker'), *args], env=self.env, input=password,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
            universal_newlines=True)

    def login(self, address, user, password):
        return self.run('login', '-u', user, '--password-stdin', address,
                        password=password)


class Skopeo:
    """A client of the registry, with a home of its own."""

    def __init__(self, dir):
        self.dir = dir
        self.home = os.path.join(dir, 'skopeo-home')
        os.makedirs(self.home, exist_ok=True)
        self.env = dict(os.environ, HOME=self.home, TMPDIR=self.home,
                        REGISTRY_AUTH_FILE=os.path.join(self.home, 'auth'))
        self.pulled = 0

    def run(self, *args):
        return subprocess.run(
            [program('skopeo'), '--insecure-policy', *args], env=self.env,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            universal_newlines=True, timeout=60)

    def push(self, layout, image, creds):
        return self.run('copy', '--dest-tls-verify=false', '--dest-creds',
                        creds, 'oci:' + layout, image)

    def pull(self, image, creds):
        """Into a new folder, so that nothing is there already."""
        self.pulled += 1
        return self.run('copy', '--src-tls-verify=false', '--src-creds',
                        creds, image, 'dir:' + self.pulled_dir())

    def pulled_dir(self):
        """Where the last pull went."""
        return os.path.join(self.dir, 'pulled-%d' % self.pulled)

    def delete(self, image, creds):
        return self.run('delete', '--tls-verify=false', '--creds', creds,
                        image)


class Rsyslogd(Program):
    """A real syslog daemon with one socket, which writes to one file."""

    def __init__(self, dir, name='rsyslogd'):
        super().__init__(dir, name)
        self.socket = os.path.join(dir, 'log.sock')
        self.file = os.path.join(dir, 'syslog')
        self.conffile = os.path.join(dir, name + '.conf')
        with open(self.conffile, 'w') as f:
            f.write(RSYSLOG % {'dir': dir, 'socket': self.socket,
                               'file': self.file})

    def start(self):
        self.spawn([program('rsyslogd'), '-n', '-i', 'NONE', '-f',
                    self.conffile])
        self.wait_up(lambda: os.path.exists(self.socket))
        return self

    def lines(self):
        try:
            with open(self.file) as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []


RSYSLOG = '''\
global(workDirectory="%(dir)s")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="%(socket)s" RateLimit.Interval="0")
template(name="line" type="string"
    string="%%syslogfacility-text%%.%%syslogseverity-text%% %%syslogtag%%%%msg%%\\n")
action(type="omfile" file="%(file)s" template="line")
'''


def oci_image(dir, text='hello'):
    """Writes an OCI layout with one layer, a file with `text`: its path."""
    layout = os.path.join(dir, 'image-' + hashlib.sha256(
        text.encode()).hexdigest()[:8])
    blobs = os.path.join(layout, 'blobs', 'sha256')
    os.makedirs(blobs, exist_ok=True)

    def blob(data, media_type):
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(blobs, digest), 'wb') as f:
            f.write(data)
        return {'mediaType': media_type, 'digest': 'sha256:' + digest,
                'size': len(data)}

    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode='w') as t:
        member = tarfile.TarInfo('motd')
        member.size = len(text.encode())
        t.addfile(member, io.BytesIO(text.encode()))
    oci = 'application/vnd.oci.image.'
    layer = blob(gzip.compress(tar.getvalue(), mtime=0),
                 oci + 'layer.v1.tar+gzip')
    config = blob(json.dumps({
        'architecture': 'amd64', 'os': 'linux', 'config': {},
        'rootfs': {'type': 'layers', 'diff_ids': [
            'sha256:' + hashlib.sha256(tar.getvalue()).hexdigest()]},
    }).encode(), oci + 'config.v1+json')
    manifest = blob(json.dumps({
        'schemaVersion': 2, 'mediaType': oci + 'manifest.v1+json',
        'config': config, 'layers': [layer]}).encode(),
        oci + 'manifest.v1+json')
    with open(os.path.join(layout, 'oci-layout'), 'w') as f:
        json.dump({'imageLayoutVersion': '1.0.0'}, f)
    with open(os.path.join(layout, 'index.json'), 'w') as f:
        json.dump({'schemaVersion': 2, 'manifests': [manifest]}, f)
    return layout
