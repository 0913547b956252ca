"""Built-in functions with wrong numbers of arguments, wrong types, nulls, names and limits: one `text => value` a line."""

from __future__ import annotations

import pytest

from tests.engine.feel.evaluation import show

NUMBERS = r"""
abs(n: -1) => 1
abs(value: -1) => null
abs() => null
abs(1, 1) => null
abs("1") => null
abs(@"-P1Y") => P1Y
sqrt(number: 4) => 2
sqrt(number: 4, extra: 1) => null
log(-1) => null
exp(number: 0) => 1
even(number: -2) => true
odd("a") => null
modulo(-10.1, 4.5) => 3.4
modulo(10.1, -4.5) => -3.4
modulo(dividend: 12, divisor: 5) => 2
decimal(1/3, 2.5) => 0.33
decimal(n: 2.5, scale: 0) => 2
decimal(1, -6112) => null
decimal(1, null) => null
floor(-1.56, 1) => -1.6
floor(1.5, null) => null
ceiling(n: 1.56, scale: 1) => 1.6
ceiling(1.5, "1") => null
round up(-5.5, 0) => -6
round up(1.121, 2) => 1.13
round up(5.5, 6177) => null
round down(-1.126, 2) => -1.12
round half up(-5.5, 0) => -6
round half down(-5.5, 0) => -5
number("1.000,5", ".", ",") => 1000.5
number(from: "1,000", grouping separator: ",", decimal separator: ".") => 1000
number("1", "1", ".") => null
number("NaN") => null
"""

TEXTS = r"""
string(from: 1) => 1
string() => null
string(["a\"b"]) => ["a\"b"]
string({"{": "a", ":": 1}) => {"{": "a", ":": 1}
string length("\uD83D\uDC0E\U01F40E") => 2
substring("\U01F40Eab", 1, 1) = "🐎" => true
substring("foobar", 3, 3.8) => oba
substring("foobar", -2, 1) => a
substring("foobar", 3, 0) => null
substring(string: "foobar", position: 3) => null
substring before("foobar", "") => $
substring after("foo", "") => foo
substring after("", "a") => $
contains(["foo"], "o") => true
ends with(string: "foobar", match: "r") => true
starts with(null, "r") => null
lower case(1) => null
split("a;b;c;;", ";") => ["a", "b", "c", "", ""]
split(null, ";") => null
string join("a") => a
string join(list: ["a", "b"], delimiter: "-") => a-b
string join(["a", null, "c"], null) => ac
matches(input: "foobar", pattern: "^Fo*bar", flags: "i") => true
matches("abc", null) => null
replace("foo", "o", null) => null
not(negand: true) => false
not(1) => null
not() => null
"""

LISTS = r"""
all() => null
all(true, null, false) => false
all([false, 1]) => false
all("foo") => null
any(list: [false, true]) => true
any([]) => false
count([[]]) => 1
max([null]) => null
max([@"10:00:00", @"11:00:00"]) => 11:00:00
max(c: [1]) => null
min(list: [3, 1]) => 1
sum("a") => null
sum([1, "2"]) => null
mean() => null
median([6, 1, 2, 3]) => 2.5
mode(null) => null
stddev(47) => null
product(list: [2, 3]) => 6
append(null, 2) => null
append([], null) => [null]
concatenate([1, 2], null) => null
concatenate() => null
insert before([1, 2], 3, 0) => null
insert before([1], 1.5, 1) => null
insert before(list: [1, 2], position: 1, newItem: 0) => [0, 1, 2]
remove([1], 0) => null
reverse(list: [1, 2]) => [2, 1]
index of([1, [2], {a: 1}], {a: 1}) => [3]
union([1], null) => null
distinct values([1, 1.0, "1", {a: 1}, {a: 1}, [1], [1]]) => [1, "1", {a: 1}, [1]]
flatten([1, [null]]) => [1, null]
sublist([1, 2, 3], 1, 0) => []
sublist([1, 2, 3], -4) => null
sublist(list: [1, 2, 3], start position: 2, length: 1) => [2]
sort(list: [3, 1, 2], precedes: function(x, y) x > y) => [3, 2, 1]
list replace([2, 4, 7, 8], -1, 6) => [2, 4, 7, 6]
list replace([2, 4], function(item, newItem) "x", 1) => null
list replace([2, 4], function(item) true, 1) => null
list replace(list: [2, 4], match: function(item, newItem) item = 2, newItem: 0) => [0, 4]
list replace([2, 4], 3, 1) => null
"""

