"""Each test has a place of its own; the logs are shown when it fails."""
import os
import shutil
import signal
import tempfile

import pytest

import patrol


# A shell's background job ignores it, and so would all that is started here.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Place:
    """A short directory (a Unix socket's path has 107 bytes) and the
    programs that run in it."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix='patrol-test-')
        self.programs = []
        self.own = set()            # files of the test, not of a program

    def add(self, program):
        self.programs.append(program)
        return program

    def patrold(self, conf=None, **more):
        """A patrold, started, with the accounts alice and bob."""
        p = self.add(patrol.Patrold(self.dir, conf, **more)).start()
        p.account('alice')
        p.account('bob')
        return p

    def registry(self, patrold, name='registry'):
        return self.add(patrol.Registry(self.dir, patrold, name)).start()

    def nginx(self, verify_port, registry):
        return self.add(patrol.Nginx(self.dir, verify_port, registry)).start()

    def docker(self):
        d = patrol.Docker(self.dir)
        # The client keeps what it signed in with, and is not ours to judge.
        self.own.add(os.path.join(d.home, 'config.json'))
        return d

    def rsyslogd(self):
        return self.add(patrol.Rsyslogd(self.dir)).start()

    def skopeo(self):
        return patrol.Skopeo(self.dir)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), 'w') as f:
            f.write(text)
        self.own.add(self.path(name))
        return self.path(name)

    def logs(self):
        return [(p.name, p.log()) for p in self.programs]

    def sweep(self):
        """No secret that was made is in any file that is left: the store,
        logs, alerts, spools, what rsyslogd and the registry wrote."""
        forms = [form for p in self.programs
                 for secret in getattr(p, 'secrets', ())
                 for form in patrol.revealing(secret)]
        for folder, _, names in os.walk(self.dir) if forms else ():
            for path in (os.path.join(folder, name) for name in names):
                if path in self.own or not os.path.isfile(path):
                    continue
                with open(path, 'rb') as f:
                    text = f.read()
                found = [form for form in forms if form in text]
                assert not found, '%s holds %s' % (path, found)

    def end(self):
        """Ends all; the first fault of an ending is raised when all have."""
        fault = None
        for end in [p.stop for p in reversed(self.programs)] + [self.sweep]:
            try:
                end()
            except AssertionError as e:
                fault = fault or e
        shutil.rmtree(self.dir, ignore_errors=True)
        if fault is not None:
            raise fault


@pytest.fixture
def place():
    p = Place()
    yield p
    p.end()


@pytest.fixture
def patrold(place):
    return place.patrold()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == 'call' and report.failed and 'place' in item.funcargs:
        for name, log in item.funcargs['place'].logs():
            report.sections.append(('log of ' + name, log[-20000:]))
