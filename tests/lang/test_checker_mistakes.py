"""What the checker says of mistakes: the code, the place, and that one mistake is one diagnostic."""

from collections import Counter
from contextlib import suppress
from time import process_time

import pytest

from pluscheck.base.diagnostics import Diagnostic
from pluscheck.base.errors import SpecError
from pluscheck.base.source import Source
from pluscheck.lang.checker import check
from pluscheck.lang.parser import parse

DECLARATIONS = r"""
module Mistakes
sort Page, File
sort Reader, Writer
type Actor == Reader | Writer
type Lock(T) == [shared : SUBSET T, excl : Option(T)]
enum Mode == { free, busy }
const Limit : 0..8 == 3
switch Drain : [File -> BOOLEAN] == [f \in File |-> TRUE]
var count : 0..8 = 0
var flag : BOOLEAN = FALSE
var page : Page \in Page
var file : File \in File
var pages : SUBSET Page = {}
var lock : Lock(Actor) = [shared |-> {}, excl |-> None]
var queue : Seq(Page, 4) = <<>>
var pair : Page \X BOOLEAN \in Page \X BOOLEAN
var size : [Page -> 0..3] = [p \in Page |-> 0]
var grid : [Page, File -> BOOLEAN] = [p \in Page, f \in File |-> FALSE]
Larger(x, y) == IF x > y THEN x ELSE y
Apply(F(_), x) == F(x)
Next == count' = count
invariant Small == count < 9
witness Big == count = 8
process Reads(self \in Reader) var mine : 0..3 = 0; { R1: skip; R2: call Store(page); }
process Writes(me \in Writer) { W1: skip; W2: call Store(page); }
procedure Store(what : Page) var left : 0..3 = 2; { S1: return; }
"""

