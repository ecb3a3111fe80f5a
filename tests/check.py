#!/usr/bin/env python3
"""check - runs every test there is and counts.

    tests/check.py --build BUILD [--only unit|conformance|e2e|torture]
        PROGRAM...

First who may include whom (layers.py), then the programs given: unit tests,
and fuzz targets (fuzz-*) over their seeds; then with BUILD's programs the
engine against the evaluator (conformance), and the end-to-end tests.  Each
part runs whatever the one before found.  The last line is the sum,
"N passed, N failed"; the exit status is 1 if anything failed.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CMOCKA_ENDS = re.compile(r'^\[  (PASSED|FAILED)  \] (\d+) test\(s\)', re.M)


class Sum:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, what, passed, failed, skipped=0):
        """One part's counts, told in a line."""
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        print('%-28s %4d passed, %d failed%s' % (
            what, passed, failed,
            ', %d skipped' % skipped if skipped else ''), flush=True)


def run(argv, env):
    r = subprocess.run(argv, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, env=env, timeout=600)
    return r.returncode, r.stdout.decode(errors='replace')


def run_single(total, what, argv, env):
    """A program that is one test: it exits with 0 or tells why not."""
    status, said = run(argv, env)
    if status != 0:
        print(said, end='')
    total.add(what, status == 0, status != 0)


def run_unit(total, path, env):
    """A cmocka program; one that dies before its end has failed once."""
    try:
        status, said = run([path], env)
    except subprocess.TimeoutExpired:
        status, said = -1, 'timed out\n'
    counts = {'PASSED': 0, 'FAILED': 0}
    for word, n in CMOCKA_ENDS.findall(said):
        counts[word] += int(n)
    if status != 0 and counts['FAILED'] == 0:
        counts['FAILED'] = 1
    if status != 0:
        print(said, end='')
    total.add(os.path.basename(path), counts['PASSED'], counts['FAILED'])


def run_program(total, path, env):
    name = os.path.basename(path)
    if name.startswith('fuzz-'):
        fuzz = os.path.join(TOP, 'tests', 'fuzz', 'fuzz.py')
        run_single(total, name, [sys.executable, fuzz, '--replay', path], env)
    else:
        run_unit(total, path, env)


def run_pytest(total, what, env):
    """A folder of tests/ with tests of pytest."""
    with tempfile.NamedTemporaryFile(suffix='.xml') as report:
        subprocess.run(
            [sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider',
             '--junitxml', report.name, os.path.join(TOP, 'tests', what)],
            env=env, cwd=TOP)
        try:
            suite = xml.etree.ElementTree.parse(report.name).getroot()[0]
        except (xml.etree.ElementTree.ParseError, IndexError):
            total.add(what, 0, 1)
            return
    n, bad, skipped = [int(suite.get(k)) for k in
                       ('tests', 'failures', 'skipped')]
    bad += int(suite.get('errors'))
    total.add(what, n - bad - skipped, bad, skipped)


def environment(build):
    """A sanitized build ends at its first fault and looks for leaks."""
    env = dict(os.environ, PATROL_BUILD=build, LC_ALL='C.UTF-8',
               PYTHONDONTWRITEBYTECODE='1')
    env.setdefault('ASAN_OPTIONS', 'detect_leaks=1')
    env.setdefault('UBSAN_OPTIONS', 'print_stacktrace=1')
    env.setdefault('TSAN_OPTIONS', 'second_deadlock_stack=1 history_size=4')
    return env


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', default='build')
    parser.add_argument('--only', choices=('unit', 'conformance', 'e2e',
                                           'torture'))
    parser.add_argument('program', nargs='*')
    args = parser.parse_args()
    env = environment(args.build)
    total = Sum()
    if args.only in (None, 'unit'):
        layers = os.path.join(TOP, 'tests', 'layers.py')
        run_single(total, 'layers', [sys.executable, layers], env)
        run_single(total, 'layers --self-test',
                   [sys.executable, layers, '--self-test'], env)
        for path in args.program:
            run_program(total, path, env)
    for what in ('conformance', 'e2e'):
        if args.only in (None, what):
            run_pytest(total, what, env)
    if args.only == 'torture':
        for what in ('torture', 'disk', 'damage'):
            run_pytest(total, 'e2e/test_%s.py' % what, env)
    print('%d passed, %d failed' % (total.passed, total.failed))
    return total.failed != 0


if __name__ == '__main__':
    sys.exit(main())
