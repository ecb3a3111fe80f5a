"""The rows of all commands but those of rows_tokens: see test_commands."""
from rows_tokens import anybody, each_role, rows

NOT_ADMIN = ('analyst', 'viewer', 'owner', 'stranger')
NO_VIEWER = ('owner', 'stranger')


def changers(command, *roles):
    return each_role(command, 'needs the role admin', *roles)


def paged(command, role='admin'):
    """--limit and --before of lists that the store keeps."""
    return rows(
        (role, command + ' --limit 1', 0, ''),
        (role, command + ' --limit 0', 2, '--limit: a number from 1 on'),
        (role, command + ' --limit 1001', 1, 'limit: a number from 1 to 1000'),
        (role, command + ' --limit', 2, '--limit wants N'),
        (role, command + ' --before 1', 0, ''),
        (role, command + ' --before 0', 2, '--before: a number from 1 on'))


def timed(command):
    return rows(
        ('admin', command + ' --since 7d', 0, ''),
        ('admin', command + ' --since soon', 1, 'since: a span before now'),
        ('admin', command + ' --until 1h --since 2h', 0, ''),
        ('admin', command + ' --until soon', 1, 'until: a span before now'),
        ('admin', command + ' --since 1h --until 2h', 1,
         'until: must be after since'))


def narrowed(command, *names):
    """Options with a text: one that narrows, and an empty one."""
    for name, good in names:
        yield from rows(
            ('admin', "%s %s '%s'" % (command, name, good), 0, ''),
            ('admin', "%s %s ''" % (command, name), 2, name + ': is empty'))


USES = (('--account', 'alice'), ('--token', 'tok-live'),
        ('--registry', 'hub'), ('--action', 'pull'), ('--reason', 'scope'),
        ('--repository', 'alice/*'), ('--client', 'CURL'),
        ('--text', 'registry'), ('--ip', '192.0.2.0/24'),
        ('--outcome', 'denied'))


def of_uses(command):
    yield from narrowed(command, *USES)
    yield from rows(
        ('admin', command + ' --outcome won', 2, 'success|denied|failure'),
        ('admin', command + ' --ip 192.0.2.1/24', 1, '192.0.2.0/24'),
        ('admin', command + ' --text a --text b', 2, 'given twice'))


ACCOUNTS = rows(
    ('admin', 'account add {newname}', 0, 'enabled'),
    ('admin', 'account add alice', 1, 'exists already'),
    ('admin', 'account add Not/One', 1, '1 to 64 of a-z'),
    ('admin', 'account add', 2, 'wants NAME'),
    ('admin', 'account add {newname} --two-factor', 0, 'tokens only'),
    ('admin', 'account add {newname} --two-factor=no', 2, 'takes no value'),
    *changers('account add {newname}', *NOT_ADMIN),

    ('admin', 'account list', 0, 'alice'),
    ('analyst', 'account list', 0, 'alice'),
    ('viewer', 'account list', 0, 'alice'),
    ('admin', 'account list alice', 2, 'one word too many'),
    *each_role('account list', 'needs the role viewer', *NO_VIEWER),

    ('admin', 'account show alice', 0, 'enabled'),
    ('analyst', 'account show alice', 0, 'enabled'),
    ('viewer', 'account show alice', 0, 'enabled'),
    ('owner', 'account show news', 0, 'enabled'),
    ('owner', 'account show alice', 1, "no account 'alice'"),
    ('admin', 'account show nosuch', 1, "no account 'nosuch'"),
    ('admin', 'account show', 2, 'wants NAME'),
    ('stranger', 'account show nobody', 1, 'role viewer or owner'),

    ('admin', 'account set {account} --disabled yes', 0, 'disabled'),
    ('admin', 'account set {account} --disabled off', 2, 'yes|no'),
    ('admin', 'account set {account} --two-factor yes', 0, 'tokens only'),
    ('admin', 'account set {account} --two-factor on', 2, 'yes|no'),
    ('admin', 'account set {account}', 1, 'what is to be changed?'),
    ('admin', 'account set nosuch --disabled yes', 1, "no account 'nosuch'"),
    *changers('account set {account} --disabled yes', *NOT_ADMIN),
    *changers('account set news --two-factor no', 'owner'),
)