# A declaration, what is wrong with it, and the text of the place that is blamed.
TABLE = [
    ("invariant P == cuont = 1", "PC201", "cuont"),
    ("invariant P == Lager(1, 2) = 1", "PC201", "Lager"),
    ("action A { call Stroe(page); }", "PC201", "Stroe"),
    ("invariant P == @ = 1", "PC201", "@"),
    ("model m extends n { }", "PC201", "n"),
    ("model m { scope Pages = 2; }", "PC201", "Pages"),
    ("model m { Limt = 2; }", "PC201", "Limt"),
    ("RECURSIVE Nothing(_)", "PC201", "Nothing"),
    ("Larger(a) == a", "PC202", "Larger"),
    ("var busy : BOOLEAN = FALSE", "PC202", "busy"),
    ("var pc : 0..3 = 0", "PC202", "pc"),
    ("Len(s) == 0", "PC202", "Len"),
    ("invariant deadlock == TRUE", "PC202", "deadlock"),
    ("invariant P == \\A a, a \\in pages : TRUE", "PC202", "a"),
    ("model m { Limit = 1; Limit = 2; }", "PC202", "Limit"),
    ("model m { } model m { }", "PC202", "m"),
    ("process Other(you \\in Writer) var mine : 0..3 = 0; { O1: skip; }", "PC202", "mine"),
    ("invariant P == Larger(1) = 1", "PC206", "Larger(1)"),
    ("invariant P == Larger = 1", "PC206", "Larger"),
    ("invariant P == Len(queue, 1) = 1", "PC206", "Len(queue, 1)"),
    ("invariant P == grid[page, file, 1]", "PC206", "grid[page, file, 1]"),
    ("invariant P == Apply(Larger, 1) = 1", "PC206", "Larger"),
    ("invariant P == Apply(LAMBDA a, b : a, 1) = 1", "PC206", "LAMBDA a, b : a"),
    ("var other : Lock(Page, File)", "PC206", "Lock(Page, File)"),
    ("process Other(you \\in Writer) { O1: call Store(); }", "PC206", "call Store()"),
    ("invariant P == count(1) = 1", "PC207", "count"),
    ("invariant P == Apply(count, 1) = 1", "PC207", "count"),
    ("invariant P == Reads = 1", "PC207", "Reads"),
    ("RECURSIVE Up(_) Up(a) == IF a > 9 THEN 0 ELSE Up(a + 1)", "PC208", "Up(a + 1)"),
    ("RECURSIVE Odd(_) RECURSIVE Even(_) Odd(a) == Even(a) Even(a) == Odd(a)", "PC208", "Even(a)"),
    ("RECURSIVE Mix(_, _) Mix(a, b) == IF a = b THEN 0 ELSE Mix(a - 1, b) + Mix(a, b - 1)", "PC208", None),
    ("invariant P == lock.shred = {}", "PC209", "shred"),
    ("invariant P == count.value = 1", "PC209", "value"),
    ("invariant P == pair[3]", "PC209", "3"),
    ("var other : Pgae \\in Page", "PC210", "Pgae"),
    ("var other : Optoin(Page) = None", "PC210", "Optoin"),
    ("type Both == Page | Flie", "PC210", "Flie"),
    ("type List == Option(List)", "PC211", "List"),
    ("Ping == Pong Pong == Ping", "PC211", "Ping"),
    ("Down(a) == IF a = 0 THEN 0 ELSE Down(a - 1)", "PC211", "Down"),
    ("const A : 0..B == 1 const B : 0..A == 1", "PC211", "A"),
    ("invariant P == \\A count \\in pages : TRUE", "PC212", "count"),
    ("invariant P == \\A a \\in pages : \\E a \\in pages : TRUE", "PC212", "a"),
    ("Op(count) == 1", "PC212", "count"),
    ("invariant P == LET Small == 1 IN Small = 1", "PC212", "Small"),
    ("action A(a \\in Page) { with (a \\in Page) { skip; }; }", "PC212", "a"),
    ("invariant P == count = flag", "PC301", "flag"),
    ("invariant P == page = file", "PC301", "file"),
    ("invariant P == page \\in {file}", "PC301", "{file}"),
    ("invariant P == pages \\subseteq {1}", "PC301", "{1}"),
    ("invariant P == {page, 1} = {}", "PC301", "1"),
    ("invariant P == (IF flag THEN 1 ELSE {}) = 1", "PC301", "{}"),
    ("invariant P == size[file] = 1", "PC301", "file"),
    ("invariant P == grid[file, file]", "PC301", "file"),
    ("invariant P == [size EXCEPT ![page] = flag] = size", "PC301", "flag"),
    ("invariant P == Append(queue, file) = queue", "PC301", "file"),
    ("invariant P == pair[count]", "PC301", "count"),
    ("invariant P == Head(<<1, flag>>) = 1", "PC301", "<<1, flag>>"),
    ("invariant P == Get(page) = page", "PC301", "page"),
    ("invariant P == pc = 1", "PC301", "pc"),
    ("invariant P == pc[page] = 1", "PC301", "page"),
    ("invariant P == pc[Reads] = 1", "PC301", "Reads"),
    ("invariant P == \\A r \\in Reader, w \\in Writer : pc[r] = pc[w]", "PC301", "pc[w]"),
    ('invariant P == "R1" = 1', "PC301", "1"),
    ("var other : 0..3 = TRUE", "PC301", "TRUE"),
    ("var other : SUBSET Page \\in SUBSET File", "PC301", "SUBSET File"),
    ("action A { count := page; }", "PC301", "page"),
    ("action A { lock.excl := Some(page); }", "PC301", "Some(page)"),
    ("process Other(you \\in Writer) { O1: call Store(file); }", "PC301", "file"),
    ("model m { Limit = TRUE; }", "PC301", "TRUE"),
    ("model m { Drain = TRUE; }", "PC301", "TRUE"),
    ("model m { Drain[free] = TRUE; }", "PC301", "free"),
    ("invariant P == count[1] = 1", "PC302", "count"),
    ("invariant P == DOMAIN pages = {}", "PC302", "pages"),
    ("invariant P == lock[1] = 1", "PC302", "lock"),
    ("invariant P == (size @@ pages) = size", "PC302", "pages"),
    ("invariant P == \\A a \\in queue : TRUE", "PC303", "queue"),
    ("invariant P == pages \\cup page = {}", "PC303", "page"),
    ("invariant P == UNION pages = {}", "PC303", "pages"),
    ("action A { with (a \\in count) { skip; }; }", "PC303", "count"),
    ("invariant P == count", "PC304", "count"),
    ("invariant P == flag /\\ pages", "PC304", "pages"),
    ("invariant P == \\A a \\in pages : a", "PC304", "a"),
    ("action A { await page; }", "PC304", "page"),
    ("init pages", "PC304", "pages"),
    ("terminal == pages", "PC304", "pages"),
    ("invariant P == count + flag = 1", "PC305", "flag"),
    ("invariant P == free < busy", "PC305", "free"),
    ("invariant P == queue[flag] = page", "PC305", "flag"),
    ("invariant P == page < page", "PC306", "page"),
    ("invariant P == \\A a \\in pages : a + 1 = 2", "PC306", "a"),
    ("invariant P == {} = page..page", "PC306", "page"),
    ("invariant P == \\A a \\in {} : a.x = a.y", "PC307", None),
    ('invariant P == {"R1"} = {}', "PC307", '"R1"'),
    ("invariant P == count' = 1", "PC308", "count'"),
    ("invariant P == Next", "PC308", "Next"),
    ("action A { await UNCHANGED count; }", "PC308", "UNCHANGED count"),
    ("transition Moves == (count' = 1)'", "PC308", "count'"),
    ("transition Moves == UNCHANGED Next", "PC308", "Next"),
    ("const A : 0..count == 1", "PC309", "count"),
    ("const A : 0..3 == Larger(count, 1)", "PC309", "count"),
    ("Level == count const A : 0..3 == Level", "PC309", "Level"),
    ("var early : 0..3 = late var late : 0..3 = 0", "PC309", "late"),
    ("var other : 0..3 = mine[CHOOSE a \\in Reader : TRUE]", "PC309", "mine"),
    ("model m { Limit = count; }", "PC309", "count"),
    ("var other : count = 0", "PC310", "count"),
    ("var other : 3 = 0", "PC310", "3"),
    ("var other : {} = {}", "PC310", "{}"),
    ("type Both == Page | Both2 type Both2 == [a : Page]", "PC310", "Both2"),
    ("type Both == Page | Page", "PC310", "Page"),
    ("switch S : 0..3 == 1", "PC310", "0..3"),
    ("action A { Limit := 1; }", "PC311", "Limit"),
    ("action A(a \\in Page) { a := page; }", "PC311", "a"),
    ("action A(a \\in Reader) { mine[a] := 1; }", "PC311", "mine"),
    ("action A { Larger(1, 2) := 1; }", "PC311", None),
    ("invariant P == [a |-> 1, a |-> 2] = [a |-> 1]", "PC312", "a"),
    ("var other : [a : Page, a : File]", "PC312", "a"),
    ("var other : Nat = 0", "PC313", "Nat"),
    ("invariant P == \\A a \\in Int : TRUE", "PC313", "Int"),
    ("var other : Seq(Page) = <<>>", "PC313", "Seq(Page)"),
    ('invariant P == \\A r \\in Reader : pc[r] = "R3"', "PC403", '"R3"'),
    ('invariant P == \\A r \\in Reader : pc[r] \\in {"R1", "W1"}', "PC403", '"W1"'),
    ("invariant P == \\A a \\in Actor : left[a] = 1", "PC407", "left[a]"),
    ("invariant P == left = 1", "PC407", "left"),
    ("model m { scope Mode = 2; }", "PC502", "Mode"),
    ("model m { count = 2; }", "PC504", "count"),
    ("model m { check Smoll; }", "PC505", "Smoll"),
    ("model m { expect Larger holds; }", "PC505", "Larger"),
    ("model m { expect Small reachable; }", "PC505", "Small"),
    ("model m { expect Big violated; }", "PC505", "Big"),
    ("model m extends n { } model n extends m { }", "PC506", None),
    ("model m { expect Small violated; expect Small holds; }", "PC508", "Small"),
]


