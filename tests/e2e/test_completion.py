"""What the shells offer behind patrolctl: asked in the real bash, zsh, fish."""
import os
import subprocess

import pytest

from patrol import BUILD, DEADLINE, TOP, program

SCRIPTS = os.path.join(TOP, 'etc', 'completions')

BASH = '''
source "$1/patrolctl.bash"
shift
compopt() { echo FILES; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_patrolctl
printf '%s\\n' "${COMPREPLY[@]}"
'''
ZSH = '''
file=$1/_patrolctl
shift
words=("$@") CURRENT=$#
_files() { echo FILES }
_describe() { print -l -- ${(P)2} }
complete_it() { source $file }
complete_it
'''
FISH = '''
source $argv[1]/patrolctl.fish
function __fish_complete_path; echo FILES; end
complete -C (string join ' ' -- $argv[2..-1])
'''


def offers(place, shell, *words):
    """The words that a shell offers for the last of some."""
    argv = {'bash': ['bash', '--norc', '-c', BASH, 'bash'],
            'zsh': ['zsh', '-f', '-c', ZSH, 'zsh'],
            'fish': [program('fish'), '--no-config', '-c', FISH]}[shell]
    env = dict(os.environ, PATH=BUILD + ':' + os.environ['PATH'],
               HOME=place.dir, XDG_CONFIG_HOME=place.dir,
               XDG_DATA_HOME=place.dir)
    r = subprocess.run([*argv, SCRIPTS, 'patrolctl', *words], env=env,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       universal_newlines=True, timeout=DEADLINE)
    assert r.returncode == 0 or shell == 'zsh', r.stderr
    assert 'syntax' not in r.stderr, r.stderr
    lines = [line for line in r.stdout.splitlines() if line]
    if shell == 'zsh':          # word:help, a colon of the word behind \
        return [line.replace('\\:', '\0').split(':')[0].replace('\0', ':')
                for line in lines]
    return [line.split('\t')[0] for line in lines]


SHELLS = pytest.mark.parametrize('shell', ['bash', 'zsh', 'fish'])


@SHELLS
def test_a_noun_then_a_verb_then_its_options(place, shell):
    assert 'token' in offers(place, shell, 'to')
    verbs = offers(place, shell, 'token', '')
    assert {'create', 'list', 'show', 'deactivate'} <= set(verbs)
    assert 'verify' not in verbs
    options = offers(place, shell, 'token', 'create', '--')
    assert '--account' in options and '--state' not in options
    assert '--state' in offers(place, shell, 'token', 'list', '--')


@SHELLS
def test_the_words_that_a_place_may_have(place, shell):
    got = offers(place, shell, 'rule', 'mode', 'x', '')
    assert {'off', 'simulate', 'alert', 'enforce'} <= set(got)


@SHELLS
def test_files_where_files_go(place, shell):
    assert offers(place, shell, 'rule', 'check', '') == ['FILES']


@SHELLS
def test_nothing_where_nothing_can_be(place, shell):
    assert offers(place, shell, 'nonsense', '') == []
