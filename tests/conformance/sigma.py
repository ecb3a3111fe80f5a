"""What Sigma rules mean, slowly and obviously: what the engine is held against.

A rule is a dict as its YAML would load, with its fractions as Decimal; an event what `read_event` returns.
No index, no state, no cleverness: every correlation looks at all events.
The decisions S1 to S17 are those of patrol-rules(7).
"""
import base64
import datetime
import decimal
import fractions
import ipaddress
import itertools
import json
import re

MONTH, YEAR = 2629746, 31556952
UNITS = {'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 604800, 'M': MONTH,
         'y': YEAR}
NUMBER = re.compile(r'-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?')
TIME = re.compile(r'(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d)'
                  r'(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)?)?', re.A)
COMPARISONS = {'lt': lambda a, b: a < b, 'lte': lambda a, b: a <= b,
               'gt': lambda a, b: a > b, 'gte': lambda a, b: a >= b,
               'eq': lambda a, b: a == b, 'neq': lambda a, b: a != b}
PARTS = ('minute', 'hour', 'day', 'week', 'month', 'year')
STAR, ONE = object(), object()      # wildcards among the characters


class Number(str):
    """A JSON number: its text in the source."""


def read_event(line):
    return json.loads(line, parse_int=Number, parse_float=Number)


# ---- values (S6, S7, S11, S14) ----------------------------------------------

def view(value):
    """The string view, or None."""
    if isinstance(value, bool):
        return 'true' if value else 'false'
    return value if isinstance(value, str) else None


def number_of(value):
    """The number that a member is, or a string wholly is; or None."""
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return fractions.Fraction(value)
    return None


def canonical(number):
    """The decimal text of a rule's number."""
    number = decimal.Decimal(str(number))
    if not number:
        return '0'
    text = format(number, 'f')
    if '.' in text:
        text = text.rstrip('0').rstrip('.')
    if len(text) <= 60:
        return text
    digits = ''.join(map(str, number.as_tuple().digits)).strip('0')
    return '%s%s%se%d' % ('-' if number < 0 else '', digits[0],
                          '.' + digits[1:] if digits[1:] else '',
                          number.adjusted())


def fold(text):
    """Unicode simple case folding: one code point becomes one."""
    out = []
    for c in text:
        folded = c.casefold()
        if len(folded) != 1:
            folded = c.lower()
        out.append(folded if len(folded) == 1 else c)
    return ''.join(out)