CONTEXTS = r"""
context([{key: "a"}]) => null
context([{key: "a", value: 1, other: 2}]) => {a: 1}
context(entries: {key: "a", value: null}) => {a: null}
context put({x: 1}, [], 2) => null
context merge([{x: 1}, null]) => null
context merge(contexts: [{x: 1}, {x: 2}]) => {x: 2}
get entries([]) => null
get value({a: 1}, null) => null
is(@"12:00:00@Etc/UTC", @"12:00:00Z") => false
is(time("23:00:50z"), time("23:00:50+00:00")) => true
is(null, 1) => false
is(1) => null
before(range: [1..2], point: 3) => true
before(point: 3, range: [1..2]) => false
before(1, "a") => null
range("[1+1..3]") => null
"""

MOMENTS = r"""
date("99999-12-31") => 99999-12-31
date("-999999999-12-31") => -999999999-12-31
date("1000000000-12-31") => null
date("01211-12-31") => null
date("+2017-12-31") => null
date("2017-12-31Z") => null
date(["2017-12-31"]) => 2017-12-31
date(day: 31, month: 12, year: 2017) => 2017-12-31
date(2017, 1.5, 1) => null
date(1000000000, 1, 1) => null
date(null, 1, 1) => null
time("01:02:03z") => 01:02:03Z
time("01:02:03-00:00") => 01:02:03Z
time("01:02:03+19:00") => null
time("01:02:03+02:00@Europe/Paris") => null
time("T01:02:03") => null
time("23:59:60") => null
time("24:00:00.0") => 00:00:00
time("24:00:00.1") => null
time(10, 11, 12, duration("PT2H0M30S")) => 10:11:12+02:00:30
time(10, 11, 12, duration("PT19H")) => null
time(10, 11, 12, duration("P1Y")) => null
time(hour: 10, minute: 11, second: 12) => 10:11:12
time(24, 0, 0) => null
date and time("2017-12-31T24:00:00Z") => 2018-01-01T00:00:00Z
date and time("2017-12-31T24:00:01") => null
duration("PT1M30.5S") => PT1M30.5S
duration("P1Y13M") => P2Y1M
duration("P1DT") => null
duration("P1.5D") => null
duration("PT.5S") => null
duration("--P1D") => null
duration("P999999999Y") => P999999999Y
1e6000 * duration("P1Y") => null
duration("P1D") / 1e-6000 => null
@"999999999-12-31" + duration("P1D") => null
years and months duration(date("2013-08-24"), date("2011-12-22")) => -P1Y8M
years and months duration(date("2014-12-31"), date and time("2019-10-01T12:32:59")) => P4Y9M
years and months duration(from: null, to: date("2013-08-24")) => null
week of year(@"2005-01-01") => 53
day of week(date: @"2020-01-01") => Wednesday
month of year("2020-01-01") => null
"""


def cases(*tables: str) -> list[tuple[str, str]]:
    """Text and value of each line; `$` stands for the empty text."""
    lines = "\n".join(tables).strip().splitlines()
    pairs = [line.partition(" => ") for line in lines if line]
    return [(text, "" if value == "$" else value) for text, _, value in pairs]


@pytest.mark.parametrize(("text", "expected"), cases(NUMBERS, TEXTS, LISTS, CONTEXTS, MOMENTS))
def test_arguments(text: str, expected: str) -> None:
    assert show(text) == expected