def diagnostics(text: str) -> tuple[Diagnostic, ...]:
    module = parse(Source("spec.plus", text))
    try:
        check(module, (module,))
    except SpecError as error:
        return error.diagnostics
    return ()


@pytest.mark.parametrize(("declaration", "code", "place"), TABLE)
def test_mistake(declaration: str, code: str, place: str | None) -> None:
    found = diagnostics(f"{DECLARATIONS}\n{declaration}\n")
    assert [d.code for d in found if d.code == code][:1] == [code], found
    assert {d.code for d in found} == {code}
    if place is not None:
        assert [d.primary.span.text for d in found] == [place]


FINE = [
    "invariant P == \\A r \\in Reader : r \\in lock.shared",
    "invariant P == \\A a \\in lock.shared : a \\in Reader => mine[a] = 0",
    'invariant P == \\A r \\in Reader : left[r] = 1 /\\ pc[r] = "S1"',
    "invariant P == Small /\\ Small",
    "invariant P == \\A a \\in pages : (\\E b \\in pages : a = b) /\\ (\\A b \\in pages : TRUE)",
    "transition Moves == Next \\/ UNCHANGED <<count, flag>>",
    "transition Moves == \\A p \\in Page : (size[p])' >= size[p]",
    "var other : [1..Limit -> BOOLEAN] = [i \\in 1..Limit |-> TRUE]",
    "var other : 0..8 = count",
    "var other : [{1, 3} -> Page] \\in [{1, 3} -> Page]",
    "const Table : [Mode -> 0..8] == [m \\in Mode |-> IF m = free THEN Limit ELSE 0]",
    "RECURSIVE Odd(_) RECURSIVE Even(_) Odd(k) == k # 0 /\\ Even(k - 1) Even(k) == k = 0 \\/ Odd(k - 1)",
    "RECURSIVE Count(_) Count(S) == IF S = {} THEN 0 ELSE LET rest == S \\ {CHOOSE x \\in S : TRUE} IN 1 + Count(rest)",
    "RECURSIVE Last(_) Last(s) == IF Len(s) = 1 THEN s[1] ELSE Last(SubSeq(s, 2, Len(s)))",
    "type Buffer(T, length) == Seq(T, length) var buffer : Buffer(Page, Limit) = <<>>",
    "model m { Drain[CHOOSE f \\in File : TRUE] = FALSE; expect Small, deadlock violated; expect Big unreachable; check faults; }",
    "process Fresh(who \\in Mode) var own : Page \\in Page; var next : Page = own; { F1: own := next; }",
    'process Low(low \\in 0..1) { L1: await pc[low] = "L1"; } process High(high \\in 2..3) { H1: await pc[high] = "H1"; }',
    "action A { count := 1 || flag := TRUE; lock.shared := {}; size[page] := 2; grid[page, file] := flag; }",
    "action A { with (a \\in pages, b = a) { page := b; }; }",
    "Unused(r, i) == r.a + r.b[i] + Len(r.c) > 0 /\\ i[1]",
    "Unused(G(_, _), x) == G(x, x) \\cup G(x, {})",
]


