"""The rows of the commands that list and change tokens: see test_commands."""
import collections
import shlex

Row = collections.namedtuple('Row', 'role words exit text')


def rows(*table):
    return [Row(*row) for row in table]


def each_role(command, text, *roles):
    """For those whose role has no part in a command: refused."""
    return [Row(role, command, 1, text) for role in roles]


def anybody(command, text='', exit=0):
    """For those that are done without a daemon."""
    return [Row(role, command, exit, text) for role in
            ('admin', 'analyst', 'viewer', 'owner', 'stranger')]


FILTERED = {        # option: what is accepted; what is refused, and how
    '--account': ('alice', '', '--account: is empty'),
    '--state': ('active', 'on', 'active|inactive|expired|deleted'),
    '--kind': ('manual', 'robot', 'manual|auto|honey|foreign'),
    '--scope': ('read', 'admin', 'public-read|read|write|delete'),
    '--label': ('ci', ' ', 'label: is empty'),
    '--registry': ('hub', '', '--registry: is empty'),
    '--created-after': ('90d', 'soon', 'created_after: a span such as 90d'),
    '--created-before': ('2027-01-31T00:00:00Z', '2027-01-31',
                         'created_before: a span'),
    '--expires-after': ('7d', 'x', 'expires_after: a span'),
    '--expires-before': ('7d', '7', 'expires_before: a span'),
    '--never-expires': ('', '=1', 'takes no value'),
    '--last-used-after': ('1h', '-1h', 'used_after: a span'),
    '--last-used-before': ('1h', '1 h', 'used_before: a span'),
    '--unused-since': ('90d', 'never', 'unused_since: a span'),
    '--never-used': ('', '=yes', 'takes no value'),
    '--from': ('192.0.2.0/24', '192.0.2.1/24', '192.0.2.0/24'),
    '--text': ('laptop', 'x' * 257, 'text: 1 to 256 bytes'),
}


def option(name, value):
    if value == '' and name.startswith('--never'):
        return name
    return name + value if value.startswith('=') else '%s %s' % (
        name, shlex.quote(value))


def filter_options():
    for name, (good, _, _) in FILTERED.items():
        yield name, ' ' + option(name, good)


def refused_filters(command):
    for name, (_, bad, text) in FILTERED.items():
        usage = '|' in text or text.startswith(('takes', '--'))
        yield Row('admin', '%s %s' % (command, option(name, bad)),
                  2 if usage else 1, text)


def changes(verb, state, from_, refused, text):
    """Rows of a command that changes the state, of one and of many."""
    command = 'token ' + verb
    yield from rows(
        ('admin', '%s {%s}' % (command, from_), 0, 'is ' + state),
        ('admin', '%s {%s} --reason moved' % (command, from_), 0, state),
        ('admin', '%s {%s}' % (command, refused), 1, text),
        ('admin', command + ' pat_nosuchtoken1', 1, 'no token'),
        ('admin', command, 2, 'wants ID, or a filter'),
        ('admin', command + ' --reason x', 2, 'wants ID, or a filter'),
        ('admin', command + ' --yes', 2, 'wants ID, or a filter'),
        ('admin', command + ' --yes=1 {active}', 2, 'takes no value'),
        ('admin', command + ' {active} --reason', 2, 'wants TEXT'),
        ('admin', command + ' {active} --state active', 2, 'not both'),
        ('admin', command + ' --state %s --text {%s}' % (
            'active' if from_ == 'active' else 'inactive', from_), 2,
         'say --yes'),
        ('admin', command + ' --text {%s} --yes' % from_, 0,
         '1 token is now ' + state),
        ('admin', command + ' --account nobody-here --yes', 0, '0 tokens'),
        ('analyst', '%s {%s}' % (command, from_), 1, 'role admin or owner'),
        ('viewer', '%s {%s}' % (command, from_), 1, 'role admin or owner'),
        ('stranger', '%s {%s}' % (command, from_), 1, 'role admin or owner'),
        ('stranger', command + ' --state active --yes', 1,
         'role admin or owner'),
        ('owner', '%s {other}' % command, 1, 'no token'),
        ('owner', command + ' --account alice --yes', 0, '0 tokens'),
    )
    for name, words in filter_options():
        nobody = '' if name == '--account' else ' --account nobody-here'
        yield Row('admin', command + words.replace('alice', 'nobody-here')
                  + nobody, 0, '0 tokens would be ' + state)
    yield from refused_filters(command)


