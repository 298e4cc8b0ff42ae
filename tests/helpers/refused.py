"""Bad configurations, and how the line begins that refuses each of them."""

from typing import NamedTuple

SITES, NUMBERS = "download: {sites: list}", "squares: {numbers: list}"
WORK = "works: {mine: {items: list, function: work.py:work}}"


class Case(NamedTuple):
    """`config` is what config.yaml has, `file` what lies in the file `list` beside it."""

    config: str | bytes
    said: str
    file: str | bytes | None = None


# What cannot be read at all, or says something else than it seems to.
YAML = {
    "an open bracket": ("rounds: [1\nseed: 2\n", "line 2: expected ',' or ']', but got ':'"),
    "an open brace": ("download: {sites: []\n", "line 2: expected ',' or '}', but got '<stream end>'"),
    "an open quote": (
        'start_method: "fork\nrounds: 3\n',
        "line 3: found unexpected end of stream (while scanning a quoted",
    ),
    "a closing bracket too many": ("rounds: 3]\n", "rounds: expected a whole number, not '3]'"),
    "a tab": (
        "download:\n\tin_flight: 3\n",
        "line 2: found character '\\t' that cannot start any token; use spaces, no tab",
    ),
    "indented once more": ("rounds: 3\n  seed: 2\n", "line 2: mapping values are not allowed here; indent the keys"),
    "indented once less": ("download:\n    in_flight: 3\n  shards: 2\n", "line 3: expected <block end>, but found"),
    "a colon in a text": ("other: see: there\n", "line 1: mapping values are not allowed here"),
    "no colon": ("rounds 3\nseed: 2\n", "line 2: mapping values are not allowed here"),
    "no colon at the end": ("seed: 2\nrounds 3\n", "line 3: could not find expected ':'"),
    "no space after the colon": ("rounds:3\n", "expected keys with values, as in `rounds: 10`, not 'rounds:3'"),
    "a bare asterisk": (
        "works: {mine: {items: *.jpg}}\n",
        "line 1: expected alphabetic or numeric character, but found '.'; put",
    ),
    "an unknown alias": (
        "rounds: *many\n",
        "line 1: found undefined alias 'many'; put text that begins with * in quotes",
    ),
    "a percent sign": ("works: {mine: {items: %a}}\n", "line 1: found character '%' that cannot start any token"),
    "an at sign": ("download: {live: {contact: @me}}\n", "line 1: found character '@' that cannot start any token"),
    "a backtick": ("other: `here`\n", "line 1: found character '`' that cannot start any token"),
    "a backslash in double quotes": ('other: "C:\\data"\n', "line 1: found unknown escape character 'd'"),
    "two documents": (
        "rounds: 3\n---\nrounds: 4\n",
        "line 2: expected a single document in the stream, but found another",
    ),
    "a Python object": ("rounds: !!python/object/apply:os.getcwd []\n", "line 1: could not determine a constructor"),
    "a tag": ("rounds: !many 3\n", "line 1: could not determine a constructor for the tag '!many'"),
    "a date by a tag": ("seed: !!timestamp 2026-01-01\n", "line 1: could not determine a constructor"),
    "a set": ("works: !!set {a, b}\n", "line 1: could not determine a constructor"),
    "bytes": ("other: !!binary aGVyZQ==\n", "line 1: could not determine a constructor"),
    "what is no boolean by a tag": ("explain: !!bool maybe\n", "line 1: maybe is no bool"),
    "what is no null by a tag": ("precision: !!null 0.05\n", "line 1: 0.05 is no null"),
    "a number by a tag": ("rounds: !!int many\n", "line 1: many is no int"),
    "a list": ("- rounds\n", "expected keys with values, as in `rounds: 10`, not a list"),
    "a list in JSON": ('["rounds"]', "expected keys with values, as in `rounds: 10`, not a list"),
    "a word": ("rounds\n", "expected keys with values, as in `rounds: 10`, not 'rounds'"),
    "a number": ("3\n", "expected keys with values, as in `rounds: 10`, not '3'"),
    "Latin-1": ("rounds: 3\nother: Läufe\n".encode("latin-1"), "line 2: cannot be read as UTF-8 text"),
    "UTF-16": ("rounds: 3\n".encode("utf-16"), "line 1: cannot be read as UTF-8 text"),
    "a NUL": ("rounds: 3\nother: a\0b\n", "line 2: there is a control character, '\\x00'; take it out"),
    "an escape sequence": ("other: \x1b[31mred\n", "line 1: there is a control character, '\\x1b'"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", "line 1: cannot be read as UTF-8 text"),
    "a list that holds itself": ("interpreters: &all [*all]\n", "line 1: it holds itself, by an alias"),
    "a mapping that holds itself": ("works: &all {mine: *all}\n", "line 1: it holds itself, by an alias"),
    "a billion laughs": (
        "\n".join(
            [
                "a: &a [x, x, x, x, x, x, x, x, x, x]",
                *(f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
            ]
        ),
        "line 8: aliases of aliases make too many values",
    ),
    "lists in lists in lists": ("extra_timings: " + "[" * 5000, "is nested too deeply"),
    "the same in JSON": ('{"extra_timings": ' + "[" * 5000 + "]" * 5000 + "}", "is nested too deeply"),
    "some hundred lists": ("extra_timings: " + "[" * 300 + "]" * 300, "is nested too deeply"),
    "a key twice": ("rounds: 3\nseed: 2\nrounds: 4\n", "line 3: rounds is there already, in line 1; keep one of them"),
    "a key twice below": ("download:\n  shards: 2\n  shards: 2\n", "line 3: shards is there already, in line 2"),
    "a key twice in JSON": ('{"rounds": 3,\n "rounds": 4}', "line 2: rounds is there already, in line 1"),
    "a comma too many in JSON": ('{"rounds": 3,, "seed": 2}', "line 1: expected the node content, but found ','"),
    "a work twice": ("works:\n  a: {items: []}\n  a: {items: []}\n", "line 3: a is there already, in line 2"),
    "a number for a key": ("1: 2\n", "line 1: the key 1 is no text; put it in quotes"),
    "null for a key": ("works: {null: {items: []}}\n", "line 1: the key null is no text; put it in quotes"),
    "true for a key": ("true: false\n", "line 1: the key true is no text; put it in quotes"),
    "nothing for a key": ("? \n: 3\n", "line 1: a key is no text; put it in quotes"),
    "a list for a key": ("[rounds]: 3\n", "line 1: a key is no text; put it in quotes"),
    "a mapping for a key": ("{rounds: 3}: 3\n", "line 1: a key is no text; put it in quotes"),
    "a merge of nothing": ("<<: 3\n", "line 1: expected a mapping or list of mappings for merging"),
    "more digits than Python reads": (f"seed: {'9' * 5000}\n", "line 1: 9999"),
    "more digits than a fraction has": (f"rounds: {'9' * 400}\n", "line 1: 9999"),
    "the same in JSON, of a number": (f'{{"rounds": {"9" * 400}}}', "line 1: 9999"),
    "the same in a list": (f"squares: {{numbers: [{'9' * 400}]}}", "line 1: 9999"),
    "the same below": (f"works: {{a: {{items: [1], function: work.py:work, timeout_s: {'9' * 400}}}}}", "line 1: 9999"),
    "as many in hex": (f"explain: 0x{'f' * 4000}\n", "line 1: 0xfff"),
    "as many in hex for a word": (f"start_method: 0x{'f' * 4000}\n", "line 1: 0xfff"),
    "as many in hex for text": (f"other: 0x{'f' * 4000}\n", "line 1: 0xfff"),
    "as many in hex for an item": (
        f"works: {{a: {{items: [0x{'f' * 4000}], function: work.py:work}}}}",
        "line 1: 0xff",
    ),
    "as many in hex for an option": (
        f"squares: {{strategies: [{{process_pool: {{chunksize: 0x{'f' * 4000}}}}}]}}",
        "line 1: 0xfff",
    ),
    "as many in octal": (f"seed: 0o{'7' * 4000}\n", "line 1: 0o777"),
    "a million numbers": (
        f"squares: {{numbers: [{'1, ' * 1_000_000}]}}",
        "line 1: more than 100,000 values; put long lists into files of their own and give their names",
    ),
    "a form that was not filled in": ("rounds: {{ rounds }}\n", "line 1: a key is no text; put it in quotes"),
}

# Values, by the rules of each key.
VALUES = {
    "a time of the day": ("download: {timeout_s: 1:30}", "download.timeout_s: expected a number, not '1:30'"),
    "a degree": ("rounds: 1:00", "rounds: expected a whole number, not '1:00'"),
    "no": ("explain: no", "explain: expected true or false, not 'no'"),
    "off": ("robust: off", "robust: expected true or false, not 'off'"),
    "y": ("warm_up: y", "warm_up: expected true or false, not 'y'"),
    "yes, by somebody who is sure": ("explain: YES", "explain: expected true or false, not 'YES'"),
    "1 for true": ("explain: 1", "explain: expected true or false, not 1"),
    "a date": ("seed: 2026-01-02", "seed: expected a whole number, not '2026-01-02'"),
    "a date that is none": ("seed: 2026-13-45", "seed: expected a whole number, not '2026-13-45'"),
    "a date in a list of numbers": ("squares: {numbers: [2026-01-02]}", "squares.numbers.0: expected a whole number"),
    "nan": ("download: {timeout_s: .nan}", "download.timeout_s: expected a number, not nan"),
    "inf": ("squares: {timeout_s: .inf}", "squares.timeout_s: expected a number, not inf"),
    "minus inf": ("download: {path: {rtt_ms: -.inf}}", "download.path.rtt_ms: expected a number or null, not -inf"),
    "NaN in JSON": ('{"worthwhile": NaN}', "worthwhile: expected a number, not 'NaN'"),
    "Infinity in JSON": ('{"map": {"minutes": Infinity}}', "map.minutes: expected a number, not 'Infinity'"),
    "1e308": ("download: {timeout_s: 1e308}", "download.timeout_s: must be at most 1000000, not "),
    "1e400": ("download: {timeout_s: 1e400}", "download.timeout_s: expected a number, not inf"),
    "a comma for a point": ("worthwhile: 0,05", "worthwhile: expected a number, not '0,05'"),
    "per cent": ("worthwhile: 5%", "worthwhile: expected a number, not '5%'"),
    "per cent as a number": ("worthwhile: 5", "worthwhile: must be at most 1, not 5"),
    "a precision in per cent": ("precision: 5", "precision: must be less than 1, not 5"),
    "a unit": (
        "download: {limits: {max_bytes: 100MB}}",
        "download.limits.max_bytes: expected a whole number, not '100MB'",
    ),
    "seconds with an s": ("squares: {timeout_s: 30s}", "squares.timeout_s: expected a number, not '30s'"),
    "grouped with commas": (
        "squares: {numbers: {start: '1,000', count: 2}}",
        "squares.numbers.start: expected a whole",
    ),
    "grouped with points": ("rounds: 1.000", "rounds: expected a whole number, not 1.0"),
    "grouped with apostrophes": ("seed: 1'000", "seed: expected a whole number, not "),
    "grouped twice": ("seed: 1__0", "seed: expected a whole number, not '1__0'"),
    "a binary number": ("rounds: 0b11", "rounds: expected a whole number, not '0b11'"),
    "a fraction": ("rounds: 1.5", "rounds: expected a whole number, not 1.5"),
    "a range": ("rounds: 5-10", "rounds: expected a whole number, not '5-10'"),
    "words": ("rounds: many", "rounds: expected a whole number, not 'many'"),
    "no rounds": ("rounds: 0", "rounds: must be at least 1, not 0"),
    "less than none": ("rounds: -3", "rounds: must be at least 1, not -3"),
    "nothing": ("rounds:", "rounds: expected a whole number, not null"),
    "a list of one": ("rounds: [3]", "rounds: expected a whole number, not [3]"),
    "a mapping": ("rounds: {min: 3}", "rounds: expected a whole number, not {'min': 3}"),
    "true": ("rounds: true", "rounds: expected a whole number, not true"),
    "a million rounds": ("rounds: 1_000_000", "rounds: must be at most 1000, not 1000000"),
    "a million screenings": ("screening_rounds: 1_000_000", "screening_rounds: must be at most 100, not"),
    "a million finalists": ("finalists: 1000000", "finalists: must be at most 1000, not 1000000"),
    "a billion numbers": (
        "squares: {numbers: {start: 1, count: 1_000_000_000}}",
        "squares.numbers.count: must be at most 10000000, not 1000000000",
    ),
    "numbers beyond all computers": (
        "squares: {numbers: {start: 1e18, count: 1}}",
        "squares.numbers.start: must be at most 1000000000000000, not 1000000000000000000",
    ),
    "one of them in a list": (
        "squares: {numbers: [5, 1e18]}",
        "squares.numbers.1: must be at most 1000000000000000, not",
    ),
    "a billion items": (
        "works: {a: {items: {start: 0, count: 1e9}, function: work.py:work}}",
        "works.a.items.count: must be at most 10000000, not 1000000000",
    ),
    "a seed of a hundred digits": (f"seed: {'9' * 100}", "seed: must be at most 9223372036854775807, not "),
    "a million shards": ("squares: {shards: 1e6}", "squares.shards: must be at most 1000, not 1000000"),
    "a million at once": ("download: {in_flight: 1000000}", "download.in_flight: must be at most 10000, not 1000000"),
    "a year for a sample": ("download: {timeout_s: 31536000}", "download.timeout_s: must be at most 1000000, not"),
    "a link of nothing": ("download: {path: {mbit_per_s: 1e-300}}", "download.path.mbit_per_s: must be at least 0.001"),
    "a map for ever": ("map: {minutes: 1e9}", "map.minutes: must be at most 10000, not 1000000000"),
    "no time for a sample": ("download: {timeout_s: 0}", "download.timeout_s: must be more than 0, not 0"),
    "negative number": ("squares: {numbers: [5, -1]}", "squares.numbers.1: must be at least 0, not -1"),
    "fractional number": ("squares: {numbers: [1.5]}", "squares.numbers.0: expected a whole number, not 1.5"),
    "numbers in a list in a list": ("squares: {numbers: [[1]]}", "squares.numbers.0: expected a whole number, not [1]"),
    "a count without a start": ("squares: {numbers: {count: 3}}", "squares.numbers.start: is missing; give it"),
    "a step": (
        "squares: {numbers: {start: 1, count: 3, step: 2}}",
        "squares.numbers.step: unknown key; known here: start",
    ),
    "one number": ("squares: {numbers: 7}", "squares.numbers: expected a mapping or a list or text, not 7"),
    "a million numbers in a list": (
        f'{{"squares": {{"numbers": [1{", 1" * 999_999}]}}}}',
        "squares.numbers: more than 10000 are to be read from a file; give its name",
    ),
    "URLs that belong into a file": (
        f"{{download: {{sites: [{'http://a.test/,' * 10_001}]}}}}",
        "download.sites: more than 10000 are to be read from a file; give its name",
    ),
    "items that belong into a file": (
        f"works: {{a: {{items: [{'1,' * 10_001}], function: work.py:work}}}}",
        "works.a.items: more than 10000 are to be read from a file; give its name",
    ),
    "a strategy thousands of times": (
        f"squares: {{strategies: [{'threads,' * 2000}]}}",
        "squares.strategies: give at most 1000, not 2000",
    ),
    "an interpreter thousands of times": (
        f"interpreters: [{'current,' * 2000}]",
        "interpreters: give at most 100, not 2000",
    ),
    "hundreds of works": (
        f"works: {{{','.join(f'w{i}: {{items: [1], function: work.py:work}}' for i in range(300))}}}",
        "works: give at most 100, not 300",
    ),
    "hundreds of hosts": (
        f"hosts: [{','.join(f'{{name: a{i}, partition: b}}' for i in range(300))}]",
        "hosts: give at most 100, not 300",
    ),
    "numbers that are null": (
        "squares: {numbers: null}",
        "squares.numbers: expected a mapping or a list or text, not null",
    ),
    "no list of sites": ("download: {sites: 3}", "download.sites: expected text or a list, not 3"),
    "a site that is a number": ("download: {sites: [3]}", "download.sites.0: expected text, not 3"),
    "a site that is a mapping": (
        "download: {sites: [{url: http://a.test/}]}",
        "download.sites.0: expected text, not {'url'",
    ),
    "no URL": (
        "download: {sites: [a.test]}",
        "download.sites: entry 1: 'a.test' is not a URL of the form http(s)://host",
    ),
    "another scheme": (
        "download: {sites: [http://a.test/, ftp://b.test/]}",
        "download.sites: entry 2: 'ftp://b.test/' is not a URL of the form http(s)://host/path",
    ),
    "a URL with a space": (
        "download: {sites: ['http://a.test/a b']}",
        "download.sites: entry 1: 'http://a.test/a b' is",
    ),
    "a URL with half an address": (
        "download: {sites: ['http://[::1/']}",
        "download.sites: entry 1: 'http://[::1/' is not",
    ),
    "an empty URL": ("download: {sites: ['']}", "download.sites: entry 1: '' is not a URL"),
    "one page with two logins": (
        "download: {sites: ['http://a:secret@a.test/', 'http://b@b.test/', 'http://b:other@a.test/']}",
        "download.sites: entry 3: http://***@a.test/ is there already with another login; keep one",
    ),
    "unknown source": ("download: {source: film}", "download.source: 'film' is not one of replay, live"),
    "nearly a source": (
        "download: {source: replya}",
        "download.source: 'replya' is not one of replay, live; did you mean re",
    ),
    "a source in capitals": (
        "download: {source: LIVE}",
        "download.source: 'LIVE' is not one of replay, live; did you mean",
    ),
    "nearly a start method": (
        "start_method: forkserve",
        "start_method: 'forkserve' is not one of null, fork, forkserver",
    ),
    "nearly a bound": (
        "works: {a: {items: [1], function: work.py:work, bound: cpus}}",
        "works.a.bound: 'cpus' is not one of cpu, io, mixed; did you mean cpu?",
    ),
    "another TLS": ("download: {path: {tls: 1.1}}", "download.path.tls: 1.1 is not one of null, true, false, 1.2, 1.3"),
    "TLS in words": (
        "download: {path: {tls: 'on'}}",
        "download.path.tls: 'on' is not one of null, true, false, 1.2, 1.3",
    ),
    "no slots": ("download: {path: {slots: 0}}", "download.path.slots: must be at least 1, not 0"),
    "no contact": ("download: {source: live}", "download.live.contact: with `source: live`, give your e-mail address"),
    "a contact that is none": (
        "download: {source: live, live: {contact: me}}",
        "download.live.contact: with `source: live`, give your e-mail address",
    ),
    "a status that is none": (
        "download: {limits: {retry_statuses: [200]}}",
        "download.limits.retry_statuses.0: must be at",
    ),
    "a status in words": (
        "download: {limits: {retry_statuses: [5xx]}}",
        "download.limits.retry_statuses.0: expected a",
    ),
    "one status": (
        "download: {limits: {retry_statuses: 503}}",
        "download.limits.retry_statuses: expected a list, not 503",
    ),
    "retries below none": ("download: {limits: {retries: -1}}", "download.limits.retries: must be at least 0, not -1"),
    "an interpreter that is not there": (
        "interpreters: [current, /opt/py/bin/python3.99t]",
        "interpreters: /opt/py/bin/python3.99t: there is no such command, or it may not be run",
    ),
    "an interpreter that is none": ("interpreters: [cat]", "interpreters: cat: does not run as a Python interpreter: "),
    "an interpreter of nobody's": (
        "interpreters: ['~nobody-here/python']",
        "interpreters: ~nobody-here/python: there is ",
    ),
    "no interpreter": ("interpreters: []", "interpreters: give at least one"),
    "one interpreter": ("interpreters: python3.14", "interpreters: expected a list, not 'python3.14'"),
    "a version for an interpreter": ("interpreters: [3.14]", "interpreters.0: expected text, not 3.14"),
    "a folder for an interpreter": ("interpreters: [/usr/bin]", "interpreters: /usr/bin: there is no such command"),
    "hosts without a kind": ("hosts: [{name: new}]", "hosts: new: give the partition or the constraint"),
    "hosts without a name": ("hosts: [{partition: new}]", "hosts.0.name: is missing; give it"),
    "two hosts of a name": (
        "hosts: [{name: new, partition: a}, {name: new, partition: b}]",
        "hosts: there are two named new; give each a name of its own",
    ),
    "a host with a space": (
        "hosts: [{name: 'a b', partition: a}]",
        "hosts.0.name: 'a b' is not a name of letters, digits, _, . and -",
    ),
    "hosts by name alone": ("hosts: [epyc]", "hosts.0: expected a mapping, not 'epyc'"),
    "a partition without a name": (
        "hosts: [{name: new, partition: ''}]",
        "hosts.0.partition: '' is not the name of a partition",
    ),
    "a partition that is an option": (
        "hosts: [{name: new, partition: '--help'}]",
        "hosts.0.partition: '--help' is not the name of a partition",
    ),
    "a partition on two lines": (
        'hosts: [{name: new, partition: "a\\nb"}]',
        "hosts.0.partition: 'a\\nb' is not the name of a partition",
    ),
    "a partition with an end of line": (
        'hosts: [{name: new, partition: "a\\n"}]',
        "hosts.0.partition: 'a\\n' is not the name of a partition",
    ),
    "a constraint that is a command": (
        "hosts: [{name: new, constraint: 'x; rm -rf /'}]",
        "hosts.0.constraint: 'x; rm -rf /' is not a constraint",
    ),
    "a partition that is a number": (
        "hosts: [{name: new, partition: 2080}]",
        "hosts.0.partition: expected text, not 2080",
    ),
    "nothing to compare with": ("other: nowhere", "other: there is no folder nowhere; looked in"),
    "nobody's to compare with": ("other: ~nobody-here/run", "other: there is no folder ~nobody-here/run; looked in"),
    "too long a name to compare with": (f"other: {'a' * 300}", "other: 'aaa"),
    "a folder without results": ("other: folder", "other: folder has neither tables/timings.csv nor results/tables"),
    "extra timings that are not there": ("extra_timings: [nowhere.csv]", "extra_timings: there is no file nowhere.csv"),
    "a function that is a number": (
        "{function: 3, items: [1]}",
        "function: expected path/to/file.py:name, not 3",
    ),
    "extra timings as text": ("extra_timings: nowhere.csv", "extra_timings: expected a list, not 'nowhere.csv'"),
}

# Keys.
KEYS = {
    "an unknown key": ("repeets: 3", "repeets: unknown key; known here: download, squares, works"),
    "close to a key": ("round: 3", "round: unknown key; did you mean rounds?"),
    "a key in capitals": ("Rounds: 3", "Rounds: unknown key; did you mean rounds?"),
    "a key with a dash": ("max-rounds: 3", "max-rounds: unknown key; did you mean max_rounds?"),
    "a key with a space": ("'rounds ': 3", "'rounds ': unknown key; did you mean rounds?"),
    "a dotted key": ("download.shards: 3", "download.shards: unknown key; did you mean download?"),
    "an empty key": ("'': 3", "'': unknown key; known here: download"),
    "a part nearly named": ("downloads: {shards: 3}", "downloads: unknown key; did you mean download?"),
    "works nearly named": ("work: {a: {items: []}}", "work: unknown key; did you mean works?"),
    "an unknown key below": (
        "download: {live: {contakt: a@b}}",
        "download.live.contakt: unknown key; did you mean contact?",
    ),
    "a key of another part": ("retries: 3", "retries: unknown key; did you mean download.limits.retries?"),
    "a key one level too high": (
        "download: {max_bytes: 3}",
        "download.max_bytes: unknown key; did you mean download.limits",
    ),
    "a key one level too deep": ("download: {rounds: 3}", "download.rounds: unknown key; did you mean rounds?"),
    "numbers at the top": ("numbers: [3]", "numbers: unknown key; did you mean squares.numbers?"),
    "items without a function": ("items: [3]", "items: goes with a function, --config function=work.py:name"),
    "strategies at the top": (
        "strategies: [threads]",
        "strategies: goes with a function, --config function=work.py:name",
    ),
    "a part that is text": ("download: sites.csv", "download: expected a mapping, not 'sites.csv'"),
    "a part that is a list": ("squares: [1, 2]", "squares: expected a mapping, not [1, 2]"),
    "a part that is false": ("download: false", "download: expected a mapping, not false"),
    "sites where they were": ("sites: []", "sites: is download.sites now; move it there"),
    "a source where it was": ("source: live", "source: is download.source now; move it there"),
    "manners where they were": ("live: {}", "live: is download.live now; move it there"),
    "a start method where it was": (
        "squares: {start_method: fork}",
        "squares.start_method: is start_method now; move it",
    ),
    "a function where it was": (
        "squares: {function: a.py:b}",
        "squares.function: is works.<name>.function now; move it",
    ),
    "a merged key that is none": ("<<: {roundz: 3}", "roundz: unknown key; did you mean rounds?"),
    "a template": ("__use_yte__: true", "__use_yte__: unknown key; known here: download"),
}

# Keys that do not go together.
TOGETHER = {
    "most rounds without a precision": (
        "max_rounds: 20",
        "max_rounds: counts only with a precision; set `rounds: 20`, or give one, as in `precision: 0.05`",
    ),
    "most rounds below the rounds": (
        "{precision: 0.05, max_rounds: 5}",
        "max_rounds: must be at least rounds (10) when",
    ),
    "one round, which counts for nothing": ("{warm_up: true, rounds: 1}", "warm_up: leaves no round to count"),
    "robust with few rounds": ("robust: true", "robust: needs at least 15 rounds to hold its promises; set rounds: 15"),
    "more jobs than can be planned": (
        f"{{rounds: 1000, hosts: [{', '.join(f'{{name: a{i}, partition: b}}' for i in range(5))}]}}",
        "rounds: 1,000 for 2 works on 5 kinds of hosts are 10,000 jobs, more than 8,000; give fewer",
    ),
    "more shards than sites": (
        "download: {sites: ['http://a.test/'], shards: 2}",
        "download.shards: 2 for 1 sites; give no more",
    ),
    "more shards than terms": (
        "squares: {numbers: [3], shards: 4}",
        "squares.shards: 4 for numbers of 3 terms in all; give",
    ),
    "a job in shards by a strategy": (
        "squares: {job: threads, shards: 2}",
        "squares.job: a shard's share of the numbers is",
    ),
    "a job that nothing recommends": (
        "squares: {job: recommended, strategies: []}",
        "squares.job: `strategies` has nothing to compare, so that nothing is recommended; name one",
    ),
    "everything off": (
        "{download: {sites: []}, squares: {numbers: []}}",
        "nothing to do: give `download.sites`, `squares.numbers`, or `works` of your own",
    ),
    "a split without a function": (
        "works: {a: {items: [1], coroutine: work.py:work, split: work.py:work}}",
        "works.a.split: it does a share of what `function` does; give that too",
    ),
}

# Strategies and what they take.
STRATEGIES = {
    "unknown strategy": (
        "squares: {strategies: [magic]}",
        "squares.strategies: there is no strategy 'magic'; there are sequential, threads",
    ),
    "nearly a strategy": (
        "squares: {strategies: [thread]}",
        "squares.strategies: there is no strategy 'thread'; did you mean threads?",
    ),
    "a strategy in capitals": (
        "download: {strategies: [AsyncIO]}",
        "download.strategies: there is no strategy 'AsyncIO'; did",
    ),
    "one of the other part": (
        "squares: {strategies: [curl_multi]}",
        "squares.strategies: there is no strategy 'curl_multi'",
    ),
    "an empty strategy": ("squares: {strategies: ['']}", "squares.strategies: there is no strategy ''; there are sequ"),
    "strategies as text": ("squares: {strategies: threads}", "squares.strategies: expected a list, not 'threads'"),
    "strategies as a mapping": (
        "squares: {strategies: {threads: {}}}",
        "squares.strategies: expected a list, not {'threads'",
    ),
    "strategies that are null": ("squares: {strategies: }", "squares.strategies: expected a list, not null"),
    "a strategy that is null": (
        "squares: {strategies: [~]}",
        "squares.strategies.0: expected text or a mapping, not null",
    ),
    "a strategy that is a list": (
        "squares: {strategies: [[threads]]}",
        "squares.strategies.0: expected text or a mapping",
    ),
    "a strategy without a name": (
        "squares: {strategies: [{}]}",
        "squares.strategies.0: expected the name of one strategy",
    ),
    "two strategies in one entry": (
        "squares: {strategies: [{threads: {}, process_pool: {}}]}",
        "squares.strategies.0: expected the name of one strategy",
    ),
    "a number for the options": (
        "squares: {strategies: [{threads: 4}]}",
        "squares.strategies: threads: expected a mapping such as {workers: [4]}, not 4",
    ),
    "nothing for the options": (
        "squares: {strategies: [{threads: }]}",
        "squares.strategies: threads: expected a mapping such",
    ),
    "no workers": (
        "download: {strategies: [{threads: {workers: 0}}]}",
        "download.strategies: threads: workers: must be a whole number of at least 1 or `auto`, not 0",
    ),
    "workers in words": (
        "squares: {strategies: [{threads: {workers: all}}]}",
        "squares.strategies: threads: workers: must be",
    ),
    "true workers": (
        "squares: {strategies: [{threads: {workers: true}}]}",
        "squares.strategies: threads: workers: must be",
    ),
    "workers by the core of what waits": (
        "download: {strategies: [{asyncio: {workers: cores}}]}",
        "download.strategies: asyncio: workers: must be a whole number of at least 1 or `auto`, not 'cores'",
    ),
    "a million workers": (
        "squares: {strategies: [{threads: {workers: 1000000}}]}",
        "squares.strategies: threads: workers: must be at most 10,000, not 1000000",
    ),
    "workers of one by one": (
        "squares: {strategies: [{sequential: {workers: 2}}]}",
        "squares.strategies: sequential: workers",
    ),
    "an empty list of workers": (
        "download: {strategies: [{asyncio: {workers: []}}]}",
        "download.strategies: asyncio: workers: give at least one value",
    ),
    "an empty list for an option": (
        "squares: {strategies: [{process_pool: {chunksize: []}}]}",
        "squares.strategies: process_pool: chunksize: give at least one value",
    ),
    "unknown option": (
        "squares: {strategies: [{process_pool: {chunks: 2}}]}",
        "squares.strategies: process_pool: unknown option 'chunks'; did you mean chunksize?",
    ),
    "an option of another": (
        "squares: {strategies: [{threads: {method: map}}]}",
        "squares.strategies: threads: unknown option",
    ),
    "a bad option": (
        "squares: {strategies: [{process_pool: {chunksize: 0}}]}",
        "squares.strategies: process_pool: chunksize: ",
    ),
    "nearly an option's value": (
        "squares: {strategies: [{multiprocessing_pool: {method: maps}}]}",
        "squares.strategies: multiprocessing_pool: method: 'maps' is not one of",
    ),
    "a million variants": (
        f"squares: {{strategies: [{{process_pool: {{workers: {list(range(1, 1001))}, chunksize: {list(range(1, 1001))}}}}}]}}",
        "squares.strategies: process_pool: asks for 1,000,000 variants; at most 1,000 are compared",
    ),
    "a job by two": ("squares: {job: {threads: {}, asyncio: {}}}", "squares.job: expected the name of one strategy"),
    "a job by nearly one": (
        "squares: {job: process_pol}",
        "squares.job: there is no strategy 'process_pol'; did you mean pro",
    ),
    "a job that is a list": (
        "squares: {job: [threads]}",
        "squares.job: expected text or a mapping or null, not ['threads']",
    ),
}

# Works of one's own.
WORKS = {
    "no function": (
        "works: {a: {items: [1]}}",
        "works.a: give what is done for each item: `function` (a def) or `coroutine`",
    ),
    "no items": ("works: {a: {function: work.py:work}}", "works.a.items: is missing; give a list, a file, a pattern"),
    "nothing at all": ("works: {a: }", "works.a.items: is missing; give a list, a file"),
    "a work that is a function": ("works: {a: work.py:work}", "works.a: expected a mapping, not 'work.py:work'"),
    "works in a list": ("works: [{items: []}]", "works: expected a mapping, not [{'items': []}]"),
    "a work in capitals": (
        "works: {Mine: {items: []}}",
        "works.Mine: a work's name is made of small letters, digits and _",
    ),
    "a work with a dash": ("works: {my-work: {items: []}}", "works.my-work: a work's name is made of small letters"),
    "a work that is a number": ("works: {'1': {items: []}}", "works.1: a work's name is made of small letters"),
    "a work of too many letters": (
        f"works: {{{'a' * 61}: {{items: []}}}}",
        f"works.{'a' * 61}: a work's name is made of",
    ),
    "a work's name that is taken": (
        "works: {tables: {items: [1], function: work.py:work}}",
        "works.tables: the name stands for something else in results/; give it another",
    ),
    "a work's key nearly named": (
        "works: {a: {items: [1], functoin: work.py:work}}",
        "works.a.functoin: unknown key; did you",
    ),
    "a function without a file": (
        "works: {a: {items: [1], function: work}}",
        "works.a.function: expected path/to/file.py:name",
    ),
    "a file without a function": (
        "works: {a: {items: [1], function: work.py}}",
        "works.a.function: expected path/to/file.py:",
    ),
    "a function with brackets": (
        "works: {a: {items: [1], function: 'work.py:f()'}}",
        "works.a.function: expected path/to/file",
    ),
    "a module's dots": (
        "works: {a: {items: [1], function: work.f}}",
        "works.a.function: expected path/to/file.py:name, not",
    ),
    "a file that is not there": (
        "works: {a: {items: [1], function: gone.py:f}}",
        "works.a.function: there is no file gone.py",
    ),
    "a folder for a file": (
        "works: {a: {items: [1], function: folder.py:f}}",
        "works.a.function: folder.py is a folder; give a",
    ),
    "a name of 300 letters": (
        f"works: {{a: {{items: [1], function: {'f' * 300}.py:f}}}}",
        "works.a.function: 'fff",
    ),
    "a function that is a list": (
        "works: {a: {items: [1], function: [work.py:f]}}",
        "works.a.function: expected text or null",
    ),
    "then from nowhere": (
        "works: {a: {items: [1], function: work.py:work, then: gone.py:f}}",
        "works.a.then: there is no file gone.py",
    ),
    "a check that is none": (
        "works: {a: {items: [1], function: work.py:work, check: same}}",
        "works.a.check: expected {rtol: …}, path/to/file.py:name or none, not 'same'",
    ),
    "a check of more than all": (
        "works: {a: {items: [1], function: work.py:work, check: {rtol: 5}}}",
        "works.a.check.rtol: must be at most 1, not 5",
    ),
    "a coroutine strategy for a function": (
        "works: {a: {items: [1], function: work.py:work, strategies: [asyncio]}}",
        "works.a.strategies: asyncio: runs an `async def`, and this work has no `coroutine`",
    ),
    "nearly all": (
        "works: {a: {items: [1], function: work.py:work, strategies: al}}",
        "works.a.strategies: 'al' is not `all`, nor a list of strategies",
    ),
    "items that are a number": (
        "works: {a: {items: 5, function: work.py:work}}",
        "works.a.items: expected a list or a mapping or",
    ),
    "items that are null": (
        "works: {a: {items: , function: work.py:work}}",
        "works.a.items: expected a list or a mapping or te",
    ),
    "items that are not there": (
        "works: {a: {items: gone.csv, function: work.py:work}}",
        "works.a.items: there is no file gone.csv",
    ),
    "a pattern of nothing": (
        "works: {a: {items: '*.jpg', function: work.py:work}}",
        "works.a.items: no file is called like *.jpg",
    ),
    "a list of one list": (
        "works: {a: {items: [1], function: work.py:work, strategies: [all]}}",
        "works.a.strategies: `all` is none of several; give `strategies: all`",
    ),
    "a job that is nearly recommended": (
        "works: {a: {items: [1], function: work.py:work, job: recomended}}",
        "works.a.job: there is no strategy 'recomended'; did you mean recommended?",
    ),
    "a job with two numbers of workers": (
        "works: {a: {items: [1], function: work.py:work, job: {threads: {workers: [1, 50]}}}}",
        "works.a.job: threads: the job is done once; give one value for each, not a list of several",
    ),
    "a job with two chunk sizes": (
        "squares: {job: {process_pool: {chunksize: [1, 2]}}}",
        "squares.job: process_pool: the job is done once; give one value for each, not a list of several",
    ),
    "works whose rounds would be filed alike": (
        "{hosts: [{name: x, partition: p}], works: {a: {items: [1], function: work.py:work}, "
        "a_on_x: {items: [1], function: work.py:work}}}",
        "hosts: x: the rounds of works.a on it, and the rounds of works.a_on_x, would be called a_on_x alike",
    ),
    "a job that is recommended, with workers": (
        "squares: {job: {recommended: {workers: 4}}}",
        "squares.job: recommended: has as many workers as are recommended; write `job: recommended`",
    ),
    "a pattern with a NUL": (
        'works: {a: {items: "a\\0/*.jpg", function: work.py:work}}',
        "works.a.items: no file can be called like 'a\\x00/*.jpg': embedded null byte",
    ),
    "words that are to be divided": (
        "works: {a: {items: [1, b], function: work.py:work, split: work.py:work}}",
        "works.a.split: divides numbers, and `items` has 'b'; leave it out",
    ),
    "a work that ends in a newline": (
        'works: {"a\\n": {items: [1], function: work.py:work}}',
        "works.'a\\n': a work's name is made of small letters",
    ),
    "a host that ends in a newline": ('hosts: [{name: "a\\n", partition: p}]', "hosts.0.name: "),
    "all strategies, and a newline": (
        'works: {a: {items: [1], function: work.py:work, strategies: "all\\n"}}',
        "works.a.strategies: ",
    ),
    "more pieces than make sense": (
        "squares: {strategies: [{process_pool_ranges: {pieces: 1000000000}}]}",
        "squares.strategies: process_pool_ranges: pieces: 1000000000 is greater than the maximum of 1000",
    ),
    "a chunk of a thousand, or of one": (
        "squares: {strategies: [{multiprocessing_pool: {chunksize: 1.000}}]}",
        "squares.strategies: multiprocessing_pool: chunksize: 1.0 is not of type 'integer', 'null'",
    ),
    "one worker, who is true": (
        "squares: {strategies: [{sequential: {workers: true}}]}",
        "squares.strategies: sequential: workers: sequential has one worker, not True",
    ),
    "an item that is nan": (
        "works: {a: {items: [.nan], function: work.py:work}}",
        "works.a.items: entry 1: 'nan' is a float",
    ),
}

# Files: what lies in `list`, and what is said of it.
FILES = {
    "a site list without rows": (SITES, "list: no sites in it", "url\n"),
    "an empty site list": (SITES, "list: line 1: no column `url`", ""),
    "a missing column": (SITES, "list: line 1: no column `url`; the header must name it (link)", "link\nhttp://a.test/\n"),
    "the column in capitals": (SITES, "list: line 1: there is no column `URL`; did you mean url?", "URL\nhttp://a.test/\n"),
    "no header": (SITES, "list: line 1: no column `url`", "http://a.test/\nhttp://b.test/\n"),
    "semicolons": (SITES, "list: line 1: no column `url`; divide the cells by commas, not by ';' (url;bytes)", "url;bytes\nhttp://a.test/;5\n"),
    "semicolons, and a column of ours": (
        SITES,
        "list: line 1: no column `url`; divide the cells by commas, not by ';' (url;latency_ms)",
        "url;latency_ms\nhttp://a.test/;15\n",
    ),
    "a NUL in a URL": (SITES, "list: line 2: 'http://a.test/\\x00' is not a URL", "url\nhttp://a.test/\0\n"),
    "a column that is nearly one": (
        SITES,
        "list: line 1: there is no column `latencyms`; did you mean latency_ms?",
        "url,latencyms\nhttp://a.test/,5\n",
    ),
    "a column without its unit": (
        SITES,
        "list: line 1: there is no column `latency`; did you mean latency_ms?",
        "url,latency\nhttp://a.test/,5000\n",
    ),
    "a short one without its unit": (SITES, "list: line 1: there is no column `rtt`; did you mean rtt_ms?", "url,rtt\nhttp://a.test/,5\n"),
    "a column in another unit": (SITES, "list: line 1: there is no column `connect_s`; did you mean connect_ms?", "url,connect_s\nhttp://a.test/,5\n"),
    "a column with a longer name": (SITES, "list: line 1: there is no column `tls_version`; did you mean tls?", "url,tls_version\nhttp://a.test/,1.3\n"),
    "another one": (SITES, "list: line 1: there is no column `HTTP version`; did you mean http?", "url,HTTP version\nhttp://a.test/,2\n"),
    "a column for people": (SITES, "list: line 1: there is no column `Latency (ms)`; did you mean latency_ms?", "url,Latency (ms)\nhttp://a.test/,5\n"),
    "a column twice": (SITES, "list: line 1: there are two columns named bytes", "url,bytes,bytes\nhttp://a.test/,5,6\n"),
    "a column without a name": (SITES, "list: line 1: column 2 has no name", "url,,bytes\nhttp://a.test/,5,6\n"),
    "a cell too many": (SITES, "list: line 3: 3 cells, but 2 columns (url, bytes)", "url,bytes\nhttp://a.test/,5\nhttp://b.test/,5,6\n"),
    "a cell too few": (SITES, "list: line 2: 1 cells, but 2 columns (url, bytes)", "url,bytes\nhttp://a.test/\n"),
    "a comma in a URL": (SITES, "list: line 2: 2 cells, but 1 columns (url)", "url\nhttp://a.test/?a,b\n"),
    "an open quote in a table": (SITES, "list: line 2: is no row of a table: ", 'url\n"http://a.test/\n'),
    "a malformed URL": (SITES, "list: line 3: 'http:/b' is not a URL", "url\nhttp://a.test/\nhttp:/b\n"),
    "a bad port": (SITES, "list: line 2: 'http://a.test:99999/' is not a URL", "url\nhttp://a.test:99999/\n"),
    "a row without a URL": (SITES, "list: line 2: '' is not a URL", "url,bytes\n,5\n"),
    "a bad size": (SITES, "list: line 2: wire_bytes: '-5' is not a whole number", "url,wire_bytes\nhttp://a.test/,-5\n"),
    "half a byte": (SITES, "list: line 2: wire_bytes: '1.5' is not a whole number", "url,wire_bytes\nhttp://a.test/,1.5\n"),
    "a size with a unit": (SITES, "list: line 2: bytes: '5kB' is not a whole number", "url,bytes\nhttp://a.test/,5kB\n"),
    "a page of an exabyte": (SITES, "list: line 2: wire_bytes: '1e18' is not a whole number of at least 0 and at most", "url,wire_bytes\nhttp://a.test/,1e18\n"),
    "a latency of nan": (SITES, "list: line 2: latency_ms: 'nan' is not a number", "url,latency_ms\nhttp://a.test/,nan\n"),
    "a latency of inf": (SITES, "list: line 2: latency_ms: 'inf' is not a number", "url,latency_ms\nhttp://a.test/,inf\n"),
    "a latency of 1e308": (SITES, "list: line 2: latency_ms: '1e308' is not a number", "url,latency_ms\nhttp://a.test/,1e308\n"),
    "a bad framing": (SITES, "list: line 2: framing: 'odd' is neither", "url,framing\nhttp://a.test/,odd\n"),
    "a coding that is not played": (SITES, "list: line 2: coding: 'br' is neither `none` nor `gzip`", "url,coding\nhttp://a.test/,br\n"),
    "hosts that disagree": (SITES, "list: line 3: slots: is 4, but 2 in an earlier row", "url,slots\nhttp://a.test/1,2\nhttp://a.test/2,4\n"),
    "a site list in Latin-1": (SITES, "list: line 2: cannot be read as UTF-8 text", "url\nhttp://a.test/ä\n".encode("latin-1")),
    "a spreadsheet": (SITES, "list: line 1: cannot be read as UTF-8 text", b"PK\x03\x04\x14\0\x08\xff\xfe"),
    "a word among numbers": (NUMBERS, "list: line 3: 'nine' is not a whole", "7\n8\nnine\n"),
    "a fraction among numbers": (NUMBERS, "list: line 2: '8.5' is not a whole", "7\n8.5\n"),
    "two numbers on a line": (NUMBERS, "list: line 1: '7 8' is not a whole", "7 8\n"),
    "a number beyond all computers": (NUMBERS, "list: line 2: 1,000,000,000,000,000,000,000 is more than", f"7\n1{'0' * 21}\n"),
    "a number of 5000 digits": (NUMBERS, "list: line 1: '9999", "9" * 5000),
    "no numbers": (NUMBERS, "list: no numbers in it", "\n"),
    "numbers in Latin-1": (NUMBERS, "list: line 2: cannot be read as UTF-8 text", b"7\n\xe9\n"),
    "no items in a file": (WORK, "list: there are no items in it", "\n\n"),
    "items in Latin-1": (WORK, "list: line 1: cannot be read as UTF-8 text", b"\xe9\n"),
    "timings of something else": ("extra_timings: [list]", "config.yaml: extra_timings: list is no timings.csv of this", "a,b\n1,2\n"),
    "ragged timings": (
        "extra_timings: [list]",
        "config.yaml: extra_timings: list: line 2: 2 cells, but 6 columns",
        "workload,strategy,workers,round,failed,wall_s\nsquares,threads\n",
    ),
    "timings with a column twice": (
        "extra_timings: [list]",
        "config.yaml: extra_timings: list: line 1: there are two columns named round",
        "workload,strategy,workers,round,failed,wall_s,round\n",
    ),
    "timings by nobody": (
        "extra_timings: [list]",
        "config.yaml: extra_timings: list: line 2: workers: 'x' is no number",
        "workload,strategy,workers,round,failed,wall_s\nsquares,threads,x,1,0,1\n",
    ),
    "timings of a round that is none": (
        "extra_timings: [list]",
        "config.yaml: extra_timings: list: line 3: round: '-1' is no number",
        "workload,strategy,workers,round,failed,wall_s\nsquares,threads,1,1,0,1\nsquares,threads,1,-1,0,1\n",
    ),
    "timings that are none": (
        "other: list",
        "config.yaml: other: list: line 2: wall_s: 'abc' is no number",
        "workload,strategy,workers,round,failed,wall_s\nsquares,threads,1,1,0,abc\n",
    ),
    "the same timings twice": (
        "extra_timings: [list, list]",
        "config.yaml: extra_timings: list is there twice",
        "workload,strategy,workers,round,failed,wall_s\n",
    ),
    "no table to compare with": ("other: list", "config.yaml: other: list is no timings.csv of this workflow", "a\n"),
}  # fmt: skip

# What is no file, or not one to be read.
PLACES = {
    "no site list": ("download: {sites: nowhere.csv}", "download.sites: there is no file nowhere.csv; looked in"),
    "an empty name": ("download: {sites: ''}", "download.sites: . is a folder; give a file"),
    "a folder for sites": ("download: {sites: folder}", "download.sites: folder is a folder; give a file"),
    "a pipe for sites": ("download: {sites: pipe}", "download.sites: pipe is a pipe or a device; give a file"),
    "a device for sites": (
        "download: {sites: /dev/zero}",
        "download.sites: /dev/zero is a pipe or a device; give a file",
    ),
    "a link to nothing": ("download: {sites: nothing}", "download.sites: there is no file nothing; looked in"),
    "a link to itself": ("download: {sites: itself}", "download.sites: there is no file itself; looked in"),
    "a NUL in a name": ('download: {sites: "a\\0b"}', "download.sites: there is no file a"),
    "a URL for numbers": (
        "squares: {numbers: 'https://a.test/n'}",
        "squares.numbers: there is no file https://a.test/n; looked in",
    ),
    "no numbers file": ("squares: {numbers: n.txt}", "squares.numbers: there is no file n.txt; looked in"),
    "a pipe for numbers": ("squares: {numbers: pipe}", "squares.numbers: pipe is a pipe or a device; give a file"),
    "a device for numbers": ("squares: {numbers: /dev/zero}", "squares.numbers: /dev/zero is a pipe or a device"),
    "a pipe for items": (
        "works: {a: {items: pipe, function: work.py:work}}",
        "works.a.items: pipe is a pipe or a device",
    ),
    "a folder for items": (
        "works: {a: {items: folder, function: work.py:work}}",
        "works.a.items: folder is a folder; give a",
    ),
    "a pipe for timings": ("extra_timings: [pipe]", "extra_timings: pipe is a pipe or a device; give a file"),
    "a device to compare with": ("other: /dev/zero", "other: /dev/zero has neither"),
    "braces in a name": ("download: {sites: '{x}.csv'}", "download.sites: {x}.csv: a name with {braces} stands for"),
    "braces in the name of items": (
        "works: {a: {items: '{x}.csv', function: work.py:work}}",
        "works.a.items: {x}.csv: a name with {braces} stands for others to Snakemake; rename it",
    ),
    "braces in the name of timings": ("extra_timings: ['{x}.csv']", "extra_timings: {x}.csv: a name with {braces}"),
    "braces in the name of a run": ("other: '{x}.csv'", "other: {x}.csv: a name with {braces} stands for others"),
    "a number for the name of a file": (
        "download: {sites: '2026'}",
        "download.sites: there is no file 2026; looked in",
    ),
    "signs without end": (
        "works: {a: {items: [1], function: signs.py:f}}",
        "works.a.function: signs.py: this is no Python: it is nested too deeply",
    ),
    "a pipe for a function": (
        "works: {a: {items: [1], function: pipe.py:f}}",
        "works.a.function: pipe.py is a pipe or a",
    ),
}

CASES = {
    **{
        name: Case(config, f"config.yaml: {said}")
        for table in (YAML, VALUES, KEYS, TOGETHER, STRATEGIES, WORKS, PLACES)
        for name, (config, said) in table.items()
    },
    **{name: Case(*case) for name, case in FILES.items()},
}
CASES["everything off"] = Case(TOGETHER["everything off"][0], TOGETHER["everything off"][1])

# With a config.yaml that is as it should be: what is given beside it on the command line.
OPTIONS = {
    "no rounds": (("--config", "rounds=0"), "--config: rounds: must be at least 1, not 0"),
    "nan": (("--config", "worthwhile=nan"), "--config: worthwhile: expected a number, not 'nan'"),
    "a time": (("--config", "rounds=1:30"), "--config: rounds: expected a whole number, not '1:30'"),
    "no": (("--config", "explain=no"), "--config: explain: expected true or false, not 'no'"),
    "nothing": (("--config", "rounds="), "--config: rounds: expected a whole number, not null"),
    "an unknown key": (("--config", "roundz=3"), "--config: roundz: unknown key; did you mean rounds?"),
    "an unknown key below": (("--config", "download={shard: 3}"), "--config: download.shard: unknown key; did you mean shards?"),
    "an open bracket": (("--config", "download={sites: [}"), "--config: download: line 1: "),
    "a key twice": (("--config", "download={shards: 1, shards: 2}"), "--config: download: line 1: shards is there already"),
    "too few brackets": (("--config", "squares=[1"), "--config: squares: expected a mapping, not '[1'"),
    "no items": (("--config", "function=work.py:work"), "--config: works.work.items: is missing; give a list"),
    "no function": (("--config", "items=[1]"), "--config: items: goes with a function, --config function=work.py:name"),
    "no such function": (("--config", "function=gone.py:f", "items=[1]"), "--config: works.f.function: there is no file gone.py"),
    "a key beside the function": (
        ("--config", "function=work.py:work", "items=[1]", "timeout_s=0"),
        "--config: works.work.timeout_s: must be more than 0, not 0",
    ),
    "a part of the wrong kind beside the function": (
        ("--config", "function=work.py:work", "items=[1]", "download=3"),
        "--config: download: expected a mapping, not 3",
    ),
    "more digits than a fraction has": (("--config", f"seed={'9' * 400}"), "--config: seed: expected a whole number, not '9999"),
    "a work of the wrong kind beside the function": (
        ("--config", "function=work.py:work", "items=[1]", "works={work: 3}"),
        "--config: works.work: expected a mapping, not 3",
    ),
    "works of the wrong kind beside the function": (
        ("--config", "function=work.py:work", "items=[1]", "works=[a]"),
        "--config: works: expected a mapping, not ['a']",
    ),
    "a source that is the downloads'": (
        ("--config", "function=work.py:work", "items=[1]", "source=live"),
        "--config: works.work.source: 'live' is not one of work, profile",
    ),
    "a bad value in another file": (("--configfile", "other.yaml"), "other.yaml: seed: expected a whole number, not '1:30'"),
    "one in a file in a folder": (("--configfile", "folder/more.yaml"), "folder/more.yaml: download.shards: must be at least 1"),
    "a key twice in another file": (("--configfile", "twice.yaml"), "twice.yaml: line 2: rounds is there already, in line 1"),
    "a file that holds itself": (("--configfile", "itself.yaml"), "itself.yaml: line 1: it holds itself, by an alias"),
    "no cores": (("--cores", "0"), "--cores: must be at least 1, or `all`, not 0"),
    "less than no cores": (("--cores", "-1"), "--cores: must be at least 1, or `all`, not -1"),
    "nothing to compare": (("compare", "--config", "download={strategies: []}", "squares={strategies: []}"), "nothing to compare: "),
}  # fmt: skip