TOKENS = rows(
    ('admin', 'token create --account alice', 0, 'shown once'),
    ('admin', 'token create', 2, 'needs --account NAME'),
    ('admin', 'token create --account nosuch', 1, 'account add'),
    ('owner', 'token create --account news', 0, 'shown once'),
    ('owner', 'token create --account alice', 1, 'their own account'),
    *each_role('token create --account alice', 'role admin or owner',
               'analyst', 'viewer', 'stranger'),
    *[(r, 'token create --account %s %s' % (a, o), e, t)
      for r, a, o, e, t in (
        ('admin', 'alice', '--description desk', 0, 'desk'),
        ('admin', 'alice', '--description ' + 'x' * 257, 1, 'at most 256'),
        ('admin', 'alice', "--scope 'write alice/*=read'", 0, 'alice/*'),
        ('admin', 'alice', '--scope admin', 1, 'is not a scope'),
        ('admin', 'alice', '--expires 90d', 0, 'in 90 d'),
        ('admin', 'alice', '--expires soon', 1, 'expires: a span such as'),
        ('admin', 'alice', '--expires 2020-01-01T00:00:00Z', 1, 'lie ahead'),
        ('admin', 'alice', '--idle-expires 30d', 0, '30 d'),
        ('admin', 'alice', '--idle-expires 1', 1, 'idle_expires: a span'),
        ('admin', 'alice', '--max-uses 1', 0, '0 of 1 taken'),
        ('admin', 'alice', '--max-uses 0', 2, 'a number from 1 on'),
        ('admin', 'alice', '--allow-from 192.0.2.0/24 '
         '--allow-from 2001:db8::/32', 0, '192.0.2.0/24 2001:db8::/32'),
        ('admin', 'alice', '--allow-from 192.0.2.1/24', 1, '192.0.2.0/24'),
        ('admin', 'alice', '--auto', 0, 'auto-generated'),
        ('owner', 'news', '--auto', 0, 'auto-generated'),
        ('admin', 'alice', '--auto --honey', 2, 'exclude each other'),
        ('admin', 'alice', '--honey', 0, 'a trap'),
        ('owner', 'news', '--honey', 1, 'needs the role admin'),
        ('admin', 'alice', '--count 2', 0, 'shown once'),
        ('admin', 'alice', '--count 1001', 2, 'at most 1000'),
        ('admin', 'alice', '--label ci --label protected', 0,
         'ci protected'),
        ('admin', 'alice', "--scope 'read alice/*=write'", 1,
         'bounds all patterns'),
        ('owner', 'news', '--label protected', 1, 'needs the role admin'),
        ('admin', 'alice', '--label ' + 'x' * 65, 1, '1 to 64 bytes'))],

    ('admin', 'token show {active} {expired}', 0, 'expired'),
    ('admin', 'token show pat_nosuch', 1, "no token 'pat_nosuch'"),
    ('admin', 'token show', 2, 'wants ID'),
    ('admin', 'token show {deleted}', 0, 'deleted'),
    ('analyst', 'token show {active}', 0, 'laptop'),
    ('viewer', 'token show {honey}', 0, 'a trap'),
    ('owner', 'token show {own}', 0, 'laptop'),
    ('owner', 'token show {other}', 1, 'no token'),
    ('owner', 'token show {ownhoney}', 1, 'no token'),
    ('stranger', 'token show {active}', 1, 'role viewer or owner'),

    ('admin', 'token rename {active} desk', 0, '(desk)'),
    ('admin', "token rename {active} ''", 0, 'is active'),
    ('admin', 'token rename {active} ' + 'x' * 257, 1, 'at most 256'),
    ('admin', 'token rename {active}', 2, 'wants DESCRIPTION'),
    ('admin', 'token rename {deleted} desk', 1, 'is deleted'),
    ('owner', 'token rename {own} desk', 0, '(desk)'),
    ('owner', 'token rename {other} desk', 1, 'no token'),
    *each_role('token rename {active} desk', 'role admin or owner',
               'analyst', 'viewer', 'stranger'),

    ('admin', 'token rotate {active}', 0, 'works no longer'),
    ('admin', 'token rotate {expired}', 1, 'expired for good'),
    ('admin', 'token rotate {foreign}', 1, 'not issued here'),
    ('admin', 'token rotate {honey}', 1, 'is a trap'),
    ('admin', 'token rotate', 2, 'wants ID'),
    ('admin', 'token rotate {active} --overlap 7d', 0, 'in 7 d'),
    ('admin', 'token rotate {active} --overlap x', 1, 'overlap: a span'),
    ('admin', 'token rotate {overlapping} --end-overlap', 0,
     'works no longer'),
    ('admin', 'token rotate {active} --end-overlap', 1, 'no overlap'),
    ('admin', 'token rotate {active} --end-overlap --overlap 1d', 1,
     'excludes overlap'),
    ('owner', 'token rotate {own}', 0, 'shown once'),
    ('owner', 'token rotate {other}', 1, 'no token'),
    *each_role('token rotate {active}', 'role admin or owner', 'analyst',
               'viewer', 'stranger'),

    ('admin', 'token history tok-live', 0, 'alice/app'),
    ('admin', 'token history pat_nosuch', 1, 'no token'),
    ('admin', 'token history', 2, 'wants ID'),
    ('analyst', 'token history tok-live', 0, 'alice/app'),
    ('viewer', 'token history tok-live', 0, 'alice/app'),
    ('owner', 'token history {own}', 0, 'no uses'),
    ('owner', 'token history {other}', 1, 'no token'),
    ('stranger', 'token history tok-live', 1, 'role viewer or owner'),

    ('admin', 'token impact tok-live --since 1h', 0, 'alice/app'),
    ('admin', 'token impact tok-live --since soon', 1, 'since: a span'),
    ('admin', 'token impact tok-live', 2, 'needs --since WHEN'),
    ('admin', 'token impact tok-live --since 2h --until 1h', 0, ''),
    ('admin', 'token impact tok-live --since 1h --until 2h', 1,
     'until: must be after since'),
    ('admin', 'token impact tok-live --since 2h --until soon', 1,
     'until: a span'),
    ('admin', 'token impact tok-live --since 2h --limit 1', 0, ''),
    ('admin', 'token impact tok-live --since 2h --limit 1001', 1,
     'limit: a number from 1 to 1000'),
    ('analyst', 'token impact tok-live --since 1h', 0, 'alice/app'),
    ('viewer', 'token impact tok-live --since 1h', 0, 'alice/app'),
    ('owner', 'token impact {own} --since 1h', 0, ''),
    ('owner', 'token impact {other} --since 1h', 1, 'no token'),
    ('stranger', 'token impact {own} --since 1h', 1, 'role viewer or owner'),

    ('admin', 'token scan {leaked}', 0, 'active'),
    ('admin', 'token scan {plain}', 1, ''),
    ('admin', 'token scan /nonexistent', 2, 'No such file'),
    ('admin', 'token scan < {leaked}', 0, 'active'),
    ('admin', 'token scan {leaked} --live', 0, 'active'),
    ('admin', 'token scan {leakeddead} --live', 1, ''),
    ('admin', 'token scan {leaked} --live --no-daemon', 2, 'asks the daemon'),
    ('admin', 'token scan {leaked} --no-daemon=1', 2, 'takes no value'),
    *anybody('token scan {leaked} --no-daemon', 'leaked'),
    ('analyst', 'token scan {leaked}', 0, 'active'),
    ('viewer', 'token scan {leaked}', 0, 'active'),
    ('owner', 'token scan {ownleaked}', 0, 'active'),
    ('owner', 'token scan {leaked}', 0, 'unknown'),
    ('stranger', 'token scan {leaked}', 2, 'role viewer or owner'),
    *paged('token history tok-live'), *timed('token history tok-live'),
)

