"""Rules and events at random, from few words, so that they often meet.

Everything comes from one random.Random: a seed makes the same set for ever.
"""
import base64
import decimal
import json
import re
import uuid

FIELDS = ('who', 'v', 'user', 'cmd', 'a.b', 'a.c', 'a.b.c', 'n', 'ip', 'flag', 'list',
          'x.y', 'when', 'gone')
WORDS = ('admin', 'Admin', 'ADMIN', 'straße', 'STRASSE', 'ſoft', 'Soft',
         '\u212aelvin', 'kelvin', 'ÄÖÜ', 'äöü', 'ὈΔΟΣ', 'ὀδος', '𐐀𐐨', 'ǅ',
         'İ', 'i', 'ẞ', 'a*b', 'a?b', 'axb', 'axxb', 'a\\b', 'a\\*b', '\\',
         '\\\\srv\\x', 'C:\\Windows\\cmd.exe', '', ' ', '10', '1e1', '1.50',
         '2.5', '-3', '0x10', '010', 'true', 'False', 'fal\u017fe', 'null', 'one\ntwo',
         'two\n', 'tab\there', '日本語', '日本', 'foo-bar', 'cmd -x /y',
         'cmd /x –y', 'power SHELL', 'YWRtaW4=', 'aGVsbG8gYWRtaW4h')
ADDRESSES = ('192.0.2.1', '192.0.2.77', '198.51.100.4', '2001:db8::1',
             '2001:db8:0:0:0:0:0:2', '::ffff:192.0.2.1', '192.0.2.01', '1.2.3',
             'fe80::1%eth0', '::')
NETWORKS = ('192.0.2.0/24', '192.0.2.0/26', '0.0.0.0/0', '2001:db8::/32',
            '::/0', '192.0.2.1/32')
NUMBERS = ('0', '-0', '1', '10', '10.0', '1e1', '2.5', '2.50', '-3', '11',
           '9007199254740993', '9007199254740992', '0.1')
BIG = ('1000', '1e3', '1E+2', '0.00001', '1e-5', '1e18', '1000000000000000000',
       '1234567890123456789', '18446744073709551616', '18446744073709551617',
       '18446744073709551616.0', '0.1', '0.10000000000000000000000001',
       '1' + 65 * '0', '1e65', '-1.25e-70', '-125E-72', '1.5e300')
REGEXES = ('^admin', 'ADMIN$', 'a.b', 'a..?b', '[a-k]+n$', r'\d+', r'\bcmd\b',
           r'\s', r'\W', '(one|two)$', '^two', r'^\\\\', 'ü', r'\w{4}', 'one.two',
           '^$', '(?i)soft', 'k', r'\.', 'x*', 'K|L', 's|(?:x|k)', '[kK]|b',
           r'a(?:S|t)|\x4b', '(?i)ak|[S]')
TIMES = ('2026-01-01T00:30:00Z', '2026-01-01 23:59:59.999999+02:00',
         '2025-12-31T23:59:59.99999999999999999Z', '2024-12-30',
         '2021-01-03T12:00:00', '1767225600', '1767225600000')
TIMES_AS_NUMBERS = ('1767225600', '1767225600.5', '1767225600123',
                    '1767225599.9999999', '1767225599999.9999', '-1e-9',
                    '1e12', '1000000000000.0001', '253402300799.9999999',
                    '-62135596800.0000001')
DASHES = ('-x', 'cmd -x', '/y', 'cmd /x /y', '-x /y', 'foo-bar', '- x', 'cmd *-x',
          '–x')
SECRETS = ('admin', 'hello admin', 'xx', 'ünï', 'a*b', 'C:\\cmd', 'ab')
RULE_NUMBERS = tuple(map(decimal.Decimal, NUMBERS[2:] + BIG))
WIDE = ('Ab', 'aİ', 'ͅ', '\u0130', 'é', 'a\u4100', 'ab', '')
PARTS = {'minute': (0, 30, 59), 'hour': (0, 12, 21, 22), 'day': (1, 3, 30),
         'week': (1, 53), 'month': (1, 12), 'year': (2021, 2024, 2025, 2026)}
PLACEHOLDERS = {'admins': ['admin', 'Ädmin', 'root*', 'ku?'], 'one': ['?']}
GROUPS = ('who', 'who', 'who', 'v', 'user', 'a.b', 'ip', 'n', 'gone')


# ---- events -----------------------------------------------------------------

def number(text):
    """A number that `line_of` writes as this text."""
    return '\ue000%s\ue000' % text