@pytest.mark.parametrize("declaration", FINE)
def test_no_mistake(declaration: str) -> None:
    assert diagnostics(f"{DECLARATIONS}\n{declaration}\n") == ()


def test_a_mistake_for_some_arguments_names_the_use() -> None:
    text = "Add(a, b) == a + b\ninvariant P == Add(1, 2) = 3 /\\ Add(flag, 1) = 2\n"
    (found,) = diagnostics(DECLARATIONS + text)
    assert found.primary.span.text == "a"
    assert [label.span.text for label in found.secondary] == ["Add(flag, 1)"]


def test_a_mistake_in_an_operator_is_told_once_however_often_it_is_used() -> None:
    text = "Add(a) == a + TRUE\nAgain(b) == Add(b)\ninvariant P == Add(1) = 3 /\\ Add(2) = 2 /\\ Again(3) = 3\n"
    (found,) = diagnostics(DECLARATIONS + text)
    assert (found.code, found.primary.span.text, found.secondary) == ("PC305", "TRUE", ())


@pytest.mark.parametrize(
    ("term", "said"),
    [('"Lock"', "this is a label"), ("<<1, 2>>", "this is a tuple or a sequence"), ("{}", "this is a set")],
)
def test_what_is_half_known_is_called_by_what_is_known(term: str, said: str) -> None:
    (found,) = diagnostics(f"{DECLARATIONS}\ninvariant P == count + {term} = 1\n")
    assert found.primary.text == said