LEAKS = rows(
    ('admin', 'leak report < {leaked}', 0, 'inactive'),
    ('admin', 'leak report < {plain}', 1, 'malformed'),
    ('admin', 'leak report extra < {leaked}', 2, 'one word too many'),
    ('analyst', 'leak report < {leaked}', 0, 'inactive'),
    ('viewer', 'leak report < {leaked}', 1, 'role'),
    ('owner', 'leak report < {ownleaked}', 0, 'inactive'),
    ('stranger', 'leak report < {leaked}', 1, 'role'),
    *[(r, w + ' < {leaked}', e, t) for r, w, e, t in (
        ('admin', 'leak report --source gist', 0, 'inactive'),
        ('admin', "leak report --source ''", 2, '--source: is empty'),
        ('admin', 'leak report --url https://example.org/x', 0, 'inactive'),
        ('admin', 'leak report --url', 2, '--url wants URL'))],
)

POLICY = rows(
    ('admin', 'policy try {policy}', 0, 'max-lifetime'),
    ('admin', 'policy try {bad}', 1, 'while parsing'),
    ('admin', 'policy try /nonexistent', 1, 'No such file'),
    ('admin', 'policy try', 2, 'wants FILE'),
    ('admin', 'policy try {policy} --used', 0, ''),
    ('admin', 'policy try {policy} --used=1', 2, 'takes no value'),
    ('admin', 'policy try {policy} --limit 1', 0, ''),
    ('admin', 'policy try {policy} --limit 1001', 1, 'from 1 to 1000'),
    ('admin', 'policy try {policy} --after 1', 0, ''),
    ('admin', 'policy try {policy} --after 0', 2, 'a number from 1 on'),
    ('analyst', 'policy try {policy}', 0, ''),
    ('viewer', 'policy try {policy}', 0, ''),
    *each_role('policy try {policy}', 'needs the role viewer', *NO_VIEWER),
)