def bare_numbers(text):
    return re.sub('"\ue000(.*?)\ue000"', r'\1', text)


def line_of(r, event):
    text = bare_numbers(json.dumps(event, ensure_ascii=False))
    if r.random() < 0.5:
        text = ''.join(c if c < '\x7f' else json.dumps(c)[1:-1]
                       for c in text)
    return text


def make_scalar(r):
    kind = r.randrange(12)
    if kind < 6:
        return r.choice(WORDS)
    if kind < 9:
        return number(r.choice(NUMBERS))
    if kind < 10:
        return r.choice(ADDRESSES)
    return r.choice((True, False, None))


def make_value(r, depth=0):
    kind = r.randrange(12)
    if kind == 0:
        return [make_value(r, depth + 1) for _ in range(r.randrange(4))]
    if kind == 1 and depth < 3:
        return {r.choice(('b', 'c', 'y', 'a', 'b.c')):
                make_value(r, depth + 1) for _ in range(r.randrange(3))}
    return make_scalar(r)


def make_nested(r):
    one = {key: make_value(r, 1) for key in ('b', 'c', 'y')
           if r.random() < 0.6}
    if r.random() < 0.2:
        one['b'] = {'c': make_value(r, 2)}
    return one


def make_event(r, clock):
    """Values that groups go by are few and plain, so that they recur."""
    event = {'who': r.choice(('u1', 'u2', 'U2')),
             'v': number(r.choice(NUMBERS))}
    for key in r.sample(('user', 'cmd', 'n', 'ip', 'flag', 'list'), 4):
        event[key] = make_value(r)
    if r.random() < 0.5:
        event['user'] = r.choice(('u1', 'u2'))
    if r.random() < 0.5:
        event['n'] = number(r.choice(NUMBERS))
    if r.random() < 0.5:
        event['big'] = r.choice(BIG) if r.random() < 0.3 else \
            number(r.choice(BIG))
    if r.random() < 0.5:
        event['ip'] = r.choice(ADDRESSES)
    if r.random() < 0.6:
        event['a'] = [make_nested(r) for _ in range(r.randrange(3))] \
            if r.random() < 0.3 else make_nested(r)
    for key in ('a.b', 'x.y', 'a.b.c'):
        if r.random() < 0.1:
            event[key] = make_value(r)
    if r.random() < 0.3:
        event['when'] = r.choice(TIMES) if r.random() < 0.5 else \
            number(r.choice(TIMES_AS_NUMBERS))
    if r.random() < 0.3:
        event['code'] = make_code(r)
    if r.random() < 0.3:
        event['wide'] = (r.choice(WIDE) + r.choice(WIDE)).encode(r.choice(
            ('utf-16-le', 'utf-16-be'))).decode(errors='ignore')
    if r.random() < 0.3:
        event['cmd'] = r.choice(('cmd -x', 'CMD /X', 'cmd –x —y', 'foo/bar',
                                 'cmd ―x /y', 'a - x', '-x'))
    if r.random() < 0.95:
        event[r.choice(('time', 'timestamp', '@timestamp'))] = \
            make_time(r, clock)
    return event


def make_code(r):
    """Base64 of some text with a secret in it."""
    text = r.choice(('', 'x', 'xy', 'xyz')) + r.choice(SECRETS) + \
        r.choice(('', 'q', 'qr'))
    data = text.encode(r.choice(('utf-8', 'utf-8', 'utf-16-le',
                                 'utf-16-be', 'utf-16')))
    return base64.b64encode(data).decode()


def make_time(r, clock):
    """In whole seconds mostly, so that windows end where events are."""
    second = clock + r.randrange(-20, 20)
    if r.random() < 0.5:
        return second
    fraction = r.choice(('', '', '.5', '.000001', '.999999'))
    return '2026-01-01%s%02d:%02d:%02d%s%s' % (
        r.choice('T '), second // 3600 % 24, second // 60 % 60, second % 60,
        fraction, r.choice(('Z', '', '+00:00')))


def make_events(r, n):
    """Lines of JSON, in about the order of their times."""
    start = 1767225600          # 2026-01-01T00:00:00Z
    return [line_of(r, make_event(r, start + 100 + 3 * i))
            for i in range(n)]


# ---- detections ----------------------------------------------------------------

def escape(text):
    return ''.join('\\' + c if c in '*?\\' else c for c in text)


