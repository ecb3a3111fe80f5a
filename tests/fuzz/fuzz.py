#!/usr/bin/env python3
"""fuzz - runs the fuzz targets, each for a while, and tells what was found.

    tests/fuzz/fuzz.py --build BUILD [--time SECONDS] [--jobs N] NAME...
    tests/fuzz/fuzz.py --replay PROGRAM

A target is a program BUILD/tests/fuzz/fuzz-NAME that is linked with libFuzzer.
It begins with the seeds and with what earlier runs kept in
BUILD/corpus/NAME; its log goes to BUILD/log/NAME and an input that it fails
with to BUILD/findings/NAME.  The exit status is 1 if there is any.  `doors`
is doors.py with BUILD's patrold.

With --replay a target (linked with replay.c) runs over its seeds only.
An input once found is put into tests/fuzz/seeds/NAME with its fix.
"""
import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
INPUT_MAX = 4096                # FUZZ_MAX of fuzz.h

# Seeds that stand elsewhere in the tree, beside seeds/NAME.
ELSEWHERE = {
    'rules': ['rules'],
    'envelope': ['tests/fixtures/registry'],
    'conf': ['etc/patrold.yaml'],
}
# dict/NAME.dict, where a target has none of its own.
DICTIONARIES = {'match': 'rules', 'use': 'json', 'envelope': 'json',
                'control': 'json', 'answer': 'json', 'alert': 'json'}


def name_of(target):
    return os.path.basename(target)[len('fuzz-'):]


def seeds(name):
    """Files and folders to begin with."""
    paths = [os.path.join(HERE, 'seeds', name)]
    paths += [os.path.join(TOP, p) for p in ELSEWHERE.get(name, ())]
    return [p for p in paths if os.path.exists(p)]


def files(paths):
    for path in paths:
        if os.path.isdir(path):
            for below, _, names in sorted(os.walk(path)):
                for name in sorted(names):
                    yield os.path.join(below, name)
        else:
            yield path


def replay(target):
    paths = seeds(name_of(target))
    if not paths:
        print('%s: no seeds' % target)
        return 1
    return subprocess.call([target] + paths)


class Run:
    """One target, fuzzed."""

    def __init__(self, build, name, seconds):
        self.build, self.name, self.seconds = build, name, seconds
        self.target = os.path.join(build, 'tests', 'fuzz', 'fuzz-' + name)
        self.corpus, self.findings = [
            os.path.join(build, kind, self.name)
            for kind in ('corpus', 'findings')]
        self.log = os.path.join(build, 'log', self.name)
        for path in (self.corpus, self.findings, os.path.dirname(self.log)):
            os.makedirs(path, exist_ok=True)

    def command(self):
        if self.name == 'doors':
            return [sys.executable, os.path.join(HERE, 'doors.py'),
                    '--build', self.build, '--time', str(self.seconds)]
        begin = os.path.join(os.path.dirname(self.log), self.name + '.seeds')
        with open(begin, 'w') as f:
            f.write(','.join(files(seeds(self.name))))
        argv = [self.target, '-max_total_time=%d' % self.seconds,
                '-max_len=%d' % INPUT_MAX, '-timeout=25',
                '-rss_limit_mb=2048', '-print_final_stats=1',
                '-artifact_prefix=%s/' % self.findings]
        if os.path.getsize(begin) > 0:
            argv.append('-seed_inputs=@' + begin)
        words = os.path.join(HERE, 'dict', '%s.dict' % DICTIONARIES.get(
            self.name, self.name))
        if os.path.exists(words):
            argv.append('-dict=' + words)
        return argv + [self.corpus]

    def run(self):
        before = set(os.listdir(self.findings))
        with open(self.log, 'wb') as log:
            self.status = subprocess.call(self.command(), stdout=log,
                                          stderr=subprocess.STDOUT)
        self.found = sorted(set(os.listdir(self.findings)) - before)
        with open(self.log, errors='replace') as log:
            self.said = log.read()
        return self

    def number(self, pattern):
        """The last number that the log has by that pattern."""
        all_of_it = re.findall(pattern, self.said)
        return int(all_of_it[-1]) if all_of_it else 0

    def failed(self):
        return self.status != 0 or bool(self.found)

    def row(self):
        return '%-10s %12d %9s %9s %9d' % (
            self.name,
            self.number(r'number_of_executed_units: *(\d+)') or
            self.number(r'(?m)^#(\d+)'),
            self.number(r' cov: (\d+)') or '-',
            self.number(r' ft: (\d+)') or '-',
            max(len(self.found), self.failed()))

    def why(self):
        """Where the fault showed, for who reads the terminal."""
        lines = re.findall(
            r'(?m)^.*(?:ERROR|SUMMARY|runtime error|does not hold|'
            r'seed: |AssertionError).*$',
            self.said)
        return '\n'.join(
            ['', '%s failed (%s):' % (self.name, self.log)] +
            ['    ' + line for line in lines[:6]] +
            ['    again: %s %s' % (self.target,
                                   os.path.join(self.findings, name))
             for name in self.found])


def environment():
    """A sanitizer ends the program at its first fault."""
    os.environ.setdefault('ASAN_OPTIONS', 'detect_leaks=1')
    os.environ.setdefault('UBSAN_OPTIONS',
                          'print_stacktrace=1:halt_on_error=1')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', default='build/fuzz')
    parser.add_argument('--time', type=int, default=60)
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--replay', action='store_true')
    parser.add_argument('target', nargs='+', metavar='NAME')
    args = parser.parse_args()
    environment()
    if args.replay:
        return max(replay(t) for t in args.target)
    runs = [Run(args.build, t, args.time) for t in args.target]
    print('%-10s %12s %9s %9s %9s' % ('target', 'executions', 'coverage',
                                      'features', 'findings'), flush=True)
    with ThreadPoolExecutor(args.jobs) as pool:
        for run in pool.map(Run.run, runs):
            print(run.row(), flush=True)
    for run in runs:
        if run.failed():
            print(run.why())
    return any(run.failed() for run in runs)


if __name__ == '__main__':
    sys.exit(main())