def test_a_mistake_makes_no_others() -> None:
    text = (
        "var broken : Pgae = 3\ninvariant P == broken + 1 = 2 /\\ broken[1] \\in broken.x /\\ Larger(broken, 1) = 1\n"
    )
    assert [d.code for d in diagnostics(DECLARATIONS + text)] == ["PC210"]


def test_all_mistakes_are_told_in_the_order_of_the_text() -> None:
    text = "".join(f"invariant P{i} == count + TRUE = {i}\n" for i in range(30))
    found = diagnostics(DECLARATIONS + text)
    assert Counter(d.code for d in found) == {"PC305": 30}
    lines = [d.primary.span.line for d in found]
    assert lines == sorted(lines)


HOSTILE = {
    "a type that doubles at each step": "A0 == <<1, TRUE>>\n"
    + "".join(f"A{i} == <<A{i - 1}, A{i - 1}>>\n" for i in range(1, 80)),
    "instances that double at each step": "A0 == {}\n"
    + "".join(f"A{i} == IF A{i - 1} = {{}} THEN {{}} ELSE A{i - 1}\n" for i in range(1, 80))
    + "invariant P == A79 = {1}\n",
    "unknown types that double at each step": "Op(x0) == "
    + "".join(f"\\E x{i} \\in {{<<x{i - 1}, x{i - 1}>>}} : " for i in range(1, 60))
    + "TRUE\n",
    "a type that contains itself": "Op(x) == x = {x}\ninvariant P == \\A x \\in {} : x = <<x, x>>\n",
    "a deep type": "A0 == 1\n" + "".join(f"A{i} == Some(A{i - 1})\n" for i in range(1, 3000)),
    "a long chain of operators": "".join(f"A{i}(x) == A{i + 1}(x)\n" for i in range(3000))
    + "A3000(x) == x\ninvariant P == A0(1) = 2\n",
    "a long chain without arguments": "".join(f"A{i} == A{i + 1}\n" for i in range(3000))
    + "A3000 == 1\ninvariant P == A0 = 2\n",
    "a long cycle": "".join(f"A{i} == A{(i + 1) % 3000}\n" for i in range(3000)),
    "a large recursive group": "".join(
        f"RECURSIVE A{i}(_, _, _)\nA{i}(x, y, z) == A{(i + 1) % 20}(x, y, z)\n" for i in range(20)
    ),
    "types that mention each other": "type T0 == [a : BOOLEAN, b : BOOLEAN]\n"
    + "".join(f"type T{i} == [a : T{i - 1}, b : T{i - 1}]\n" for i in range(1, 60)),
    "generic types that double": "type T0(X) == [a : X, b : X]\n"
    + "".join(f"type T{i}(X) == T{i - 1}(T{i - 1}(X))\n" for i in range(1, 30))
    + "var v : T29(BOOLEAN)\n",
    "many unknown names that are close to many known ones": "".join(f"var name{i}x : 0..3 = 0\n" for i in range(2000))
    + "invariant P == "
    + " /\\ ".join(f"name{i}y = 1" for i in range(2000)),
    "bound names whose types double": "var x0 : 0..3 = 0\naction A { "
    + "".join(f"with (x{i} = <<x{i - 1}, x{i - 1}>>) {{ " for i in range(1, 60))
    + "skip; "
    + "}; " * 59
    + "}",
    "questions that nothing answers": "Op(y) == " + " /\\ ".join(f"y.f{i}[y.g{i}] = y.h{i}" for i in range(1000)),
    "many uses of an unknown name": "invariant P == " + " /\\ ".join(["nothing"] * 3000),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_specs_take_bounded_time(text: str) -> None:
    module = parse(Source("hostile.plus", f"module Hostile\n{text}"))
    start = process_time()
    with suppress(SpecError):
        check(module, (module,))
    assert process_time() - start < 20