ALERTS = rows(
    ('admin', 'alert list', 0, 'honey'),
    ('analyst', 'alert list', 0, 'honey'),
    ('viewer', 'alert list', 0, 'honey'),
    ('owner', 'alert list', 0, ''),
    ('stranger', 'alert list', 1, 'role analyst or viewer or owner'),
    ('admin', 'alert list --state open', 0, 'honey'),
    ('admin', 'alert list --state new', 2, 'open|acknowledged|closed|all'),
    *paged('alert list'),
    *narrowed('alert list', ('--token', 'tok-live'), ('--account', 'alice')),

    ('admin', 'alert show {alert}', 0, 'critical'),
    ('admin', 'alert show alr_none', 1, 'no such alert'),
    ('admin', 'alert show', 2, 'wants ID'),
    ('analyst', 'alert show {alert}', 0, 'critical'),
    ('viewer', 'alert show {alert}', 0, 'critical'),
    ('owner', 'alert show {ownalert}', 0, 'news'),
    ('owner', 'alert show {alert}', 1, 'no such alert'),
    ('stranger', 'alert show {alert}', 1, 'role analyst or viewer or owner'),

    ('admin', 'alert explain {alert}', 0, 'honey'),
    ('admin', 'alert explain alr_none', 1, 'no such alert'),
    ('admin', 'alert explain', 2, 'wants ID'),
    ('analyst', 'alert explain {alert}', 0, 'honey'),
    ('viewer', 'alert explain {alert}', 1, 'needs the role analyst'),
    ('owner', 'alert explain {ownalert}', 1, 'needs the role analyst'),
    ('stranger', 'alert explain {alert}', 1, 'role analyst or viewer or'),

    ('admin', 'alert ack {alert} {alert}', 0, 'acknowledged'),
    ('analyst', 'alert ack {alert}', 0, 'acknowledged'),
    ('admin', 'alert ack alr_none', 1, 'no such alert'),
    ('admin', 'alert ack', 2, 'wants ID'),
    *each_role('alert ack {alert}', 'needs the role analyst', 'viewer',
               'owner', 'stranger'),

    ('admin', 'alert close {alert} true', 0, 'closed'),
    ('analyst', 'alert close {alert} expected', 0, 'closed'),
    ('admin', 'alert close alr_none false', 1, 'no such alert'),
    ('admin', 'alert close {alert}', 2, 'wants true|false|expected'),
    ('admin', 'alert close {alert} maybe', 2, 'true|false|expected'),
    *each_role('alert close {alert} true', 'needs the role analyst',
               'viewer', 'owner', 'stranger'),

    ('admin', 'alert watch', 0, 'honey'),
    ('analyst', 'alert watch', 0, 'honey'),
    ('viewer', 'alert watch', 0, 'honey'),
    *each_role('alert watch', 'role analyst or viewer', *NO_VIEWER),
    ('admin', 'alert watch extra', 2, 'one word too many'),
    ('admin', 'alert watch --level high', 0, 'honey'),
    ('admin', 'alert watch --level loud', 2, '|critical'),
    *narrowed('alert watch', ('--token', '{trap}'), ('--account', 'alice')),

    ('admin', 'undo {undoable}', 0, 'active'),
    ('admin', 'undo {alert}', 1, ''),
    ('admin', 'undo alr_none', 1, 'no such alert'),
    ('admin', 'undo', 2, 'wants ALERT'),
    *changers('undo {undoable}', *NOT_ADMIN),
)

