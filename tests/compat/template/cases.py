"""The templates of golden.jsonl: every filter, test, operator and statement over several inputs, and
the forms seen in public DAG files. Long because it is a table, a case a line: there is nothing in it to find but the next line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Case = dict[str, Any]

# One expression a line, over the context "data".
EXPRESSIONS = r"""
1
1.0
1e3
1.5e-7
0x1f + 0b101 + 0o17
1_000_000
100000000000000000.0
1e16
0.1 + 0.2
1e400
-1e400
'a' 'b' "c"
"tab\tnl\nuni\u00e9\x41\101"
'single "double"'
true and false
True or none
not 1
not not 1
1 and 2
0 or 'x'
'' or none
1 if t else 2
1 if no
(1 if no) is defined
1 if no else 2 if t else 3
[]
[1, 'a', none, 1.5, [2], {}]
(1,)
(1, 2)
()
1, 2
{}
{'a': 1, 2: 'b', none: 3, (1, 2): 4}
{'a': 1, 'a': 2}
{1: 'a', 1.0: 'b', true: 'c'}
{[]: 1}
1 + 2 * 3
(1 + 2) * 3
7 / 2
8 / 2
7 // 2
-7 // 2
7 // -2
7 % 3
-7 % 3
7 % -3
7.5 // 2
-7.5 // 2
7.5 % 2
-7.5 % 2
1 // 0
1 / 0
1 % 0
1.0 / 0
1.0 // 0
1.0 % 0
2 ** 10
2 ** -1
2 ** 0.5
0 ** 0
0 ** -1
-2 ** 2
2 ** 3 ** 2
(-8) ** 0.5
9223372036854775807
9223372036854775807 + 1
9223372036854775808
2 ** 62
2 ** 64
10 ** 18
10 ** 30
-9223372036854775807 - 1
3037000500 * 3037000500
- n
+ n
- - n
-f
-s
+none
- none
1 + none
1 + 'a'
'a' + 1
'a' + none
[1] + 'a'
[1] + [2]
(1,) + (2,)
[1] + (2,)
{} + {}
'ab' * 3
3 * 'ab'
'ab' * -1
'ab' * 1.5
[1, 2] * 2
2 * [0]
(1,) * 3
[1] * none
1 - 'a'
none - none
true + true
true * 5
1 ~ 2
'a' ~ 1 ~ none ~ 1.5 ~ [1]
1 ~ 2 + 3
1 + 2 ~ 3
1 == 1.0
1 == true
'1' == 1
[1, 2] == [1, 2]
(1, 2) == [1, 2]
{'a': 1} == {'a': 1.0}
none == none
1 != 2
1 < 2 < 3
1 < 3 < 2
3 > 2 >= 2 != 1
1 < 'a'
'a' < 'b'
'B' < 'a'
[1, 2] < [1, 3]
[1] < [1, 2]
(1, 'a') < (1, 2)
none < 1
1.5 >= 1
1 in [1, 2]
3 not in [1, 2]
'a' in 'abc'
'' in 'abc'
1 in 'abc'
'a' in d
'z' not in d
1 in 5
none in [none]
[1] in [[1]]
[] in d
1 in none
s
s | length
u | length
u[3]
u[-1]
u[2:]
u[::-1]
s[0]
s[-1]
s[100]
s[100] is defined
s[1:4]
s[:3]
s[-3:]
s[::2]
s[::-1]
s[10:2:-2]
s[::0]
s['upper']
nums[0]
nums[-1]
nums[5]
nums.0
nums.1
nested.0.1
nums[1:]
nums[::-1]
nums['a']
nums['append'] is defined
tup[1]
tup[:2]
d.a
d['a']
d.missing
d['missing']
d[none]
d['a']['b']
d.a.b
d.missing.x
d[[]]
d.items
dd.items
dd.items()
dd['items']
dd.x.y.z
dd['x']['y']['z']
dd.list[1]
dd.list.2
dd['key with space']
d.keys()
d.values()
d.items()
d.get('a')
d.get('zz')
d.get('zz', 5)
d.get('zz', default=5)
d.get()
d.keys() | list
d.values() | list | sum
d.items() | list
d.copy()
missing
missing.attr
missing['x']
missing()
missing + 1
1 + missing
'a' + missing
'a' ~ missing
missing == 1
1 == missing
missing < 1
missing in [1]
1 in missing
[missing]
[missing] | length
{'a': missing}
(missing,)
not missing
missing or 1
missing and 1
missing if t
1 if missing else 2
missing | default('x')
missing.a | default('x')
missing | default
none | default('x')
none | default('x', true)
'' | d('x')
'' | d('x', true)
0 | d('x', boolean=true)
missing | d(default_value='q')
s.upper()
s.lower()
s.title()
s.capitalize()
s.swapcase()
s.casefold()
u.upper()
u.title()
'straße'.upper()
s.replace('l', 'L')
s.replace('l', 'L', 1)
s.replace('', '-')
s.replace('l')
s.split()
s.split(',')
s.split(', ')
s.split('l', 1)
s.split('')
' a  b c '.split()
' a  b c '.split(none, 1)
'a,b,,c'.split(',')
'a,b,c'.rsplit(',', 1)
' a b '.rsplit(none, 1)
'a.b.c'.partition('.')
'a.b.c'.rpartition('.')
'abc'.partition('x')
lines.splitlines()
lines.splitlines(true)
'a\r\nb\rc'.splitlines()
' x '.strip()
'xxaxx'.strip('x')
'xxaxx'.lstrip('x')
'xxaxx'.rstrip('x')
'abc'.strip(1)
', '.join(strs)
', '.join(nums)
'-'.join('abc')
''.join(5)
s.startswith('Hell')
s.startswith('x')
s.startswith(('x', 'H'))
s.startswith('W', 7)
s.endswith('World')
s.endswith(1)
s.find('o')
s.find('o', 5)
s.find('z')
s.rfind('o')
s.index('z')
s.index('W')
s.count('l')
s.count('')
'7'.zfill(3)
'-7'.zfill(4)
'abc'.center(9)
'abc'.center(10, '*')
'ab'.center(5)
'abc'.ljust(5) ~ '|'
'abc'.rjust(5, '.')
'abc'.rjust(5, '..')
'abc'.removeprefix('a')
'abc'.removesuffix('bc')
'a\tb'.expandtabs(4)
'123'.isdigit()
'12a'.isdigit()
'abc'.isalpha()
'a1'.isalnum()
' '.isspace()
'ABC'.isupper()
'aBC'.islower()
'A Title'.istitle()
'a_b'.isidentifier()
'abc'.isascii()
'abc'.encode('utf-8')
'abc'.nope()
'abc'.nope
'abc'.upper
'abc'.format()
'{} {}'.format(1, 'b')
'{0} {1} {0}'.format(1, 2)
'{a} {b}'.format(a=1, b=2)
'{a.b}'.format(a={'b': 1})
'{0[1]}'.format([1, 2])
'{:5}|'.format('a')
'{:>5}|{:<5}|{:^5}|'.format('a', 'b', 'c')
'{:05d}'.format(42)
'{:,}'.format(1234567)
'{:_}'.format(1234567)
'{:,.2f}'.format(1234567.891)
'{:.3f}'.format(3.14159)
'{:.0f}'.format(2.5)
'{:e}'.format(12345.678)
'{:g}'.format(0.0001)
'{:%}'.format(0.5)
'{:.1%}'.format(0.1234)
'{:x} {:X} {:#x} {:b} {:o}'.format(255, 255, 255, 5, 8)
'{:+d} {: d}'.format(5, 5)
'{:*^9}'.format('mid')
'{:010.2f}'.format(-3.14159)
'{:012,}'.format(1234567)
'{!r} {!s}'.format('a', 'b')
'{{}}'.format()
'{'.format()
'}'.format()
'{} {}'.format(1)
'{0} {}'.format(1, 2)
'{x}'.format()
'{:d}'.format('a')
'{:.2}'.format('abcdef')
'{:{}}|'.format('a', 5)
'{:d}'.format(1.5)
'{:s}'.format(1)
'{:f}'.format(7)
'{}'.format(none)
'{:5}'.format(none)
'{}'.format(missing)
'{}'.format([1, 'a'])
'{a}'.format_map({'a': 3})
'%s' % 'a'
'%s %s' % (1, 2)
'%d' % 3.7
'%d' % 'a'
'%5d|%-5d|%05d' % (1, 2, 3)
'%.2f' % 3.14159
'%+.1e' % 12345.678
'%g' % 1e10
'%x %X %o %#x' % (255, 255, 8, 255)
'%(a)s %(b)d' % {'a': 1, 'b': 2}
'%(zz)s' % {'a': 1}
'%%' % ()
'%s' % ()
'%s' % (1, 2)
'abc' % 1
'abc' % []
'%s' % [1, 2]
'%s' % {'a': 1}
'%r' % 'a'
'%10s|%-10s|' % ('a', 'b')
'%.2s' % 'abcdef'
'%c' % 65
'%q' % 1
'%' % 1
'%*d' % (5, 42)
'%s' % none
'%s' % missing
nums.index(1)
nums.index(9)
nums.count(1)
nums.nope()
tup.count(1)
tup.index('two')
n.bit_length()
f.is_integer()
2.0.is_integer()
big
big + 1
big / 2
floats
mixed
nested
tup
d
dd
users
json_text
html
3.0
1e100
123456789.123456789
1/3
100.0
1e-5
0.0001
-0.0
5 | string
none ~ ''
[none, true, 1.0, 'q"uote', "ap'os", 'both\'"', 'nl\n', 'tab\t', 'é', '\x00', '\u200b', '\\']
''.__class__
s.__class__.__mro__
[].__class__
d.__class__ is defined
''.__len__()
s._private
d._private
d._private is defined
''.__nope__
range
range(3)
range(3) | list
range(1, 10, 3) | list
range(5, 0, -2) | list
range(0)
range(3)[1]
range(3)[7]
range(3) | length
range(3) | sum
range(0, 0, 0)
range(100001)
range(100000) | length
range(1000000000)
range('a')
range(1, 5, 2)
3 in range(5)
dict(a=1, b=2)
dict([('a', 1), ('b', 2)])
dict({'x': 1}, y=2)
dict(5)
namespace(a=1).a
namespace(a=1)
cycler('a', 'b').next()
cycler()
joiner('|')()
lipsum() is defined
none.x
none['x']
none.x is defined
n.x
n()
s()
[1, 2]()
f.real
users[0].name
users[0]['age'] + 1
users[0].tags[1]
users[5].name
users | length
json_text | length
nums is sameas nums
1 is 1
""".strip().split("\n")

FILTER_INPUTS = ["s", "n", "f", "none", "nums", "d", "strs", "el", "missing", "u", "true", "neg"]
PLAIN_FILTERS = [
    "abs", "capitalize", "count", "escape", "e", "filesizeformat", "first", "float", "forceescape",
    "int", "items|list", "last", "length", "list", "lower", "max", "min", "pprint", "reverse|list",
    "round", "safe", "sort", "string", "striptags", "sum", "title", "tojson", "trim", "upper",
    "unique|list", "urlencode", "wordcount", "xmlattr", "dictsort", "join", "default('D')", "center(20)",
    "batch(2)|list", "slice(2)|list", "map('string')|list", "select|list", "reject|list", "reverse",
    "indent", "truncate(8)", "wordwrap(10)", "replace('a','b')", "format", "attr('upper')", "map('upper')|join",
]  # fmt: skip

FILTERS = r"""
(-3)|abs
(-2.5)|abs
users|attr('name')
s|attr('upper')
s|attr('__class__')
'x'|attr('nope') is defined
nums|batch(2)|list
nums|batch(2, 'x')|list
[1,2,3,4,5]|batch(3, 0)|list
nums|batch(2)
range(10)|slice(3)|list
range(10)|slice(3, 'x')|list
range(2)|slice(5)|list
range(10)|slice(0)|list
'hello wORLD foo'|capitalize
'hi'|center(10) ~ '|'
'hi'|center ~ '|'
5|center(10) ~ '|'
d|dictsort
d|dictsort(true)
d|dictsort(by='value')
d|dictsort(false, 'value', true)
d|dictsort(reverse=true)
d|dictsort(by='x')
{'b': 'X', 'a': 'y'}|dictsort(false, 'value')
html|escape
html|e|e
html|escape|upper
html|safe
html|safe|escape
html|forceescape
html|e|forceescape
(html|escape) ~ '<b>'
(html|escape) + '<b>'
'<b>' + (html|escape)
[html|escape]
html|escape|length
html|e is escaped
html is escaped
0|filesizeformat
1|filesizeformat
999|filesizeformat
1000|filesizeformat
1024|filesizeformat(true)
1500000|filesizeformat
123456789012|filesizeformat(binary=true)
'100'|filesizeformat
'x'|filesizeformat
1e30|filesizeformat
'abc'|first
[]|first
[]|first is defined
d|first
(nums|map('string'))|first
5|first
'3.7'|float
'x'|float
'x'|float(1.5)
'x'|float(default=9)
' 3 '|float
'1_000'|float
'inf'|float
'nan'|float
none|float
[]|float
'42'|int
'42.9'|int
' 42 '|int
'0x1A'|int
'0x1A'|int(0, 16)
'1A'|int(0, 16)
'0b101'|int(base=2)
'077'|int(base=8)
'x'|int
'x'|int(-1)
'x'|int(default=7)
3.99|int
(-3.99)|int
'1e3'|int
none|int
none|int(5)
true|int
''|int
'1_0'|int
'٣'|int
'%s-%s'|format(1, 2)
'%(a)s'|format(a=1)
'%s'|format
'%d items'|format(3)
'x'|format(1)
'%s'|format(1, a=2)
users|groupby('city')
users|groupby('city')|map('first')|list
users|groupby('city')|map(attribute='grouper')|list
users|groupby('city')|map(attribute='list')|map('length')|list
users|groupby('nope')
users|groupby('nope', default='none')|length
users|groupby(attribute='tags.0', default='')|length
lines|indent
lines|indent(2)
lines|indent(2, true)
lines|indent(2, first=true, blank=true)
lines|indent('> ')
lines|indent(width=1)
'one'|indent
''|indent
d|items|list
missing|items|list
5|items|list
5|items
nums|join
nums|join(', ')
strs|join('|')
users|join(', ', attribute='name')
users|join(', ', 'age')
mixed|join('-')
'abc'|join('.')
5|join
[missing]|join
[1, missing]|join(',')
nums|last
'abc'|last
[]|last
range(3)|last
(nums|map('string'))|last
d|last
nums|length
5|length
(nums|map('string'))|length
d|list
'abc'|list
5|list
nums|map('string')
nums|map('string')|list
strs|map('upper')|list
strs|map('replace', 'a', 'o')|list
users|map(attribute='name')|list
users|map(attribute='name')|join(', ')
users|map(attribute='nope', default='x')|list
users|map(attribute='nope')|list
users|map(attribute='nope')|join
users|map(attribute='tags.0', default='-')|list
users|map(attribute=0)|list
users|map()|list
nums|map('nope')|list
[]|map('nope')|list
nums|map(attribute='x', y=1)|list
nums|map('int', 5, base=2)|list
none|map('upper')|list
missing|map('upper')|list
5|map('upper')|list
['1', 'x']|map('int')|sum
['a', 1]|map('upper')|list
[1, 'a']|map('abs')|list
([1, 'a']|map('abs')) is defined
strs|max
strs|min
strs|max(true)
strs|min(case_sensitive=true)
users|max(attribute='age')
users|min(attribute='age')|string
[]|max
[]|min|default('none')
mixed|max
{'b': [1, 2], 'a': {'z': 1, 'y': 2}}|pprint
users|pprint
'text'|pprint
nums|reject('odd')|list
nums|select('odd')|list
nums|select('gt', 1)|list
nums|select('>', 1)|list
nums|select('in', [1, 2])|list
nums|select('divisibleby', 3)|list
mixed|select('string')|list
mixed|select|list
mixed|reject|list
mixed|select('none')|list
mixed|reject('none')|list
nums|select('nope')|list
[]|select('nope')|list
users|selectattr('tags')|map(attribute='name')|list
users|selectattr('age', 'gt', 28)|map(attribute='name')|list
users|selectattr('city', 'equalto', 'Paris')|list|length
users|selectattr('city', '==', 'Paris')|map(attribute='name')|join(',')
users|rejectattr('tags')|map(attribute='name')|list
users|rejectattr('age', 'lt', 30)|map(attribute='name')|list
users|selectattr('nope', 'defined')|list
users|selectattr('nope', 'undefined')|list|length
users|selectattr('nope')|list
users|selectattr()|list
s|replace('l', 'L')
s|replace('l', 'L', 1)
s|replace(old='l', new='x', count=2)
5|replace(5, 6)
s|replace('l')
nums|reverse|list
nums|reverse
s|reverse
d|reverse|list
5|reverse
(nums|map('string'))|reverse
2.5|round
3.5|round
2.675|round(2)
42.55|round(1, 'floor')
42.55|round(1, 'ceil')
42.4|round|int
1234.5678|round(-2)
42|round
42|round(2)
42|round(1, 'ceil')
'x'|round
2.5|round(method='nope')
(-2.5)|round(0, 'floor')
nums|sort
nums|sort(true)
strs|sort
strs|sort(case_sensitive=true)
strs|sort(reverse=true)
users|sort(attribute='age')|map(attribute='name')|list
users|sort(attribute='city,name')|map(attribute='name')|list
users|sort(attribute='nope')
mixed|sort
tup|sort
'hello'|sort
d|sort
[[2,1],[1,5],[1,2]]|sort
[[1,'b'],[0,'a']]|sort(attribute='1')
'<p>Hello  <b>you</b> &amp; me</p>'|striptags
'a <!-- x --> b'|striptags
'&lt;x&gt; &#39; &eacute;'|striptags
'1 < 2'|striptags
[1, 2.5]|sum
users|sum(attribute='age')
users|sum('age', 100)
nums|sum(start=10)
nested|sum(start=[])
strs|sum
strs|sum(start='')
[]|sum
'hello wORLD-foo (bar) {x} [y] <z'|title
"it's o'clock"|title
u|title
dd|tojson
mixed|tojson
html|tojson
u|tojson
{'b': 1, 'a': [1, 2]}|tojson(2)
{'b': 1, 'a': [1, {}, []]}|tojson(indent=4)
{1: 'a', none: 2}|tojson
{1: 'a', 2: 'b'}|tojson
1.0|tojson
tup|tojson
missing|tojson
(nums|map('string'))|tojson
range(3)|tojson
"'"|tojson
'  x  '|trim
'xxhixx'|trim('x')
'  x  '|trim|length
words|truncate(20)
words|truncate(20, true)
words|truncate(20, true, '…')
words|truncate(20, false, '...', 0)
words|truncate(40)
words|truncate(9, leeway=0)
words|truncate(2)
'short'|truncate(3, true, '', 0)
strs|unique|list
strs|unique(true)|list
strs|unique
users|unique(attribute='city')|map(attribute='name')|list
mixed|unique|list
nested|unique|list
'aAbB'|unique|join
'a b&c/d?é=1'|urlencode
{'a b': 'c&d', 'e': 1}|urlencode
[('a', 1), ('b', 'x y')]|urlencode
[1, 2]|urlencode
5|urlencode
u|wordcount
words|wordcount
words|wordwrap(10)
words|wordwrap(3)
words|wordwrap(3, false)
words|wordwrap(15, wrapstring='|')
lines|wordwrap(6)
'averyveryverylongword x'|wordwrap(5)
'a-b-c-d'|wordwrap(3)
'a-b-c-d'|wordwrap(3, break_on_hyphens=false)
{'class': 'a b', 'id': none, 'x': 1, 'q': '"'}|xmlattr
{'a': 1}|xmlattr(false)
{'a b': 1}|xmlattr
{}|xmlattr
s|upper|lower|title
s|nope
s|upper(1)
s|upper(x=1)
nums|join(x=1)
nums|join(1, 2, 3)
s|default(1, 2, 3)
s|center('x')
'a'|center(5)|trim|length
(1 + 2)|string ~ 'x'
-1|abs
1 + -1|abs
'abc'|upper ~ 'x'|upper
s|length > 3
n|string|length
nums|sort|first
nums|sort|reverse|list|first
users|map(attribute='age')|sum / (users|length)
'a,b,c'.split(',')|map('upper')|join('+')
('a' ~ 1)|upper
s|urlize
nums|random
s|trim|lower|replace(' ', '_')|replace(',', '')
none|string
none|length
true|lower
[1,2]|string|length
""".strip().split("\n")

TEST_INPUTS = ["s", "n", "f", "none", "nums", "d", "tup", "t", "missing", "el", "range(2)", "big"]
TESTS = [
    "boolean", "callable", "defined", "escaped", "even", "false", "filter", "float", "integer",
    "iterable", "lower", "mapping", "none", "number", "odd", "sequence", "string", "test", "true",
    "undefined", "upper", "eq(42)", "ne(42)", "lt(50)", "gt(50)", "le(42)", "ge(42)", "divisibleby(7)",
    "in([42, none])", "sameas(none)", "equalto 42", "not defined", "not none",
]  # fmt: skip

MORE_TESTS = r"""
1 is odd
1 is not even
4 is divisibleby 2
4 is divisibleby(3)
1 is eq 1
1 is equalto(2)
1 is lessthan 2
1 is greaterthan 2
'a' is in 'abc'
'x' is in ['x']
'x' is not in ['x']
'upper' is filter
'nope' is filter
'odd' is test
s is upper
'ABC' is upper
none is none
false is false
true is sameas true
1 is sameas 1
n is nope
1 is odd is even
1 is defined and 2 is defined
missing is defined or 1
missing is undefined
missing.x is defined
d.missing is defined
d.missing.x is defined
d['a'] is defined
nums[9] is undefined
s is string and n is number
not n is none
n is not none
n is divisibleby 0
'a' is odd
2.0 is even
s is mapping
range is callable
s.upper is callable
(1 if no) is undefined
[] is sameas []
n is in(nums)
n is eq(n, 1)
n is defined(1)
""".strip().split("\n")

STATEMENTS: list[str] = [
    "plain text",
    "",
    "a\nb\n",
    "a\nb\n\n",
    "a\r\nb\rc",
    "{# comment #}x",
    "a{#- c -#} b",
    "  {# c #}\nx",
    "{% raw %}{{ x }}{% y %}{% endraw %}",
    "a {%- raw -%}  {{ x }}  {%- endraw -%} b",
    "{% raw %}x",
    "{# x",
    "{{ 'a' }}{{ 'b' }}",
    "{{- 'a' -}}",
    " x {{- 'a' -}} y ",
    "a\n  {{+ 1 }}",
    "a {%- if t %} b {%- endif %} c",
    "a {% if t -%} b {% endif -%} c",
    "{% if t %}y{% endif %}",
    "{% if no %}y{% endif %}",
    "{% if no %}y{% else %}n{% endif %}",
    "{% if no %}1{% elif t %}2{% else %}3{% endif %}",
    "{% if no %}1{% elif no %}2{% elif none %}3{% else %}4{% endif %}",
    "{% if missing %}1{% endif %}",
    "{% if missing is defined %}1{% else %}2{% endif %}",
    "{% if nums and s %}1{% endif %}",
    "{% if 1 in nums and not el %}1{% endif %}",
    "{% if n > 40 %}{% if n < 50 %}in{% endif %}{% endif %}",
    "{% for x in nums %}{{ x }},{% endfor %}",
    "{% for x in nums %}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% for x in el %}{{ x }}{% else %}none{% endfor %}",
    (
        "{% for x in nums %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}"
        "{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }};{% endfor %}"
    ),
    "{% for x in nums %}{{ loop.previtem|default('-') }}{{ x }}{{ loop.nextitem|default('-') }};{% endfor %}",
    "{% for x in nums %}{{ loop.previtem }}{% endfor %}",
    "{% for x in nums %}{{ loop.cycle('odd', 'even') }} {% endfor %}",
    "{% for x in nums %}{{ loop.cycle() }} {% endfor %}",
    "{% for x in [1,1,2,2,1] %}{{ loop.changed(x) }} {% endfor %}",
    "{% for x in nums %}{{ loop }}{% endfor %}",
    "{% for x in nums %}{{ loop.nope }}{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k in d %}{{ k }}{% endfor %}",
    "{% for k, v in d %}{{ k }}{% endfor %}",
    "{% for a, b in nested %}{{ a }}{% endfor %}",
    "{% for (a, b) in [(1, 2), (3, 4)] %}{{ a }}{{ b }}{% endfor %}",
    "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for c in 'abc' %}{{ c }}-{% endfor %}",
    "{% for x in 5 %}{{ x }}{% endfor %}",
    "{% for x in missing %}{{ x }}{% endfor %}",
    "{% for x in none %}{{ x }}{% endfor %}",
    "{% for x in nums if x > 1 %}{{ x }}:{{ loop.index }}/{{ loop.length }} {% endfor %}",
    "{% for x in nums if x > 5 %}{{ x }}{% else %}nothing{% endfor %}",
    "{% for x in nums if loop.index > 1 %}{{ x }}{% endfor %}",
    "{% for x in nums|sort %}{{ x }}{% endfor %}",
    "{% for x in range(3) %}{{ x }}{% endfor %}",
    "{% for x in nums|map('string') %}{{ x }}{{ loop.length }}{% endfor %}",
    "{% for x in nums %}{% for y in nums %}{{ loop.index }}{{ x }}{{ y }} {% endfor %}{% endfor %}",
    "{% for x in nums %}{% set outer = loop %}{% for y in 'ab' %}{{ outer.index }}{{ y }} {% endfor %}{% endfor %}",
    "{% for x in nums %}{% set z = x %}{% endfor %}{{ z is defined }}",
    "{% set z = 0 %}{% for x in nums %}{% set z = z + x %}{{ z }} {% endfor %}{{ z }}",
    "{% set ns = namespace(z=0) %}{% for x in nums %}{% set ns.z = ns.z + x %}{% endfor %}{{ ns.z }}",
    "{% set ns = namespace() %}{% set ns.a = 1 %}{{ ns.a }}{{ ns.b }}",
    "{% set d.a = 5 %}",
    "{% for x in nums %}{{ x }}{% endfor %}{{ x }}",
    "{% for x in nums %}{{ x }}{% endfor %}{{ loop }}",
    "{% for item in tree recursive %}{{ item.v }}[{{ loop(item.kids) }}]{% endfor %}",
    "{% for item in tree recursive %}{{ loop.depth }}{{ item.v }}{% if item.kids %}({{ loop(item.kids) }}){% endif %}{% endfor %}",
    "{% for x in nums %}{{ loop(x) }}{% endfor %}",
    "{% for loop in nums %}{% endfor %}",
    "{% for x in nums recursive %}{{ x }}{% endfor %}",
    "{% set x = 5 %}{{ x }}",
    "{% set x, y = 1, 2 %}{{ x }}{{ y }}",
    "{% set x, y = [1] %}",
    "{% set x, y = 1, 2, 3 %}",
    "{% set x, y = 5 %}",
    "{% set x = 1, 2 %}{{ x }}",
    "{% set x = 1 if no else 2 %}{{ x }}",
    "{% set x %}block {{ n }}{% endset %}{{ x }}",
    "{% set x | upper %}block{% endset %}{{ x }}",
    "{% set x | replace('b', 'c') | upper %}abc{% endset %}{{ x }}",
    "{% set x = missing %}{{ x is defined }}",
    "{% set x = missing %}{{ x }}",
    "{% if t %}{% set x = 1 %}{% endif %}{{ x }}",
    "{% if no %}{% set x = 1 %}{% endif %}{{ x }}",
    "{{ x }}{% set x = 1 %}",
    "{% set n = 1 %}{{ n }}",
    "{% set 5 = 1 %}",
    "{% set none = 1 %}",
    "{% set a.b.c = 1 %}",
    "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q is defined }}",
    "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}",
    "{% with a = 1, b = a %}{{ b }}{% endwith %}",
    "{% with n = 1, m = n %}{{ n }}{{ m }}{% endwith %}{{ n }}",
    "{% do 1 + 1 %}x",
    "{% set l = [] %}{% do l.append(1) %}{% do l.append(2) %}{{ l }}",
    (
        "{% set l = [3,1,2] %}{% do l.sort() %}{{ l }}{% do l.reverse() %}{{ l }}{% do l.insert(1, 'x') %}{{ l }}"
        "{{ l.pop() }}{{ l.pop(0) }}{{ l }}{% do l.extend([7, 8]) %}{% do l.remove(7) %}{{ l }}{% do l.clear() %}{{ l }}"
    ),
    "{% set l = [] %}{% for x in nums %}{% do l.append(x * 2) %}{% endfor %}{{ l }}",
    "{% set l = [] %}{{ l.append(1) }}{{ l }}",
    "{% set l = [] %}{% set _ = l.append(5) %}{{ l }}",
    (
        "{% set m = {} %}{% do m.update({'a': 1}) %}{% do m.update(b=2) %}{{ m }}{{ m.pop('a') }}{{ m }}"
        "{{ m.setdefault('c', 3) }}{{ m }}{% do m.clear() %}{{ m }}"
    ),
    "{% set m = {} %}{{ m.pop('a') }}",
    "{% set m = {} %}{{ m.pop('a', 5) }}",
    "{% set l = [] %}{{ l.pop() }}",
    "{% set l = [1] %}{{ l.remove(5) }}",
    "{% do nums.append(4) %}{{ nums }}",
    "{% do d.update({'q': 1}) %}{{ d.q }}",
    "{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(b=5, a=4) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}",
    "{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}",
    "{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(1) }}",
    "{% macro m(a, b) %}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.caller }}{{ m }}",
    "{% macro m(a=1, b) %}{% endmacro %}",
    "{% macro m() %}{{ n }}{% endmacro %}{% set n = 7 %}{{ m() }}",
    "{% macro m() %}{% set n = 8 %}{{ n }}{% endmacro %}{{ m() }}{{ n }}",
    "{% macro fact(x) %}{% if x <= 1 %}1{% else %}{{ x * fact(x - 1)|int }}{% endif %}{% endmacro %}{{ fact(5) }}",
    "{% macro m() %}{{ m() }}{% endmacro %}x",
    "{% macro wrap() %}<{{ caller() }}>{% endmacro %}{% call wrap() %}in {{ n }}{% endcall %}",
    "{% macro wrap() %}<{{ caller(1, 2) }}>{% endmacro %}{% call(a, b) wrap() %}{{ a }}{{ b }}{% endcall %}",
    "{% macro wrap() %}<{{ caller() }}>{% endmacro %}{{ wrap() }}",
    "{% macro wrap() %}x{% endmacro %}{% call wrap() %}y{% endcall %}",
    "{% macro wrap(caller=none) %}{{ caller() if caller else 'no' }}{% endmacro %}{{ wrap() }}{% call wrap() %}yes{% endcall %}",
    "{% call n %}x{% endcall %}",
    "{% filter upper %}abc {{ s }}{% endfilter %}",
    "{% filter replace('a', 'b') | upper %}abc{% endfilter %}",
    "{% filter nope %}x{% endfilter %}",
    "{% autoescape true %}{{ html }}{{ html|safe }}{{ '<' ~ '>' }}{{ n }}{% endautoescape %}{{ html }}",
    "{% autoescape false %}{{ html }}{% endautoescape %}",
    "{% autoescape true %}{% set x %}<b>{{ '<' }}</b>{% endset %}{{ x }}{% endautoescape %}",
    "{% autoescape true %}{% macro m() %}<{{ '<' }}>{% endmacro %}{{ m() }}{% endautoescape %}",
    "{% print 1, 'a' %}",
    "{% print %}",
    "{% block b %}x{{ n }}{% endblock %}",
    "{% block b %}x{% endblock b %}{{ self.b() }}",
    "{% block b %}{% endblock %}{% block b %}{% endblock %}",
    "{% for x in nums %}{% block b scoped %}{{ x }}{% endblock %}{% endfor %}",
    "{% for x in nums %}{% block b %}{{ x }}{% endblock %}{% endfor %}",
    "{% block a-b %}{% endblock %}",
    "{% block a required %}{% endblock %}",
    "{% block a required %}x{% endblock %}",
    "{% break %}",
    "{{ 1 }",
    "{{ }}",
    "{{ 1",
    "{{ 1 2 }}",
    "{{ (1 }}",
    "{{ [1 }}",
    "{{ 1) }}",
    "{{ {'a' 1} }}",
    "{{ 'abc }}",
    "{{ a b }}",
    "{{ a. }}",
    "{{ a.'b' }}",
    "{{ a|  }}",
    "{{ a| 5 }}",
    "{{ a is }}",
    "{{ a ! b }}",
    "{{ a $ b }}",
    "{{ é ? }}",
    "{{ 1 + }}",
    "{{ * 1 }}",
    "{{ a == }}",
    "{{ a in }}",
    "{{ not }}",
    "{{ if }}",
    "{{ 1 if }}",
    "{{ 1if t else 2 }}",
    "{{ f(a=1, 2) }}",
    "{{ f(*a, 1) }}",
    "{{ f(**a, *b) }}",
    "{{ f(a=1, a=2) }}",
    "{{ dict(**{'a': 1}) }}",
    "{{ dict(*[[('a', 1)]]) }}",
    "{{ range(*[1, 4])|list }}",
    "{{ dict(**5) }}",
    "{{ range(*5) }}",
    "{{ dict(a=1, **{'a': 2}) }}",
    "{{ 1 }} {{ 2 }",
    "{% if %}x{% endif %}",
    "{% if t %}x",
    "{% if t %}x{% else %}",
    "{% for %}",
    "{% for x %}{% endfor %}",
    "{% for x in %}{% endfor %}",
    "{% for 1 in nums %}{% endfor %}",
    "{% for x in nums %}{% endif %}",
    "{% for x in nums %}{% if t %}{% endfor %}",
    "{% endif %}",
    "{% nope %}",
    "{% 5 %}",
    "{% %}",
    "{% if t % }",
    "{% set %}",
    "{% set x = %}",
    "{% set x = 5",
    "{% macro %}",
    "{% macro m %}{% endmacro %}",
    "{% include %}",
    "{% from 'x' import %}",
    "{% from 'x' import _y %}",
    "{% import 'x' %}",
    "{% raw %}a{% endraw %}b{% endraw %}",
    "line1\nline2\n{{ 1 + }}\n",
    "a\n\n\n{% nope %}",
    "{{ x\n\n + }}",
    "{% for x in nums %}\n{{ x }}\n{% endfor %}\n",
    "{%- for x in nums -%}\n  {{ x }}\n{%- endfor -%}\n",
    "{% for x in nums -%}\n  {{ x }}\n{% endfor %}\n",
    "  {% if t %}\n  a\n  {% endif %}\n  b\n",
    "{{ nums|join(',') }}\n\n{{ s }}\n",
    "{{ '{{' }} {{ '}}' }} {{ '{%' }}",
    "{{ {'a': {'b': 1}} }}",
    "{{{'a': 1}}}",
    "{{ {'a': {'b': {}}}['a'] }}",
    "}} %} #} { { %",
    "${foo} $((1+1)) {not a tag}",
    "{{ s }}{# c #}{{ n }}",
    "{% if t %}{# c #}{% endif %}x",
    "{% if no %}{{ 1|nope }}{% endif %}ok",
    "{% if t %}{{ 1|nope }}{% endif %}ok",
    "{{ (1|nope) if no else 2 }}",
    "{% for x in nums %}{{ x|nope }}{% endfor %}",
    "{{ n is nope }}",
    "{{ 'a' if n is nope else 'b' }}",
    "{{ joiner }}",
    "{% set j = joiner(', ') %}{% for x in nums %}{{ j() }}{{ x }}{% endfor %}",
    "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{% do c.reset() %}{{ c.current }}",
    "{% set g = nums|map('string') %}{{ g|join }}|{{ g|join }}",
    "{% set g = nums|select('odd') %}{{ g|list }}{{ g|list }}",
    "{% set g = nums|reverse %}{{ g|list }}{{ g|list }}",
    "{{ nums|map('string')|map('int')|sum }}",
    "{{ d.items()|sort }}",
    "{{ d.items()|map('first')|list }}",
    "{{ d.items()|map('last')|sum }}",
    "{% for k, v in d|dictsort %}{{ k }}{{ v }}{% endfor %}",
    "{% for g in users|groupby('city') %}{{ g.grouper }}:{{ g.list|length }};{% endfor %}",
    "{% for city, people in users|groupby('city') %}{{ city }}:{% for p in people %}{{ p.name }},{% endfor %};{% endfor %}",
    "{% for row in range(7)|batch(3, '-') %}{{ row|join(' ') }}\n{% endfor %}",
    "{{ users|map(attribute='name')|map('lower')|sort|join(', ') }}",
    "SELECT * FROM {{ strs[0] }} WHERE id IN ({{ nums|join(', ') }})",
    "{% for c in strs %}{{ c }}{{ ',' if not loop.last }}{% endfor %}",
    "{% for c in strs %}{{ c }}{{ ',' if not loop.last else '' }}{% endfor %}",
]

# Over the context "dag".
DAG_EXPRESSIONS = r"""
ds
ds_nodash
ts
ts_nodash
ts_nodash_with_tz
run_id
logical_date
execution_date
data_interval_start
data_interval_end
berlin
ny
naive
[logical_date]
[berlin]
[naive]
{'a': eoy}
logical_date ~ ''
logical_date | string
logical_date.year
logical_date.month
logical_date.day
logical_date.hour
logical_date.minute
logical_date.second
logical_date.microsecond
logical_date.day_of_week
logical_date.day_of_year
logical_date.week_of_year
logical_date.week_of_month
logical_date.days_in_month
logical_date.quarter
logical_date.int_timestamp
logical_date.float_timestamp
logical_date.timestamp()
logical_date.tzinfo
logical_date.timezone
logical_date.timezone.name
logical_date.timezone_name
logical_date.offset
berlin.offset
berlin.offset_hours
berlin.timezone_name
berlin.tzname()
berlin.utcoffset()
berlin.is_dst()
ny.is_dst()
berlin.tzinfo.name
[berlin.tzinfo]
logical_date.nope
logical_date.nope()
logical_date['year']
logical_date.strftime('%Y-%m-%d')
logical_date.strftime('%Y/%m/%d %H:%M:%S.%f')
logical_date.strftime('%a %A %b %B %d %j %U %W %w %y %p %I')
logical_date.strftime('%z|%Z|%%')
berlin.strftime('%z %Z')
naive.strftime('[%z%Z] %H')
logical_date.strftime('%-d %-m %e')
logical_date.strftime('%s')
logical_date.strftime("year=%Y/month=%m/day=%d")
logical_date.strftime()
logical_date.strftime(5)
logical_date.strftime('')
logical_date.isoformat()
berlin.isoformat()
naive.isoformat()
logical_date.isoformat(' ')
logical_date.to_date_string()
logical_date.to_time_string()
logical_date.to_datetime_string()
logical_date.to_iso8601_string()
berlin.to_iso8601_string()
leap.to_iso8601_string()
logical_date.to_formatted_date_string()
logical_date.to_day_datetime_string()
logical_date.to_atom_string()
logical_date.to_rfc822_string()
logical_date.to_rfc850_string()
logical_date.to_rfc1036_string()
logical_date.to_rfc1123_string()
logical_date.to_rfc2822_string()
logical_date.to_rfc3339_string()
logical_date.to_rss_string()
logical_date.to_w3c_string()
logical_date.to_cookie_string()
berlin.to_cookie_string()
logical_date.date()
[logical_date.date()]
logical_date.date().year
logical_date.date().strftime('%d')
logical_date.date().isoformat()
logical_date.date() == berlin.date()
logical_date.date() < berlin.date()
logical_date.date().add(days=1)
logical_date.time()
logical_date.time().hour
leap.time()
naive.date()
[naive.date()]
naive.time()
naive.year
naive.add(days=1)
naive.replace(hour=1)
naive + day
naive - naive
naive.weekday()
logical_date.add(days=1)
logical_date.add(days=-1)
logical_date.add(months=1)
jan31.add(months=1)
jan31.add(months=13)
leap.add(years=1)
leap.subtract(years=4)
jan31.subtract(months=2)
logical_date.add(years=1, months=1, weeks=1, days=1, hours=1, minutes=1, seconds=1, microseconds=1)
logical_date.subtract(days=1, hours=2)
logical_date.subtract(hours=30)
berlin.add(days=1)
berlin.add(hours=24)
berlin.add(hours=1)
ny.add(hours=1)
ny.add(days=1)
berlin.add(hours=2, days=0)
logical_date.add(days='x')
logical_date.add(nope=1)
logical_date.add(years=9000)
logical_date.start_of('day')
logical_date.start_of('week')
logical_date.start_of('month')
logical_date.start_of('year')
logical_date.start_of('hour')
logical_date.start_of('minute')
logical_date.start_of('second')
logical_date.start_of('decade')
logical_date.start_of('nope')
logical_date.end_of('day')
logical_date.end_of('month')
logical_date.end_of('year')
logical_date.end_of('week')
leap.end_of('month')
berlin.start_of('day')
berlin.end_of('week')
logical_date.first_of('month')
logical_date.last_of('month')
logical_date.next()
logical_date.previous()
logical_date.in_timezone('Europe/Berlin')
logical_date.in_tz('America/New_York')
logical_date.in_timezone('Asia/Kathmandu').isoformat()
logical_date.in_timezone('UTC')
logical_date.in_timezone('Nope/Nope')
berlin.in_timezone('UTC')
logical_date.astimezone(berlin.timezone)
logical_date.in_timezone('Australia/Lord_Howe').strftime('%H:%M %Z')
logical_date.replace(day=1)
logical_date.replace(hour=0, minute=0, second=0, microsecond=0)
logical_date.replace(month=2, day=30)
logical_date.replace(day=31, month=1)
logical_date.set(year=2000)
logical_date.on(2020, 1, 2)
logical_date.at(12)
logical_date.at(12, 30, 1)
berlin.replace(hour=2)
logical_date.naive()
logical_date.weekday()
logical_date.isoweekday()
logical_date.toordinal()
logical_date.is_leap_year()
leap.is_leap_year()
logical_date.is_same_day(data_interval_start)
logical_date.format('YYYY-MM-DD HH:mm:ss')
logical_date.format('dddd, MMMM Do YYYY, h:mm:ss A')
logical_date.format('ddd DD MMM YY HH:mm:ss.SSS Z ZZ z zz')
logical_date.format('Q D DDD DDDD E d')
logical_date.format('X x S SS SSSSSS')
logical_date.format('L LL LLL LLLL LT LTS')
logical_date.format('[at] YYYY [o\'clock]')
logical_date.format('YYYYMMDD[T]HHmmss')
logical_date.format('Y M H h m s')
logical_date.format('\\Y')
logical_date.format('Wo')
berlin.format('YYYY-MM-DDTHH:mm:ssZ')
leap.format('Do')
jan31.format('Do MMM')
data_interval_end - data_interval_start
(data_interval_end - data_interval_start).total_seconds()
(data_interval_end - data_interval_start).days
(data_interval_end - data_interval_start).in_hours()
(data_interval_end - data_interval_start).in_days()
(data_interval_end - data_interval_start).total_hours()
(data_interval_start - data_interval_end).total_seconds()
(data_interval_end - data_interval_start).start
data_interval_end.diff(data_interval_start).in_minutes()
data_interval_start.diff(leap).in_days()
data_interval_start.diff(data_interval_end, false).total_seconds()
logical_date + day
logical_date - day
day + logical_date
logical_date + hour * 5
berlin + hour
berlin + day
logical_date - day * 2
logical_date + 1
1 + logical_date
logical_date - 'x'
logical_date * 2
day - logical_date
logical_date == execution_date
logical_date == ds
logical_date != berlin
logical_date < data_interval_end
logical_date <= logical_date
data_interval_start < logical_date < data_interval_end
logical_date < naive
logical_date == naive
logical_date < 5
logical_date in [execution_date]
[berlin, logical_date, leap] | sort | first
[berlin, logical_date, leap] | max
[berlin, logical_date] | map(attribute='year') | list
[leap, berlin] | map('ds') | list
logical_date | ds
logical_date | ds_nodash
logical_date | ts
logical_date | ts_nodash
logical_date | ts_nodash_with_tz
berlin | ts
berlin | ts_nodash_with_tz
berlin | ds
naive | ts
nodate | ds
nodate | ts_nodash
nodate | ts_nodash_with_tz
'x' | ds
5 | ts
missing | ds
logical_date | ds | replace('-', '/')
logical_date | upper
logical_date | length
logical_date | tojson
logical_date is defined
logical_date is string
logical_date is number
logical_date is mapping
logical_date is iterable
'%s' % logical_date
'{}'.format(logical_date)
'{:%Y%m%d}'.format(logical_date)
'{:YYYY}'.format(logical_date)
'{0.year}-{0.month:02d}'.format(logical_date)
'{:%d}'.format(naive)
day
hour
odd
[day]
[odd]
[hour * 36]
day.days
hour.seconds
odd.days
odd.seconds
odd.microseconds
day.total_seconds()
odd.total_seconds()
day + hour
day - hour
-day
day * 2
2 * day
day / hour
day / 2
day // 2
day == hour * 24
day > hour
day | string
day | abs
(-day) | abs
not day
day + 1
day.nope
macros.ds_add(ds, 5)
macros.ds_add(ds, -20)
macros.ds_add(ds, 0)
macros.ds_add('2024-02-28', 1)
macros.ds_add('nope', 1)
macros.ds_add(ds)
macros.ds_add(logical_date, 1)
macros.ds_format(ds, '%Y-%m-%d', '%d/%m/%Y')
macros.ds_format(ds, '%Y-%m-%d', '%A %d %B %Y')
macros.ds_format('1/5/2015', '%m/%d/%Y', '%Y-%m-%d')
macros.ds_format(ds, '%Y', '%Y')
macros.ds_format(ts[:19], '%Y-%m-%dT%H:%M:%S', '%H')
macros.datetime(2026, 1, 2)
macros.datetime(2026, 1, 2, 3, 4, 5, 6)
[macros.datetime(2026, 1, 2)]
[macros.datetime(2026, 1, 2, 3, 4, 5)]
macros.datetime(year=2026, month=1, day=2).strftime('%Y')
macros.datetime(2026, 13, 2)
macros.datetime(2026)
macros.datetime(2026, 2, 30)
macros.datetime.strptime(ds, '%Y-%m-%d')
macros.datetime.strptime(ds, '%Y-%m-%d').strftime('%d')
macros.datetime.strptime('x', '%Y')
macros.datetime.strptime(ds, '%Y-%m-%d') - macros.timedelta(days=1)
(macros.datetime.strptime(ds, '%Y-%m-%d') - macros.timedelta(days=1)).strftime('%Y-%m-%d')
(macros.datetime(2026, 3, 1) - macros.datetime(2026, 1, 1)).days
macros.datetime(2026, 3, 1) - macros.datetime(2026, 1, 1)
macros.datetime.fromisoformat('2026-01-02')
macros.datetime.now() is defined
macros.timedelta(days=1)
macros.timedelta(1)
macros.timedelta(hours=36)
macros.timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=5, microseconds=6)
macros.timedelta(weeks=1)
macros.timedelta(hours=1.5)
macros.timedelta(days='x')
logical_date - macros.timedelta(days=1)
(logical_date - macros.timedelta(days=1)).strftime('%Y-%m-%d')
(execution_date + macros.timedelta(hours=1)).isoformat()
(logical_date + macros.timedelta(days=7)) | ds
macros.dateutil.relativedelta.relativedelta(months=1)
logical_date + macros.dateutil.relativedelta.relativedelta(months=1)
jan31 + macros.dateutil.relativedelta.relativedelta(months=1)
jan31 - macros.dateutil.relativedelta.relativedelta(months=1, day=1)
leap + macros.dateutil.relativedelta.relativedelta(years=1, days=1)
(logical_date + macros.dateutil.relativedelta.relativedelta(day=31)).strftime('%d')
macros.datetime(2026, 1, 31) + macros.dateutil.relativedelta.relativedelta(months=1)
macros.dateutil.parser.parse('2026-01-02')
macros.dateutil.parser.parse('2026-01-02T03:04:05')
macros.dateutil.parser.parse(ds).strftime('%Y')
macros.json.dumps(params)
macros.json.dumps(params, indent=2)
macros.json.dumps(params, sort_keys=true)
macros.json.dumps({'d': logical_date})
macros.json.loads('{"a": [1, 2]}').a[1]
macros.json.loads('nope')
macros.json.loads(5)
macros.uuid.uuid4() is defined
macros.random() is defined
macros.time.time() is defined
macros.yaml is defined
macros.nope is defined
macros.nope
params
params.table
params['limit'] + 1
params.cols | join(', ')
params.opts.mode
params.missing
params.get('missing', 'dflt')
params.get('table')
params.flag
params.empty or 'x'
params.items() | list
dag_run.conf.key
dag_run.conf['n'] * 2
dag_run.conf.get('zz', 'none')
dag_run.conf.zz
dag_run.conf
dag_run.nope
yesterday_ds
next_ds
""".strip().split("\n")

DAG_TEXTS = [
    "echo {{ ds }}",
    "echo '{{ params.table }}' {{ ds_nodash }}",
    "s3://bucket/{{ logical_date.strftime('%Y/%m/%d') }}/data_{{ ts_nodash }}.csv",
    "SELECT * FROM {{ params.table }} WHERE dt = '{{ ds }}' AND h < {{ logical_date.hour }}",
    "SELECT {{ params.cols | join(', ') }}\nFROM {{ params.table }}\n{% if params.limit %}LIMIT {{ params.limit }}{% endif %}\n",
    '{% for i in range(5) %}\n    echo "{{ ds }}"\n    echo "{{ macros.ds_add(ds, 7)}}"\n    echo "{{ params.table }}"\n{% endfor %}\n',
    "{% if logical_date.day_of_week == 6 %}weekend{% else %}weekday{% endif %}",
    "{{ (logical_date - macros.timedelta(days=1)).strftime('%Y-%m-%d') }}",
    "{{ macros.ds_format(ds, '%Y-%m-%d', '%Y%m%d') }}_{{ run_id | replace(':', '_') | replace('+', '_') }}",
    "{{ dag_run.conf['key'] if dag_run and dag_run.conf else 'default' }}",
    "{{ dag_run.conf.get('key', 'x') if dag_run else '' }}",
    "{% set start = data_interval_start.strftime('%Y-%m-%d') %}{% set end = data_interval_end | ds %}{{ start }}..{{ end }}",
    "{{ '%04d-%02d' % (logical_date.year, logical_date.month) }}",
    "{{ '{:02d}'.format(logical_date.month) }}/{{ '{:02d}'.format(logical_date.day) }}",
    "{{ logical_date.subtract(months=1).start_of('month').to_date_string() }}",
    "{{ logical_date.in_timezone('America/Sao_Paulo').strftime('%H:%M %z') }}",
    "{% for c in params.cols %}{{ c }}{% if not loop.last %},{% endif %}{% endfor %}",
    "{{ params | tojson }}",
    "{{ ds }} {{ undefined_thing }}",
    "{{ var.value.x }}",
]

FILES = {
    "base.html": "<{% block title %}base{% endblock %}|{% block body %}{{ n }}{% endblock %}>",
    "mid.html": "{% extends 'base.html' %}{% block title %}mid-{{ super() }}{% endblock %}",
    "inc.sql": "inc {{ n }} {{ q|default('noq') }}\n",
    "macros.html": "{% macro hi(x='you') %}hi {{ x }}{% endmacro %}{% set val = 5 %}{% set _priv = 6 %}text",
    "ctx.html": "{% macro show() %}{{ n }}{% endmacro %}",
    "bad.html": "{{ 1 + }}",
    "loop.html": "{% for x in nums %}{{ x }}{% endfor %}",
    "req.html": "{% block r required %}{% endblock %}",
    "self.html": "{% include 'self.html' %}",
}

FILE_CASES = [
    "{% include 'inc.sql' %}",
    "{% set q = 9 %}{% include 'inc.sql' %}",
    "{% include 'inc.sql' without context %}",
    "{% for q in nums %}{% include 'inc.sql' %}{% endfor %}",
    "{% include 'nope.sql' %}",
    "{% include 'nope.sql' ignore missing %}x",
    "{% include ['nope.sql', 'inc.sql'] %}",
    "{% include ['nope.sql', 'nada.sql'] %}",
    "{% include ['nope.sql'] ignore missing with context %}y",
    "{% include missing %}",
    "{% include 'bad.html' %}",
    "{% include 'loop.html' %}",
    "{% import 'macros.html' as m %}{{ m.hi() }}{{ m.hi('a') }}{{ m.val }}",
    "{% import 'macros.html' as m %}{{ m._priv }}",
    "{% import 'macros.html' as m %}{{ m.nope }}",
    "{% import 'macros.html' as m %}{{ m }}",
    "{% from 'macros.html' import hi %}{{ hi('b') }}",
    "{% from 'macros.html' import hi as hello, val %}{{ hello('b') }}{{ val }}",
    "{% from 'macros.html' import nope %}{{ nope is defined }}",
    "{% from 'macros.html' import nope %}{{ nope }}",
    "{% from 'ctx.html' import show %}{{ show() }}",
    "{% from 'ctx.html' import show with context %}{{ show() }}",
    "{% import 'ctx.html' as c with context %}{{ c.show() }}",
    "{% extends 'base.html' %}",
    "{% extends 'base.html' %}{% block title %}child{% endblock %}ignored",
    "{% extends 'base.html' %}{% block title %}{{ super() }}+{% endblock %}",
    "{% extends 'mid.html' %}{% block body %}{{ super() }}!{% endblock %}",
    "{% extends 'mid.html' %}{% block title %}c-{{ super() }}{% endblock %}",
    "{% extends 'mid.html' %}{% block title %}{{ super.super() }}{% endblock %}",
    "{% extends 'base.html' %}{% set n = 5 %}",
    "{% extends 'base.html' %}{% macro m() %}m{% endmacro %}{% block body %}{{ m() }}{% endblock %}",
    "{% extends 'base.html' %}{% block nope %}{{ super() }}{% endblock %}{% block body %}{{ self.title() }}{% endblock %}",
    "{% block x %}{{ super() }}{% endblock %}",
    "{% extends 'nope.html' %}",
    "{% extends 'req.html' %}",
    "{% extends 'req.html' %}{% block r %}ok{% endblock %}",
    "before{% extends 'base.html' %}after",
]

OPTION_CASES: list[tuple[list[str], str]] = [
    (["trim_blocks"], "{% if t %}\na\n{% endif %}\nb\n"),
    (["lstrip_blocks"], "x\n  {% if t %}\n  a\n  {% endif %}\nb"),
    (["trim_blocks", "lstrip_blocks"], "  {% for x in nums %}\n  {{ x }}\n  {% endfor %}\nend\n"),
    (["trim_blocks", "lstrip_blocks"], "  {# c #}\n  x {% if t +%}\n  {%+ endif %}\ny"),
    (["keep_trailing_newline"], "a\n"),
    (["keep_trailing_newline"], "a\n\n"),
    (["trim_blocks"], "{% raw %}\nx\n{% endraw %}\ny"),
    (["lstrip_blocks"], "{{ 1 }}  {% if t %}x{% endif %}"),
    (["loopcontrols"], ("{% for x in range(9) %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 5 %}{% break %}"
     "{% endif %}{{ x }}{% endfor %}")),
    (["loopcontrols"], "{% for x in nums %}{% break %}{% else %}e{% endfor %}f"),
    (["loopcontrols"], ("{% for x in nums %}{% for y in nums %}{% if y == 1 %}{% break %}{% endif %}{{ x }}{{ y }} "
     "{% endfor %}{% endfor %}")),
    (["autoescape"], "{{ html }} {{ html|safe }} {{ n }} {{ html|e }} {{ '<' ~ (html|safe) }}"),
    (["autoescape"], "{% set x = '<' %}{{ x }}{% macro m(y) %}<i>{{ y }}</i>{% endmacro %}{{ m('<') }}"),
]  # fmt: skip


# Rendered natively: what comes out is read as a Python literal.
NATIVE = [
    "", "x", "5", "-5", "+5", "--5", "- 5", "5.", ".5", "1e5", "1e", "1_000", "1__0", "007", "00", "0x1F", "1j", "5 ", " 5", "5\n",
    "5, 6", "5,", ",", "(5)", "(5,)", "()", "[]", "[1, 'a', None, True, 2.5]", "[1,]", "[,]", "[1 2]", "{}", "{'a': 1}", "{'a': 1,}",
    "{1, 2}", "{'a'}", "{'a': {'b': [1]}}", '{"a": null}', '{"a": true}', '{"a": "b"}', "{[]: 1}", "{**{}}", "'a'", "'a' 'b'", "'a",
    "'it\\'s'", "'\\n'", "'''a'b'''", "r'a'", "b'a'", "f'a'", "u'a'", "True", "true", "None", "none", "null", "nan", "inf", "...",
    "2026-01-01", "2026-10-11", "20260315", "5-3", "5+3", "1 if True else 2", "not True", "a, b", "a.b", "f(x)", "set()", "-'a'", "-(5)",
    "1.5.2", "5 5", "99999999999999999999", "5 # c", "[1,\n2]", "(1,\n 2)", "1,\n2", "'a\nb'", "SELECT 1", "echo 'hi'", "1;", "0", "0.0",
    "-0.0", "[-1, +2]", "[--1]", "é", "'é'", "{'a': 1}['a']", "[1][0]", "5%", "5 == 5", "lambda: 1", "*a", "`a`", "$x", "a b", "  ",
    "\n5", "[[[]]]", "((()))", "(1, (2, 3))", "'a',", "'\\x41\\u00e9'", "'\\d'", '"""q"""', "1 2, 3", "[1, 2", "{'a': }", "{'a' 1}",
    "{{ n }}", "{{ s }}", "{{ f }}", "{{ none }}", "{{ t }}", "{{ nums }}", "{{ d }}", "{{ tup }}", "{{ users }}", "{{ num_s }}",
    "{{ float_s }}", "{{ json_text }}", "{{ empty }}", "{{ date_s }}", "{{ missing }}", "{{ missing }}x", "{{ n }}{{ n }}", "{{ n }} ",
    " {{ n }}", "{{ nums }}\n", "x{{ n }}", "{{ [missing] }}", "{{ 'a' }}", '{{ "\'a\'" }}', "{{ 1 }}", "{{ 1.0 }}", "{{ [1, 'x'] }}",
    "{{ (1,) }}", "{{ {'a': n} }}", "{% if no %}x{% endif %}", "{% if t %}5{% endif %}", "{% for x in nums %}{{ x }}{% endfor %}",
    "[{% for x in nums %}{{ x }},{% endfor %}]", "{% for x in el %}{{ x }}{% endfor %}", "{{ nums|map('string') }}",
    "{{ nums|map('string')|list }}", "{{ nums|join(',') }}", "{{ range(3) }}", "{{ range(3)|list }}", "{{ d.items() }}", "{{ n > 5 }}",
    "{% set x = 5 %}{{ x }}", "{% set x = 5 %}{{ x + 1 }}", "{{ ''.__class__ }}", "{{ 1/0 }}", "{{ none or 'x' }}", "{{ '007' }}",
    "{{ mixed }}", "{{ nested[0] }}", "{{ dd.x }}", "{{ -n }}", "{{ n ~ '' }}", "{{ '[1, 2]' }}", "{{ 'None' }}", "{{ html }}",
    "{{ strs[0] }}", "{{ n }},{{ n }}", "{{ n }}-{{ n }}", "{{ d }}{{ d }}", "{{ lines }}", "{{ big }}", "{% do nums %}", "{# c #}",
    "{% set x %}5{% endset %}{{ x }}", "{% macro m() %}5{% endmacro %}{{ m() }}", "{% for x in tree recursive %}{{ x.v }}{% endfor %}",
]  # fmt: skip
NATIVE_DAG = [
    "{{ ds }}", "{{ ds_nodash }}", "{{ ts }}", "{{ ts_nodash }}", "{{ logical_date }}", "{{ logical_date.year }}", "{{ params }}",
    "{{ params.cols }}", "{{ params.limit }}", "{{ params.empty }}", "{{ logical_date }} ", "{{ day }}", "{{ run_id }}", "{{ nodate }}",
    "{{ data_interval_start | ds_nodash }}", "{{ params.cols + ['x'] }}", "{{ macros.ds_add(ds, 1) }}", "{{ dag_run.conf }}", "{{ [berlin] }}",
    "{{ macros.datetime(2026, 1, 2) }}", "{{ params.table }}", "{{ params | tojson }}", "{{ params.opts.mode }}",
]  # fmt: skip


def all_cases() -> Iterator[Case]:
    for text in EXPRESSIONS + FILTERS + MORE_TESTS:
        yield {"t": "{{ " + text + " }}", "c": "data"}
    for name in PLAIN_FILTERS:
        for value in FILTER_INPUTS:
            yield {"t": "{{ " + value + "|" + name + " }}", "c": "data"}
    for name in TESTS:
        for value in TEST_INPUTS:
            yield {"t": "{{ " + value + " is " + name + " }}", "c": "data"}
    for left in ("n", "f", "s", "nums", "none", "t", "d", "tup", "missing"):
        for right in ("n", "f", "s", "nums", "none", "t", "d", "tup", "missing", "zero"):
            for op in ("+", "-", "*", "/", "//", "%", "~", "==", "<", "in"):
                yield {"t": "{{ " + left + " " + op + " " + right + " }}", "c": "data"}
    for text in STATEMENTS:
        yield {"t": text, "c": "data"}
    for text in DAG_EXPRESSIONS:
        yield {"t": "{{ " + text + " }}", "c": "dag"}
    for text in DAG_TEXTS:
        yield {"t": text, "c": "dag"}
    for text in FILE_CASES:
        yield {"t": text, "c": "data", "f": FILES}
    for text in NATIVE:
        yield {"t": text, "c": "data", "n": True}
    for text in NATIVE_DAG:
        yield {"t": text, "c": "dag", "n": True}
    for options, text in OPTION_CASES:
        yield {"t": text, "c": "data", "o": options}