ROWS = rows(
    # --- token list ------------------------------------------------------
    ('admin', 'token list', 0, 'token'),
    ('analyst', 'token list', 0, ''),
    ('viewer', 'token list', 0, ''),
    ('owner', 'token list', 0, ''),
    ('stranger', 'token list', 1, 'role viewer or owner'),
    ('admin', 'token list --sort last-used', 0, ''),
    ('admin', 'token list --sort size', 2, 'made|id|account|created'),
    ('admin', 'token list --reverse', 0, ''),
    ('admin', 'token list --reverse=1', 2, 'takes no value'),
    ('admin', 'token list --limit 1', 0, ''),
    ('admin', 'token list --limit 0', 2, 'a number from 1 on'),
    ('admin', 'token list --limit 9999999999', 1, 'limit: a number from 1'),
    ('admin', 'token list --after bWFkZToxOjppZA', 0, ''),
    ('admin', 'token list --after x', 1, 'no place in a list sorted'),
    ('admin', 'token list --after bWFkZToxOjppZA --reverse', 1, 'no place'),
    ('admin', 'token list --after bWFkZToxOjppZA --sort id', 1, 'no place'),
    ('admin', 'token list extra', 2, 'one word too many'),
    ('admin', 'token list --csv', 0, 'id,account,kind,'),
    ('admin', 'token list --csv --json', 2, 'exclude each other'),
    ('admin', 'token list --csv -q', 2, 'exclude each other'),
    ('admin', 'token show {active} --csv', 2, 'is no list'),
    ('admin', 'token list --text {honey}', 0, 'honey'),
    ('owner', 'token list --text {own}', 0, '1 token: 1 active'),
    ('owner', 'token list --text {other}', 0, 'no tokens'),
    ('owner', 'token list --account alice', 0, 'no tokens'),
    ('admin', 'token list --text {paused}', 0, 'inactive until '),
    ('admin', 'token list --text {deleted}', 0, 'no tokens'),
    ('admin', 'token list --text {deleted} --state deleted', 0, '1 token'),
    ('admin', 'token list --text {foreign} --scope read', 0, 'no tokens'),

    # --- token edit ------------------------------------------------------
    ('admin', 'token edit {active} --description desk', 0, '(desk) is act'),
    ('admin', 'token edit {active} --description ' + 'x' * 256, 0, ''),
    ('admin', 'token edit {active} --description ' + 'x' * 257, 1,
     'description: 257 bytes, at most 256'),
    ('admin', 'token edit {active} --scope write', 0, ''),
    ('admin', 'token edit {active} --scope admin', 1, 'admin'),
    ('admin', "token edit {active} --scope 'read a/*=write'", 1,
     'bounds all patterns'),
    ('admin', 'token edit {foreign} --scope read', 1, 'issued elsewhere'),
    ('owner', 'token edit {own} --scope public-read', 0, ''),
    ('owner', 'token edit {own} --scope write', 1, 'may narrow its scope'),
    ('owner', "token edit {own} --scope 'read a/*=read'", 0, ''),
    ('admin', 'token edit {active} --label a --label b', 0, ''),
    ('admin', 'token edit {active} --label ' + 'x' * 64, 0, ''),
    ('admin', 'token edit {active} --label ' + 'x' * 65, 1, '1 to 64 bytes'),
    ('admin', 'token edit {active} --no-labels', 0, ''),
    ('admin', 'token edit {active} --no-labels --label x', 2,
     '--no-labels and --label exclude'),
    ('admin', 'token edit {active} --add-label protected', 0, ''),
    ('owner', 'token edit {own} --add-label protected', 1, 'role admin'),
    ('owner', 'token edit {own} --add-label mine', 0, ''),
    ('admin', 'token edit {active} --add-label ' + 'y' * 65, 1, '1 to 64'),
    ('admin', 'token edit {active} --drop-label ci', 0, ''),
    ('admin', 'token edit {active} --drop-label', 2, 'wants LABEL'),
    ('admin', 'token edit {active} --allow-from 192.0.2.0/24 '
     '--allow-from 2001:db8::/32', 0, 'is active'),
    ('admin', 'token edit {active} --allow-from 192.0.2.1/24', 1,
     'the network is 192.0.2.0/24'),
    ('owner', 'token edit {own} --allow-from 192.0.2.7', 0, ''),
    ('owner', 'token edit {ownbound} --allow-from 0.0.0.0/0', 1,
     'may narrow its limits'),
    ('admin', 'token edit {ownbound} --from-anywhere', 0, ''),
    ('owner', 'token edit {ownbound} --from-anywhere', 1, 'role admin'),
    ('admin', 'token edit {active} --from-anywhere --allow-from ::1', 2,
     'exclude each other'),
    ('admin', 'token edit {active} --idle-expires 30d', 0, ''),
    ('admin', 'token edit {active} --idle-expires soon', 1,
     'idle_expires: a span'),
    ('owner', 'token edit {ownbound} --idle-expires 31d', 1, 'role admin'),
    ('admin', 'token edit {ownbound} --no-idle-expires', 0, ''),
    ('owner', 'token edit {ownbound} --no-idle-expires', 1, 'role admin'),
    ('admin', 'token edit {active} --max-uses 5', 0, ''),
    ('admin', 'token edit {active} --max-uses 0', 2, 'a number from 1 on'),
    ('admin', 'token edit {active} --max-uses 1000000001', 1, 'max_uses: '),
    ('owner', 'token edit {ownbound} --max-uses 6', 1, 'role admin'),
    ('admin', 'token edit {ownbound} --no-max-uses', 0, ''),
    ('owner', 'token edit {ownbound} --no-max-uses', 1, 'role admin'),
    ('admin', 'token edit {expired} --max-uses 5', 1, 'expired for good'),
    ('admin', 'token edit {honey} --max-uses 5', 1, 'is a trap'),
    ('admin', 'token edit {foreign} --max-uses 5', 1, 'issued elsewhere'),
    ('admin', 'token edit {deleted} --description x', 1, 'is deleted'),
    ('admin', 'token edit {inactive} --description x', 0, 'is inactive'),
    ('admin', 'token edit {active}', 1, 'what is to be changed'),
    ('admin', 'token edit', 2, 'wants ID'),
    ('analyst', 'token edit {active} --description x', 1, 'role admin or'),
    ('viewer', 'token edit {active} --description x', 1, 'role admin or'),
    ('stranger', 'token edit {active} --description x', 1, 'role admin or'),
    ('owner', 'token edit {other} --description x', 1, 'no token'),

    # --- what changes the state ------------------------------------------
    ('admin', 'token deactivate {active} --for 2h', 0, 'inactive until 2'),
    ('admin', 'token deactivate {active} --for soon', 1, 'a span such as'),
    ('admin', 'token deactivate {active} --for 0s', 1, 'a span such as'),
    ('admin', 'token deactivate {paused} --for 3h', 0, 'inactive until 2'),
    ('admin', 'token deactivate {paused}', 0, 'is inactive\n'),
    ('admin', 'token activate {paused}', 0, 'is active'),
    ('admin', 'token deactivate {inactive} --for 3h', 1, 'already'),
    ('owner', 'token deactivate {own} --for 2h', 0, 'inactive until 2'),
    ('owner', 'token activate {ownoff}', 1, 'an admin can activate it'),
    ('owner', 'token deactivate {ownpaused} --for 1s', 1,
     'an admin can activate it'),
    ('owner', 'token deactivate {ownpaused}', 1, 'an admin can activate it'),
    ('owner', 'token activate --text {ownoff} --yes', 0, '0 tokens'),
    ('owner', 'token delete {own}', 0, 'is deleted'),
    ('owner', 'token expire {own}', 0, 'is expired'),
    ('admin', 'token delete {expired}', 0, 'is deleted'),
    ('admin', 'token deactivate --text {inactive} --for 1h --yes', 0,
     '0 tokens are now inactive; 1 other that matches stays as it is'),
    ('admin', 'token activate {active} --for 2h', 2, "unknown option '--for'"),
)
ROWS += changes('activate', 'active', 'inactive', 'expired', 'cannot become')
ROWS += changes('deactivate', 'inactive', 'active', 'expired',
                'cannot become')
ROWS += changes('expire', 'expired', 'active', 'deleted', 'cannot become')
ROWS += changes('delete', 'deleted', 'active', 'deleted', 'already')
ROWS += [Row('admin', 'token list' + words, 0, '')
         for _, words in filter_options()]
ROWS += refused_filters('token list')