def make_pattern(r):
    """A string for a rule: as it is, escaped, a part, or with wildcards."""
    text = r.choice(WORDS)
    if r.random() < 0.3:
        text = escape(text)
    elif text and r.random() < 0.3:
        start = r.randrange(len(text))
        text = text[start:start + r.randrange(1, 5)]
    if r.random() < 0.3:
        at = r.randrange(len(text) + 1)
        text = text[:at] + r.choice(('*', '?', '**', '\\*', '\\\\*', '*?')) + \
            text[at:]
    return text


def make_literal(r):
    kind = r.randrange(10)
    if kind < 6:
        return make_pattern(r)
    if kind < 8:
        return r.choice(RULE_NUMBERS)
    return r.choice((True, False, None))


def some(r, make):
    """One value, or a list of them."""
    if r.random() < 0.5:
        return make(r)
    return [make(r) for _ in range(r.randrange(1, 8))]


def key_with(r, field, words):
    """Modifiers that only say how come behind, in any order."""
    more = [w for w in ('all', 'neq') if r.random() < 0.15]
    r.shuffle(more)
    return '|'.join([field] + words + more)


def make_string_item(r, field):
    words = [r.choice(('contains', 'startswith', 'endswith'))]
    if r.random() < 0.25:
        words.append('cased')
    return key_with(r, field, words), some(r, make_pattern)


def make_plain_item(r, field):
    if r.random() < 0.2:
        return key_with(r, field, ['cased']), some(r, make_pattern)
    return key_with(r, field, []), some(r, make_literal)


def make_regex_item(r, field):
    flags = [f for f in 'ims' if r.random() < 0.25]
    return key_with(r, field, ['re'] + flags), some(
        r, lambda r: r.choice(REGEXES))


def make_cidr_item(r, field):
    return key_with(r, r.choice(('ip', field)), ['cidr']), some(
        r, lambda r: r.choice(NETWORKS))


def make_comparison(r, field):
    return key_with(r, r.choice(('n', 'big', field)), [r.choice(
        ('lt', 'lte', 'gt', 'gte'))]), some(
            r, lambda r: r.choice(RULE_NUMBERS))


def make_number_item(r, field):
    return key_with(r, 'big', []), some(
        r, lambda r: r.choice(RULE_NUMBERS))


def make_exists(r, field):
    return field + '|exists', r.random() < 0.5


def make_dash_item(r, field):
    words = ['windash', r.choice(('contains', 'startswith', 'endswith'))]
    r.shuffle(words)
    return key_with(r, field, words[:r.randrange(1, 3)] if
                    words[0] == 'windash' else words), some(
        r, lambda r: r.choice(DASHES))


def make_encoded_item(r, field):
    """Under base64 a value has no wildcards, and is some bytes."""
    words = [r.choice(('base64', 'base64offset'))]
    if r.random() < 0.4:
        words.insert(0, r.choice(('wide', 'utf16', 'utf16le', 'utf16be')))
    if r.random() < 0.8:
        words.append('contains')
    return key_with(r, r.choice(('code', field)), words), some(
        r, lambda r: escape(r.choice(SECRETS)))


def make_wide_item(r, field):
    """Now and then it is text all the same."""
    words = [r.choice(('wide', 'utf16', 'utf16le', 'utf16be', 'utf16be'))] + [
        w for w in (r.choice(('contains', 'startswith', 'endswith')),)
        if r.random() < 0.5]
    return key_with(r, r.choice(('wide', field)), words), some(
        r, lambda r: r.choice(('', '', '*', '?')) + r.choice(WIDE) +
        r.choice(('', '*', '?', '??')))


def make_part_item(r, field):
    part = r.choice(tuple(PARTS))
    words = [part] + [w for w in (r.choice(('lt', 'lte', 'gt', 'gte')),)
                      if r.random() < 0.5]
    return key_with(r, r.choice(('when', 'when', field)), words), some(
        r, lambda r: r.choice(PARTS[part]))


def make_fieldref_item(r, field):
    words = ['fieldref'] + [w for w in (r.choice((
        'contains', 'startswith', 'endswith')),) if r.random() < 0.4]
    if r.random() < 0.3:
        words.insert(r.randrange(len(words) + 1), 'cased')
    return key_with(r, field, words), some(r, lambda r: r.choice(FIELDS))