RULES = rows(
    ('admin', 'rule list', 0, 'simulated'),
    ('analyst', 'rule list', 0, 'simulated'),
    ('viewer', 'rule list', 0, 'simulated'),
    ('admin', 'rule list x', 2, 'one word too many'),
    *each_role('rule list', 'role analyst or viewer', *NO_VIEWER),

    ('admin', 'rule show simulated', 0, 'simulate'),
    ('analyst', 'rule show simulated', 0, 'simulate'),
    ('viewer', 'rule show simulated', 0, 'simulate'),
    ('admin', 'rule show simulatd', 1, "did you mean 'simulated'"),
    ('admin', 'rule show', 2, 'wants RULE'),
    *each_role('rule show simulated', 'role analyst or viewer', *NO_VIEWER),

    ('admin', 'rule mode other off', 0, 'mode off'),
    ('admin', 'rule mode other file', 0, 'mode simulate'),
    ('admin', 'rule mode nosuch off', 1, "no rule has the id"),
    ('admin', 'rule mode other on', 2, 'off|simulate|alert|enforce|file'),
    ('admin', 'rule mode other', 2, 'wants off|simulate'),
    *changers('rule mode other off', *NOT_ADMIN),

    ('admin', 'rule promote simulated --try', 0, 'would have'),
    ('admin', 'rule promote simulated --try --yes', 2, 'changes nothing'),
    ('admin', 'rule promote simulated', 2, 'say --yes'),
    ('admin', 'rule promote other --yes', 0, 'mode enforce'),
    ('admin', 'rule promote other --yes=1', 2, 'takes no value'),
    ('admin', 'rule promote nosuch --yes', 1, 'no rule has the id'),
    ('admin', 'rule promote', 2, 'wants RULE'),
    *changers('rule promote simulated --yes', *NOT_ADMIN),

    *anybody('rule check {plain}', '1 rule good'),
    ('admin', 'rule check {bad}', 1, 'while parsing'),
    ('admin', 'rule check', 2, 'wants PATH'),
    ('admin', 'rule check {good} --placeholders {values}', 0, '1 rule good'),
    ('admin', 'rule check {good} --placeholders {bad}', 1, 'while parsing'),

    *anybody('rule test {tested}', '1 passed'),
    ('admin', 'rule test {failing}', 1, '1 failed'),
    ('admin', 'rule test', 2, 'wants PATH'),
    ('admin', 'rule test {tested} --strict', 0, '1 passed'),
    ('admin', 'rule test {plain} --strict', 1, '1 without tests'),
    ('admin', 'rule test {good} --placeholders {values}', 0, ''),
    ('admin', 'rule test {good} --placeholders /nonexistent', 1,
     'No such file'),

    *anybody('rule match --rules {plain} < {events}', '[0]'),
    ('admin', 'rule match', 2, 'needs --rules PATH'),
    ('admin', 'rule match --rules {bad} < {events}', 1, 'while parsing'),
    ('admin', 'rule match --rules {plain} --events {events}', 0, '[0]'),
    ('admin', 'rule match --rules {plain} --events /nonexistent', 1,
     'No such file'),
    ('admin', 'rule match --rules {good} --placeholders {values} < {events}',
     0, '[0]'),
    ('admin', 'rule match --rules {good} --placeholders {bad} < {events}', 1,
     'while parsing'),
    ('admin', 'rule match --rules {plain} --time-field at < {events}', 0,
     '[0]'),
    ('admin', "rule match --rules {plain} --time-field ''", 2,
     '--time-field: is empty'),
    ('admin', 'rule match --rules {plain} --lateness 5m < {events}', 0,
     '[0]'),
    ('admin', 'rule match --rules {plain} --lateness x', 2,
     'is not a duration'),

    ('admin', 'rule explain simulated --use {events}', 0, 'does not hold'),
    ('analyst', 'rule explain simulated --use {events}', 0, 'does not hold'),
    *each_role('rule explain simulated --use {events}',
               'needs the role analyst', 'viewer', *NO_VIEWER),
    ('admin', 'rule explain nosuch --use {events}', 1, 'no rule has the id'),
    ('admin', 'rule explain', 2, 'wants RULE'),
    ('admin', 'rule explain simulated', 2, '--use FILE or --stored SEQ'),
    ('admin', 'rule explain simulated --use /nonexistent', 1, 'No such file'),
    ('admin', 'rule explain simulated --stored {seq}', 0, 'does not hold'),
    ('admin', 'rule explain simulated --stored 99999999', 1,
     'no stored use has the number'),
    ('admin', 'rule explain plain --rules {plain} --use {events}', 0,
     'holds'),
    ('admin', 'rule explain plain --rules {bad} --use {events}', 1,
     'while parsing'),
    ('admin', 'rule explain good --rules {good} --placeholders {values} '
     '--use {events}', 0, 'holds'),
    ('admin', 'rule explain simulated --placeholders {values} '
     '--use {events}', 2, 'those of --rules'),

    ('admin', 'rule backtest {plain}', 0, ' uses: '),
    ('analyst', 'rule backtest {plain}', 0, ' uses: '),
    *each_role('rule backtest {plain}', 'needs the role analyst', 'viewer',
               *NO_VIEWER),
    ('admin', 'rule backtest {bad}', 1, 'while parsing'),
    ('admin', 'rule backtest', 2, 'wants PATH'),
    ('admin', 'rule backtest {plain} --since 30d --until 1h', 0, ' uses: '),
    ('admin', 'rule backtest {plain} --since soon', 2, 'neither a span'),
    ('admin', 'rule backtest {plain} --until soon', 2, 'neither a span'),
    ('admin', 'rule backtest {plain} --since 1h --until 2h', 2,
     '--until: must be after --since'),
    ('admin', 'rule backtest {plain} --against current', 0, 'in force'),
    ('admin', 'rule backtest {plain} --against mine', 2, 'current, not'),
    ('admin', 'rule backtest {good} --placeholders {values}', 0, ' uses: '),
    ('admin', 'rule backtest {good} --placeholders /nonexistent', 1,
     'No such file'),
)

