"""Makes device tree sources: every feature of the language, in random combination, right and slightly wrong."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

NODES = ("n", "m", "bus@1", "bus@2", "cpu", "x,y", "cpus", "aliases", "soc")
PROPERTIES = ("p", "q", "reg", "status", "#a", "compatible", "1", "r?", "n", "ranges")
SPACES = (" ", "\n", "\t", "/* c */", " // x\n", "/* a * b ** */", "\r\n")
OPERATORS = ("+", "-", "*", "/", "%", "<<", ">>", "<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "&&", "||")
CHARACTERS = ("'a'", "'\\n'", "'\\x41'", "'\\0'", "'\\''", "'\\\\'", "' '", "'\\177'", "'\"'")
LETTERS: tuple[str, ...] = (
    "a",
    "xen",
    "0-3",
    " ",
    ",",
    "\\n",
    '\\"',
    "\\\\",
    "\\x41",
    "\\x4",
    "\\101",
    "\\7",
    "\\0",
    "\\q",
    "/*",
    "//",
    "é",
    "\n",
    "\\377",
    "\\x9g",
    "'",
    ";",
    "{",
    "}",
)
BROKEN: tuple[str, ...] = (
    *"{};<>=[]()\"'&/#@\\\n,:?!-a1 \0\f",
    "&a",
    "//",
    "/*",
    "*/",
    "a:",
    "0x",
    "08",
    "é",
    "/delete-node/",
)
BROKEN += (
    "/delete-property/",
    "/bits/ 8",
    "/dts-v1/;",
    "/plugin/;",
    "/memreserve/ 1 2;",
    "/omit-if-no-ref/",
    "<1>",
    '"s"',
)
BROKEN += (
    'name = "n";',
    "phandle = <1>;",
    '\n# 5 "f"\n',
    '\n#line 7 "g" 1\n',
    "&{/n}",
    "/include/",
    '/include/ "none"',
)


class SourceMaker:
    """One source from one random generator."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.labels = ["a", "b", "L1", "_x"]
        self.count = 0

    def source(self) -> str:
        plugin = self.chance.random() < 0.15
        text = "".join(self.statement() for _ in range(self.chance.choice((0, 1, 2, 4))))
        text = f"/{self.space()}{self.body(3)}\n{text}"
        head = f"/dts-v1/{self.space()};" + ("/plugin/;" if plugin else "")
        head += "".join(f"/memreserve/ {self.primary()} {self.primary()};\n" for _ in range(self.some(2)))
        return head + ("" if plugin or self.rarely() else self.definitions(text)) + text

    def definitions(self, text: str) -> str:
        """Nodes for everything that the text refers to."""
        missing = set(re.findall(r"&([A-Za-z_]\w*)", text)) - set(re.findall(r"(?<!&)\b([A-Za-z_]\w*):", text))
        made = "/ {" + " ".join(f"{label}: h{i} {{}};" for i, label in enumerate(sorted(missing))) + "};\n"
        for path in sorted(set(re.findall(r"&\{/([^}]+)\}", text))):
            parts = path.split("/")
            made += "/ {" + "".join(f"{part} {{" for part in parts) + "};" * (len(parts) + 1) + "\n"
        return made

    def mutated(self, text: str) -> str:
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            at, kind = self.chance.randrange(len(text) + 1), self.chance.random()
            if kind < 0.4:
                text = text[:at] + self.chance.choice(BROKEN) + text[at:]
            elif kind < 0.7:
                text = text[:at] + text[at + self.chance.choice((1, 1, 2, 5, 20)) :]
            elif kind < 0.9:
                to = self.chance.randrange(len(text) + 1)
                text = text[:to] + text[at : at + self.chance.randint(1, 12)] + text[to:]
            else:
                text = text[:at]
        return text

    def some(self, most: int) -> int:
        return self.chance.randint(0, most)

    def rarely(self) -> bool:
        return self.chance.random() < 0.04

    def space(self, needed: str = "") -> str:
        return self.chance.choice(SPACES) if self.chance.random() < 0.5 else needed

    def label(self) -> str:
        return self.chance.choice(self.labels)

    def new_label(self) -> str:
        self.count += 1
        return f"k{self.count}: "

    def reference(self) -> str:
        if self.chance.random() < 0.75:
            return "&" + self.label()
        return "&{/" + "/".join(self.chance.choice(NODES) for _ in range(self.some(2))) + "}"

    def literal(self) -> str:
        pick = self.chance.random()
        if pick < 0.1:
            return self.chance.choice(CHARACTERS)
        number = self.chance.choice((self.chance.getrandbits(5), self.chance.getrandbits(32), 0, 1, 63, 64))
        text = self.chance.choice((str(number), hex(number), f"0{number & 63:o}"))
        return text + (self.chance.choice(("U", "L", "UL", "LL", "ULL")) if pick > 0.85 else "")

    def expression(self, depth: int = 3) -> str:
        pick = self.chance.random()
        if depth == 0 or pick < 0.25:
            return self.literal()
        if pick < 0.65:
            return f"{self.expression(depth - 1)} {self.chance.choice(OPERATORS)} {self.expression(depth - 1)}"
        if pick < 0.8:
            return self.chance.choice("-~!") + self.space() + self.expression(depth - 1)
        if pick < 0.9:
            return f"{self.expression(depth - 1)} ? {self.expression(depth - 1)} : {self.expression(depth - 1)}"
        return f"({self.expression(depth - 1)})"

    def primary(self) -> str:
        return self.literal() if self.chance.random() < 0.6 else f"(({self.expression()}) & 0xff)"

    def cells(self) -> str:
        bits = self.chance.choice(("", "", "", "/bits/ 8", "/bits/ 16", "/bits/ 32", "/bits/ 64", "/bits/ 0x10"))
        pick: list[Callable[[], str]] = [lambda: str(self.some(255)), lambda: str(self.some(255)), self.new_label]
        pick += [self.reference] if not bits else []
        pick += [self.primary] if bits in ("", "/bits/ 64") or self.rarely() else []
        inside = self.space(" ").join(self.chance.choice(pick)() + " " for _ in range(self.some(4)))
        return f"{bits}{self.space()}<{inside}>"

    def string(self) -> str:
        return '"' + "".join(self.chance.choice(LETTERS) for _ in range(self.some(6))) + '"'

    def bytes(self) -> str:
        return (
            "["
            + self.space()
            + "".join(self.chance.choice(("00", "ff ", "DE\n", "0011")) for _ in range(self.some(4)))
            + "]"
        )

    def value(self) -> str:
        pieces = (self.cells, self.cells, self.string, self.string, self.bytes, self.reference)
        made = [self.chance.choice(pieces)() for _ in range(self.chance.choice((1, 1, 1, 2, 3)))]
        return (self.space() + "," + self.space()).join(self.new_label() + x if self.rarely() else x for x in made)

    def property(self, name: str) -> str:
        if self.rarely():
            return f"/delete-property/ {name};"
        mark = self.new_label() if self.rarely() else ""
        if self.chance.random() < 0.2:
            return f"{mark}{name}{self.space()};"
        return f"{mark}{name}{self.space()}={self.space()}{self.value()}{self.space()};"

    def node(self, name: str, depth: int) -> str:
        if self.rarely():
            return f"/delete-node/ {name};"
        mark = ""
        while self.chance.random() < 0.25:
            mark += self.new_label()
            self.labels.append(mark.split(":")[-2].strip())
        if self.chance.random() < 0.1:
            mark += "/omit-if-no-ref/ "
        return mark + name + self.space() + self.body(depth)

    def body(self, depth: int) -> str:
        names = self.chance.sample(PROPERTIES, self.some(4))
        inside = [self.property(name) for name in names]
        if self.rarely():
            inside.append(f"phandle = <{self.chance.choice(range(1, 40))}>;")
        inside += [self.node(name, depth - 1) for name in self.chance.sample(NODES, self.some(3))] if depth else []
        return "{" + self.space().join(inside) + self.space() + "};"

    def statement(self) -> str:
        pick = self.chance.random()
        if pick < 0.4:
            return f"/ {self.body(2)}\n"
        if pick < 0.75:
            return f"{self.reference()} {self.body(1)}\n"
        if pick < 0.85:
            return f"{self.new_label()}{self.reference()} {self.body(1)}\n"
        return self.chance.choice(("/delete-node/", "/omit-if-no-ref/")) + f" {self.reference()};\n"


def made(seed: int, *, broken: bool) -> str:
    """The source of a seed; `broken` changes it at random afterwards."""
    maker = SourceMaker(random.Random(seed))
    text = maker.source()
    return maker.mutated(text) if broken else text