def make_expand_item(r, field):
    words = ['expand'] + [w for w in ('contains', 'startswith')
                          if r.random() < 0.3][:1]
    if r.random() < 0.2:
        words = ['re', 'expand'] + [w for w in 'i' if r.random() < 0.5]
        return key_with(r, field, words), some(r, lambda r: r.choice((
            '^%admins%$', '%admins%', 'a%one%b', '(?:x|%admins%)', '50%')))
    return key_with(r, field, words), some(
        r, lambda r: r.choice(('%admins%', '%admins%*', 'a%one%b',
                               '%one%%one%', '50%', 'plain')))


ITEMS = [make_string_item, make_string_item, make_plain_item,
         make_plain_item, make_number_item, make_regex_item, make_cidr_item, make_comparison,
         make_exists, make_dash_item, make_encoded_item, make_wide_item,
         make_part_item,
         make_fieldref_item, make_expand_item]


def make_map(r):
    return dict(r.choice(ITEMS)(r, r.choice(FIELDS))
                for _ in range(r.randrange(1, 4)))


def make_keywords(r):
    def word(r):
        return make_pattern(r) or 'x'
    def scalar(r):
        return r.choice((word(r), word(r), True, False,
                         r.choice(RULE_NUMBERS)))
    kind = r.randrange(10)
    if kind < 3:
        return [word(r) for _ in range(r.randrange(1, 4))]
    if kind < 5:
        return some(r, scalar)
    if kind < 6:
        return {'|all': some(r, scalar)}
    if kind < 7:
        return {key_with(r, '', ['re']): some(
            r, lambda r: r.choice(REGEXES))}
    words = [w for w in ('cased', 'contains', 'windash') if r.random() < 0.3]
    r.shuffle(words)
    return {key_with(r, '', words or ['contains']): some(r, word)}


def make_identifier(r, depth=0):
    kind = r.randrange(11 if depth < 2 else 10)
    if kind < 6:
        return make_map(r)
    if kind < 8:
        return [make_map(r) for _ in range(r.randrange(1, 4))]
    if kind < 10:
        return make_keywords(r)
    return [make_identifier(r, depth + 1) for _ in range(r.randrange(1, 4))]


def make_condition(r, names, depth=0):
    kind = r.randrange(10 if depth < 3 else 4)
    if kind < 3:
        return r.choice(names)
    if kind < 4:
        return '%s of %s' % (r.choice(('1', 'any', 'all')),
                             r.choice(['them', 's*', '*'] + [
                                 'sel_*'] * ('sel_b' in names)))
    if kind < 5:
        return 'not ' + make_condition(r, names, depth + 1)
    if kind < 7:
        return '(%s)' % make_condition(r, names, depth + 1)
    return '%s %s %s' % (make_condition(r, names, depth + 1),
                         r.choice(('and', 'or')),
                         make_condition(r, names, depth + 1))


def make_id(r):
    return str(uuid.UUID(int=r.getrandbits(128), version=4))


def make_name(r):
    return 'rule_%x' % r.getrandbits(64)


def spell(r, rule):
    """One of the ways to name it."""
    return r.choice((rule.get('name', rule['id']), rule['id'],
                     rule['id'].upper()))


def make_plain_detection(r):
    """One that often matches, for correlations to have something."""
    item = r.choice((('who', 'u1'), ('who|startswith', 'u'), ('v|gte', 1),
                     ('v|lt', 10), ('flag|exists', True), ('user', 'u*'),
                     ('a.b', None)))
    return {'title': 'generated', 'id': make_id(r), 'name': make_name(r),
            'logsource': {'product': 'generated'},
            'detection': {'sel': dict([item]), 'condition': 'sel'}}


def make_detection(r):
    names = ['sel', 'sel_b', 'other', '_hidden'][:r.randrange(1, 5)]
    detection = {name: make_identifier(r) for name in names}
    detection['condition'] = make_condition(r, names) \
        if r.random() < 0.9 else [make_condition(r, names) for _ in range(2)]
    return {'title': 'generated', 'id': make_id(r),
            'logsource': {'product': 'generated'}, 'detection': detection}


# ---- correlations ----------------------------------------------------------------

def make_bounds(r):
    kind = r.randrange(8)
    if kind < 4:
        return {'gte': r.randrange(1, 6)}
    if kind < 5:
        low = r.randrange(1, 4)
        return {'gte': low, 'lt': low + r.randrange(1, 4)}
    if kind < 6:
        return {r.choice(('gt', 'gte', 'lt', 'lte', 'eq', 'neq')):
                r.randrange(6), r.choice(('gte', 'lt', 'eq', 'neq')):
                r.randrange(6)}
    return {r.choice(('gt', 'lt', 'lte', 'eq', 'neq')): r.randrange(6)}