ACTIVITY = rows(
    ('admin', 'activity list', 0, 'alice/app'),
    ('analyst', 'activity list', 0, 'alice/app'),
    ('viewer', 'activity list', 0, 'alice/app'),
    ('owner', 'activity list --account alice', 0, 'no uses'),
    ('stranger', 'activity list', 1, 'role viewer or owner'),
    *paged('activity list'), *timed('activity list'),
    *of_uses('activity list'),

    ('admin', 'activity tail', 0, 'alice/app'),
    ('analyst', 'activity tail', 0, 'alice/app'),
    ('viewer', 'activity tail', 0, 'alice/app'),
    ('owner', 'activity tail', 0, 'news/app'),
    ('stranger', 'activity tail', 1, 'role viewer or owner'),
    ('admin', 'activity tail extra', 2, 'one word too many'),
    *of_uses('activity tail'),

    ('admin', 'activity send {uses}', 0, '1 settled, 0 refused'),
    ('admin', 'activity send < {uses}', 0, '1 settled, 0 refused'),
    ('admin', 'activity send /nonexistent', 1, 'No such file'),
    ('admin', 'activity send {uses} {uses}', 2, 'one word too many'),
    # Who may is the ingest socket's mode and group.
    *[(role, 'activity send {uses}', 3, 'Permission denied')
      for role in NOT_ADMIN],

    ('admin', 'activity refused', 0, 'not valid'),
    ('admin', 'activity refused x', 2, 'one word too many'),
    *changers('activity refused', *NOT_ADMIN),
    *paged('activity refused'),
)

AUDIT = rows(
    ('admin', 'audit list', 0, 'uid:0'),
    ('owner', 'audit list', 0, ''),
    *each_role('audit list', 'role admin or owner', 'analyst', 'viewer',
               'stranger'),
    ('admin', 'audit list --uid 0', 0, 'uid:0'),
    ('admin', 'audit list --uid root', 1, 'uid: a number from 0'),
    *paged('audit list'), *timed('audit list'),
    *narrowed('audit list', ('--actor', 'root'), ('--object', 'alice'),
              ('--action', 'account.*'), ('--text', 'two_factor')),

    ('admin', 'audit verify', 0, 'nothing was changed'),
    ('admin', 'audit verify --head {head}', 0, 'nothing was changed'),
    ('admin', 'audit verify --head 1:00', 1, 'not as patrold logs it'),
    ('admin', 'audit verify x', 2, 'one word too many'),
    *changers('audit verify', *NOT_ADMIN),
)