def instant_of(value):
    """Microseconds since 1970, or None."""
    seconds = number_of(value) if isinstance(value, Number) else None
    if seconds is not None:
        if seconds > 10 ** 12:
            seconds /= 1000
        micros = int(seconds * 10 ** 6 // 1)
        return micros if -62135596800 <= seconds < 253402300800 else None
    match = TIME.fullmatch(value) if isinstance(value, str) else None
    if not match:
        return None
    year, month, day, hour, minute, second = [
        int(x or 0) for x in match.groups()[:6]]
    try:
        t = datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    micros = int((match.group(7) or '').ljust(6, '0')[:6])
    offset = match.group(8) or 'Z'
    shift = 0
    if offset not in 'Zz':
        shift = int(offset[1:3]) * 3600 + int(offset[4:6]) * 60
        shift = -shift if offset[0] == '-' else shift
    since = t - datetime.datetime(1970, 1, 1)
    return (since.days * 86400 + since.seconds - shift) * 10 ** 6 + micros


def part_of(name, micros):
    t = datetime.datetime(1970, 1, 1) + datetime.timedelta(
        microseconds=micros)
    return t.isocalendar()[1] if name == 'week' else getattr(t, name)


# ---- fields (S1, S2) ---------------------------------------------------------

def fan_out(values):
    for value in values:
        if isinstance(value, list):
            yield from fan_out(value)
        else:
            yield value


def lookup(event, name):
    """Is the path there, and the members it leads to."""
    if name in event:
        return True, list(fan_out([event[name]]))
    found = [event]
    for segment in name.split('.'):
        found = [v[segment] for v in fan_out(found)
                 if isinstance(v, dict) and segment in v]
    return bool(found), list(fan_out(found))


def scalars(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for v in value:
            yield from scalars(v)
    elif view(value) is not None:
        yield value


# ---- strings -----------------------------------------------------------------

def unescape(text):
    """A Sigma string as characters and wildcards."""
    out, i = [], 0
    while i < len(text):
        if text[i] == '\\' and text[i + 1:i + 2] in ('*', '?', '\\') and \
                i + 1 < len(text):
            out.append(text[i + 1])
            i += 2
            continue
        out.append({'*': STAR, '?': ONE}.get(text[i], text[i]))
        i += 1
    return out


def matches(pattern, text, cased):
    expression = ''
    for c in pattern:
        if c is STAR:
            expression += '.*'
        elif c is ONE:
            expression += '.'
        else:
            expression += re.escape(c if cased else fold(c))
    return re.fullmatch(expression, text if cased else fold(text),
                        re.S) is not None


def windash(pattern):
    """Every way to write the dashes that begin an option."""
    def is_word(c):
        return isinstance(c, str) and re.match(r'\w', c) is not None
    places = [i for i, c in enumerate(pattern) if c in ('-', '/') and
              (i == 0 or not is_word(pattern[i - 1])) and
              i + 1 < len(pattern) and is_word(pattern[i + 1])]
    for dashes in itertools.product('-/\u2013\u2014\u2015',
                                    repeat=len(places)):
        out = list(pattern)
        for i, dash in zip(places, dashes):
            out[i] = dash
        yield out


def encode(word, data):
    """The texts that bytes become under an encoding modifier."""
    if word == 'base64':
        return [base64.b64encode(data).decode()]
    out = []
    for offset in range(3):
        text = base64.b64encode(b' ' * offset + data).decode().rstrip('=')
        # A character is determined when all of its six bits are data's.
        first = -(-8 * offset // 6)
        last = 8 * (offset + len(data)) // 6
        out.append(text[first:last])
    return out


# ---- one item: "field|modifiers: values" --------------------------------------

class Item:
    def __init__(self, key, values, placeholders):
        words = key.split('|')
        self.field, self.words = words[0], words[1:]
        self.values = values if isinstance(values, list) else [values]
        self.placeholders = placeholders

    def holds(self, event):
        if 'exists' in self.words:
            return lookup(event, self.field)[0] == self.values[0]
        tests = [any(self.test_of(event, w) for w in self.filled(v))
                 for v in self.values]
        found = (all if 'all' in self.words else any)(tests)
        return found != ('neq' in self.words)

    def filled(self, value):
        """What a value stands for: one of these."""
        return expand(value, self.placeholders) if 'expand' in self.words \
            else [value]

    def test_of(self, event, value):
        """Does some member satisfy the value?"""
        if not self.field:
            return any(self.compare(event, value, m) for m in scalars(event))
        present, members = lookup(event, self.field)
        if value is None:
            return not present or None in members
        return any(self.compare(event, value, m) for m in members)

    def compare(self, event, value, member):
        text = view(member)
        if text is None:
            return False
        part = [w for w in self.words if w in PARTS]
        order = [w for w in self.words if w in ('lt', 'lte', 'gt', 'gte')]
        if part:
            t = instant_of(member)
            return t is not None and COMPARISONS[order[0] if order else 'eq'](
                part_of(part[0], t), value)
        if order:
            n = None if isinstance(member, bool) else number_of(member)
            return n is not None and COMPARISONS[order[0]](
                n, fractions.Fraction(str(value)))
        if 're' in self.words:
            return self.search(value, text)
        if 'cidr' in self.words:
            return in_network(value, text)
        if 'fieldref' in self.words:
            return any(self.compare_fields(text, view(m))
                       for m in lookup(event, value)[1])
        return self.compare_plain(value, member, text)

    def compare_plain(self, value, member, text):
        if isinstance(value, bool):
            word = 'true' if value else 'false'
            return fold(text) == word if self.field else word in fold(text)
        if isinstance(value, (int, decimal.Decimal)) and self.field:
            if isinstance(member, Number):
                return number_of(member) == fractions.Fraction(str(value))
            return isinstance(member, str) and text == canonical(value)
        value = value if isinstance(value, str) else canonical(value)
        return any(matches(p, text, 'cased' in self.words)
                   for p in self.patterns(value))

    def compare_fields(self, text, other):
        if other is None:
            return False
        if 'cased' not in self.words:
            text, other = fold(text), fold(other)
        if 'contains' in self.words:
            return other in text
        if 'startswith' in self.words:
            return text.startswith(other)
        if 'endswith' in self.words:
            return text.endswith(other)
        return text == other

    def patterns(self, value):
        found = [unescape(value)]
        for word in self.words:
            if word == 'windash':
                found = [p for q in found for p in windash(q)]
            elif word in ('wide', 'utf16le', 'utf16be', 'utf16'):
                codec = 'utf-16-be' if word == 'utf16be' else 'utf-16-le'
                mark = b'\xff\xfe' if word == 'utf16' else b''
                if {'base64', 'base64offset'} & set(self.words):
                    found = [mark + to_bytes(p, codec) for p in found]
                else:
                    found = [p for p in (widen(q, codec, mark) for q in found)
                             if p is not None]
            elif word in ('base64', 'base64offset'):
                found = [list(t) for p in found
                         for t in encode(word, to_bytes(p, 'utf-8'))]
        lead = {'contains', 'endswith'} & set(self.words) or not self.field
        trail = {'contains', 'startswith'} & set(self.words) or not self.field
        for p in found:
            yield [STAR] * bool(lead) + p + [STAR] * bool(trail)

    def search(self, value, text):
        flags = re.A
        for word in self.words:
            flags |= {'i': re.I, 'ignorecase': re.I, 'm': re.M,
                      'multiline': re.M, 's': re.S,
                      'dotall': re.S}.get(word, 0)
        return re.search(value, text, flags) is not None


def to_bytes(pattern, codec):
    return pattern if isinstance(pattern, bytes) else \
        ''.join(pattern).encode(codec)


def widen(pattern, codec, mark):
    """Its bytes as text, between the wildcards; None where no text has them."""
    runs, wild = [mark], []
    for c in pattern:
        if isinstance(c, str):
            runs[-1] += c.encode(codec)
        else:
            wild.append(c)
            runs.append(b'')
    try:
        out = list(runs[0].decode())
        for c, run in zip(wild, runs[1:]):
            out += [c] + list(run.decode())
    except UnicodeDecodeError:
        return None
    return out


def in_network(value, text):
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if '%' in text:
        return False
    network = ipaddress.ip_network(value)
    return address.version == network.version and address in network


def expand(value, placeholders):
    """All ways to fill the %names% of a value."""
    parts = re.split(r'%(\w+)%', value) if isinstance(value, str) else [value]
    lists = [placeholders[p] if i % 2 else [p] for i, p in enumerate(parts)]
    for filled in itertools.product(*lists):
        yield ''.join(filled) if len(filled) > 1 else filled[0]


# ---- identifiers and conditions -----------------------------------------------

def identifier_holds(node, event, placeholders):
    if isinstance(node, dict):
        return all(Item(k, v, placeholders).holds(event)
                   for k, v in node.items())
    if isinstance(node, list) and any(isinstance(v, (dict, list))
                                      for v in node):
        return any(identifier_holds(v, event, placeholders) for v in node)
    return Item('', node, placeholders).holds(event)


class Condition:
    """or < and < not < 1 of, any of, all of < parentheses."""

    def __init__(self, text, value_of, names):
        self.words = re.findall(r'[()]|[^\s()]+', text)
        self.value_of, self.names = value_of, names

    def holds(self):
        value = self.disjunction()
        assert not self.words, self.words
        return value

    def took(self, *words):
        if tuple(self.words[:len(words)]) != words:
            return False
        del self.words[:len(words)]
        return True

    def disjunction(self):
        value = self.conjunction()
        while self.took('or'):
            value = self.conjunction() or value
        return value

    def conjunction(self):
        value = self.negation()
        while self.took('and'):
            value = self.negation() and value
        return value

    def negation(self):
        if self.took('not'):
            return not self.negation()
        if self.took('('):
            value = self.disjunction()
            assert self.took(')')
            return value
        for word, quantifier in (('1', any), ('any', any), ('all', all)):
            if self.took(word, 'of'):
                return quantifier([self.value_of(n) for n in self.selected()])
        return self.value_of(self.words.pop(0))

    def selected(self):
        pattern = self.words.pop(0)
        if pattern == 'them':
            pattern = '*'
        pattern = re.escape(pattern).replace(r'\*', '.*')
        return [n for n in self.names
                if not n.startswith('_') and re.fullmatch(pattern, n)]


def detection_holds(detection, event, placeholders):
    names = [n for n in detection if n != 'condition']
    conditions = detection['condition']
    if isinstance(conditions, str):
        conditions = [conditions]
    return any([Condition(c, lambda n: identifier_holds(
        detection[n], event, placeholders), names).holds()
        for c in conditions])


# ---- correlations (S17) ---------------------------------------------------------

class Fed:
    """An event that feeds a group: by which rules, and with what value."""

    def __init__(self, t, index, rules, value):
        self.t, self.index, self.rules, self.value = t, index, rules, value


def scalar(event, field):
    """The string view of the one scalar at a field, or None."""
    members = lookup(event, field)[1]
    return members[0] if len(members) == 1 and \
        view(members[0]) is not None else None


def count_holds(condition, figure):
    return all(COMPARISONS[op](figure, fractions.Fraction(str(n)))
               for op, n in condition.items() if op in COMPARISONS)


def percentile(numbers, percent):
    numbers = sorted(numbers)
    rank = (len(numbers) - 1) * fractions.Fraction(percent) / 100
    low = int(rank)
    high = min(low + 1, len(numbers) - 1)
    return numbers[low] + (numbers[high] - numbers[low]) * (rank - low)


def chain_length(window, rules):
    """Distinct events, each later than the one before, rule by rule: how far
    they come."""
    at = 0
    for n, rule in enumerate(rules):
        while at < len(window) and rule not in window[at].rules:
            at += 1
        if at == len(window):
            return n
        at += 1
    return len(rules)


def window_holds(correlation, rules, id_of, window):
    kind, condition = correlation['type'], correlation.get('condition', {})
    seen = {r for fed in window for r in fed.rules}
    if kind == 'temporal' and isinstance(condition, str):
        return Condition(condition, lambda n: id_of(n) in seen, []).holds()
    if kind == 'temporal':
        return count_holds(condition or {'gte': len(set(rules))}, len(seen))
    if kind == 'temporal_ordered':
        if not isinstance(condition, dict) or not condition:
            condition = {'gte': len(rules)}
        return count_holds(condition, chain_length(window, rules))
    if kind == 'event_count':
        return count_holds(condition, len(window))
    if kind == 'value_count':
        return count_holds(condition, len({view(f.value) for f in window}))
    numbers = [number_of(f.value) for f in window]
    if kind == 'value_sum':
        return count_holds(condition, sum(numbers))
    if kind == 'value_avg':
        return count_holds(condition, sum(numbers) / len(numbers))
    percent = 50 if kind == 'value_median' else \
        condition.get('percentile', 50)
    return count_holds(condition, percentile(numbers, percent))


def value_is_usable(kind, value):
    if value is None:
        return False
    if kind == 'value_count':
        return True
    return not isinstance(value, bool) and number_of(value) is not None


def named_rules(correlation):
    """Those listed, or those that the expression names, in its order."""
    if correlation.get('rules'):
        return correlation['rules']
    words = re.findall(r'[^\s()]+', correlation['condition'])
    return list(dict.fromkeys(w for w in words
                              if w not in ('and', 'or', 'not')))


def correlation_indices(correlation, events, times, order, matched, id_of):
    """The events at which it holds."""
    rules = [id_of(r) for r in named_rules(correlation)]
    span = int(correlation['timespan'][:-1]) * \
        UNITS[correlation['timespan'][-1]] * 10 ** 6
    condition = correlation.get('condition')
    field = condition.get('field') if isinstance(condition, dict) else None
    aliases = {alias: {id_of(r): name for r, name in fields.items()}
               for alias, fields in correlation.get('aliases', {}).items()}
    groups, found = {}, set()
    for i in order:
        feeds = {}
        for rule in rules:
            if i not in matched[rule]:
                continue
            def of_rule(name):
                return scalar(events[i], aliases.get(name, {}).get(
                    rule, name))
            key = tuple(view(of_rule(g))
                        for g in correlation.get('group-by', []))
            value = of_rule(field) if field else None
            if None not in key and (not field or value_is_usable(
                    correlation['type'], value)):
                feeds.setdefault(key, (value, set()))[1].add(rule)
        for key, (value, fed_by) in feeds.items():
            group = groups.setdefault(key, [])
            group.append(Fed(times[i], i, fed_by, value))
            window = [f for f in group if f.t >= times[i] - span]
            if window_holds(correlation, rules, id_of, window):
                found.add(i)
    return found


# ---- all of it --------------------------------------------------------------------

def event_times(events):
    times, last = [], 0
    for event in events:
        for field in ('time', 'timestamp', '@timestamp'):
            usable = [t for t in map(instant_of, lookup(event, field)[1])
                      if t is not None]
            if usable:
                last = usable[0]
                break
        times.append(last)
    return times


def ids_of(rules):
    """What a rule is named by, and its id: one in either case is the same."""
    ids = {rule['name']: rule['id'] for rule in rules if 'name' in rule}
    ids.update((rule['id'].lower(), rule['id']) for rule in rules)
    return lambda name: ids[name if name in ids else name.lower()]


def filtered(rule, filters, id_of):
    """The rule's detection and those of the filters on it: all must hold."""
    yield rule['detection']
    for one in filters:
        named = one['filter']['rules']
        if isinstance(named, str) and named != 'any':
            named = [named]
        source = one['logsource']
        if (named == 'any' or rule['id'] in map(id_of, named)) and all(
                rule['logsource'].get(k) == v for k, v in source.items()):
            yield {k: v for k, v in one['filter'].items() if k != 'rules'}


def evaluate(rules, events, placeholders=None):
    """{id: [index, ...]} of all rules that match an event.

    A correlation comes behind the rules it names.
    """
    filters = [rule for rule in rules if 'filter' in rule]
    rules = [rule for rule in rules if 'filter' not in rule]
    times = event_times(events)
    order = sorted(range(len(events)), key=lambda i: (times[i], i))
    matched, id_of = {}, ids_of(rules)
    for rule in rules:
        if 'correlation' in rule:
            found = correlation_indices(rule['correlation'], events, times,
                                        order, matched, id_of)
        else:
            found = {i for i, e in enumerate(events) if all(
                detection_holds(d, e, placeholders or {})
                for d in filtered(rule, filters, id_of))}
        matched[rule['id']] = found
    return {r['id']: sorted(matched[r['id']]) for r in rules
            if matched[r['id']]}