def make_count(r, rules):
    return {'type': 'event_count', 'condition': make_bounds(r)}


def make_value_count(r, rules):
    return {'type': 'value_count', 'condition': dict(
        make_bounds(r), field=r.choice(('v', 'v', 'user', 'ip', 'a.b')))}


def make_measure(r, rules):
    kind = r.choice(('value_sum', 'value_avg', 'value_percentile',
                     'value_median'))
    condition = {'field': r.choice(('v', 'v', 'n', 'a.b')),
                 r.choice(('lt', 'lte', 'gt', 'gte', 'eq', 'neq')):
                 r.choice((0, 1, 2.5, 3, 10, 11, 20, -3, 30))}
    if kind == 'value_percentile':
        condition['percentile'] = r.choice((0, 10, 25, 50, 90, 100))
    return {'type': kind, 'condition': condition}


def make_temporal(r, rules):
    one = {'type': 'temporal'}
    if r.random() < 0.3:
        one['condition'] = {r.choice(('gte', 'eq', 'lte')):
                            r.randrange(1, len(rules) + 1)}
    elif r.random() < 0.4:
        one['condition'] = make_expression(r, rules)
        if r.random() < 0.3:  # it names them
            one['rules'] = []
    return one


def make_expression(r, rules):
    """Each rule once."""
    if len(rules) == 1:
        return r.choice(('', '', 'not ')) + spell(r, rules[0])
    half = r.randrange(1, len(rules))
    return '(%s) %s %s' % (make_expression(r, rules[:half]),
                           r.choice(('and', 'or', 'and not')),
                           '(%s)' % make_expression(r, rules[half:]))


def make_ordered(r, rules):
    """A rule may stand in several places."""
    places = r.choice((rules, rules, rules + rules[:1]))
    one = {'type': 'temporal_ordered',
           'rules': [spell(r, rule) for rule in places]}
    if r.random() < 0.4:
        one['condition'] = {r.choice(('gt', 'gte', 'lt', 'lte', 'eq', 'neq')):
                            r.randrange(-1, len(places) + 2)}
    return one


CORRELATIONS = [make_count, make_value_count, make_measure, make_measure,
                make_temporal, make_ordered]


def make_correlation(r, rules):
    """Over rules that are there."""
    named = r.sample(rules, min(len(rules), r.randrange(1, 4)))
    correlation = r.choice(CORRELATIONS)(r, named)
    correlation.setdefault('rules', [spell(r, rule) for rule in named])
    correlation['timespan'] = r.choice(('1s', '5s', '20s', '1m', '1h', '1M'))
    if r.random() < 0.7:
        correlation['group-by'] = r.sample(GROUPS, r.randrange(1, 3))
    if 'group-by' in correlation and r.random() < 0.2:
        correlation['group-by'].append('alias')
        correlation['aliases'] = {'alias': {
            spell(r, rule): r.choice(GROUPS) for rule in named}}
    return {'title': 'generated', 'id': make_id(r), 'name': make_name(r),
            'correlation': correlation}


def make_rules(r, n):
    """Correlations come behind what they name."""
    rules = []
    for i in range(n):
        if rules and r.random() < 0.3:
            rules.append(make_correlation(r, rules))
        elif r.random() < 0.2:
            rules.append(make_plain_detection(r))
        else:
            rules.append(make_detection(r))
        if r.random() < 0.2:
            rules[-1]['id'] = rules[-1]['id'].upper()
    return rules


def make_filters(r, rules, n):
    ids = [spell(r, rule) for rule in rules if 'detection' in rule]
    for _ in range(n):
        one = make_detection(r)
        one.pop('id')
        one['filter'] = dict(one.pop('detection'), rules=r.choice(
            ('any', r.choice(ids), r.sample(ids, 5), r.sample(ids, 5))))
        if isinstance(one['filter']['condition'], list):  # rules only
            one['filter']['condition'] = ' or '.join(
                '(%s)' % c for c in one['filter']['condition'])
        if r.random() < 0.2:
            one['logsource'] = {'product': 'generated', 'category': 'other'}
        yield one


def power(text):
    """A number as YAML 1.1 has it: with a point if it has an exponent."""
    if 'E' in text and '.' not in text:
        text = text.replace('E', '.0E')
    return text


def rules_text(rules):
    """As YAML: JSON is that, too."""
    return '\n---\n'.join(bare_numbers(json.dumps(
        rule, ensure_ascii=False, default=lambda n: number(power(str(n)))))
        for rule in rules) + '\n'