DAEMON = rows(
    ('admin', 'auth show', 0, 'signs'),
    ('analyst', 'auth show', 0, 'signs'),
    ('viewer', 'auth show', 0, 'signs'),
    ('admin', 'auth show x', 2, 'one word too many'),
    *each_role('auth show', 'role admin or viewer', *NO_VIEWER),

    ('admin', 'auth rotate-key begin {norotation}', 0, 'restart'),
    ('admin', 'auth rotate-key begin {begun}', 1, 'already'),
    ('admin', 'auth rotate-key use {begun}', 0, 'finish'),
    ('admin', 'auth rotate-key use {norotation}', 1, 'begin first'),
    ('admin', 'auth rotate-key finish {used}', 0, 'signs'),
    ('admin', 'auth rotate-key finish {begun}', 1, 'use it first'),
    ('admin', 'auth rotate-key cancel {begun}', 0, 'signs'),
    ('admin', 'auth rotate-key cancel {used}', 1, 'no new key'),
    ('admin', 'auth rotate-key', 2, 'wants begin|use|finish|cancel'),
    ('admin', 'auth rotate-key later', 2, 'begin|use|finish|cancel'),
    *changers('auth rotate-key begin {norotation}', *NOT_ADMIN),

    ('admin', 'brake release {braked}', 0, ''),
    ('admin', 'brake release', 1, 'is not on'),
    ('admin', 'brake release x', 2, 'one word too many'),
    *changers('brake release', *NOT_ADMIN),

    ('admin', 'status', 0, 'patrold'),
    ('analyst', 'status', 0, 'patrold'),
    ('viewer', 'status', 0, 'patrold'),
    *each_role('status', 'needs the role viewer', *NO_VIEWER),
    ('admin', 'status --config', 0, 'control.socket'),
    ('admin', 'status --config=1', 2, 'takes no value'),
    *changers('status --config', *NOT_ADMIN),

    ('admin', 'backup {backup}', 0, 'on the disk'),
    ('admin', 'backup {there}', 1, 'is there already'),
    ('admin', 'backup {there} --force', 0, 'on the disk'),
    ('admin', 'backup {there} --force=1', 2, 'takes no value'),
    ('admin', 'backup /nonexistent/backup', 1, 'No such file'),
    ('admin', 'backup', 2, 'wants FILE'),
    *changers('backup {backup}', *NOT_ADMIN),

    ('admin', 'check', 0, 'sound'),
    ('admin', 'check x', 2, 'one word too many'),
    *changers('check', *NOT_ADMIN),

    ('admin', 'reload', 0, 'reloaded'),
    ('admin', 'reload x', 2, 'one word too many'),
    *changers('reload', *NOT_ADMIN),

    ('admin', 'whoami', 0, 'admin'),
    ('analyst', 'whoami', 0, 'analyst'),
    ('viewer', 'whoami', 0, 'viewer'),
    ('owner', 'whoami', 0, 'owner'),
    ('stranger', 'whoami', 0, 'none'),
    ('admin', 'whoami x', 2, 'one word too many'),

    # --- no command, and what all of them have ----------------------------
    ('admin', '-s /nonexistent whoami', 3, 'no patrold at'),
    ('admin', '-s {control} whoami', 0, 'admin'),
    ('admin', '-s', 2, '-s wants SOCKET'),
    ('admin', 'whoami --json', 0, '"role"'),
    ('admin', 'whoami --json=1', 2, 'takes no value'),
    ('admin', 'account list --csv', 0, 'name,'),
    ('admin', 'whoami --csv', 2, 'is no list'),
    ('admin', 'account list -q', 0, 'alice'),
    ('admin', 'account list -q=1', 2, 'takes no value'),
    ('admin', 'whoami --no-color', 0, 'admin'),
    ('admin', 'whoami --no-color=1', 2, 'takes no value'),
    ('stranger', 'token create --help', 0, 'usage: patrolctl token create'),
    ('stranger', '--help', 0, 'alert list'),
    ('stranger', 'whoami --help=1', 2, 'takes no value'),
    ('stranger', '--hlp', 2, "did you mean '--help'"),
    ('stranger', '--version', 0, 'patrolctl'),
    ('stranger', '--version=1', 2, 'takes no value'),
    ('admin', '', 2, 'no command'),
    ('admin', 'token', 2, 'and then?'),
    ('admin', 'tokn list', 2, "did you mean 'token'"),
    ('admin', 'token lst', 2, "did you mean 'list'"),
)

ROWS = (ACCOUNTS + TOKENS + LEAKS + POLICY + ALERTS + RULES + ACTIVITY + AUDIT
        + DAEMON)
