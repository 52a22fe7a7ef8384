# ruff: noqa: E501
# fmt: off
"""Scripts made by chance from a seed, for the real U-Boot and for ours: dense in forms, one probe a property."""

from __future__ import annotations

import random
from collections.abc import Callable

HEAD = "load virtio 0:1 0x4a000000 board.dtb\nload virtio 0:1 0x4c000000 xen\nfdt addr 0x4a000000\nfdt resize 0x3000\n"
END = "booti 0x4c000000 - 0x4a000000\n"
VARIABLES = """setenv v val
setenv two "one two"
setenv n 10
setenv hex 1f
setenv zero 0
setenv spaces "  x   y "
setenv quote 'a"b'
setenv single it\\'s
setenv semi 'x;y'
setenv hash 'a #b'
setenv dollar 'a$v'
setenv back 'p\\\\q'
setenv path /chosen
"""
Maker = Callable[[random.Random], str]


def _if(condition: str, name: str) -> str:
    return f"if {condition}; then fdt set /chosen {name} t; else fdt set /chosen {name} f; fi\n"


def tests(r: random.Random) -> str:
    words = ["a", "b", "", '""', '"a b"', "10", "0x10", "010", "-1", "1f", "9", "$v", "$u", '"$u"', '"$v"', "${two}", "!"]
    words += ["$n", "0x$n", "08", "0xg", "4294967296", "0x123456789abcdef01", "-n", "-z", "=", "-a", "-o", "val", "A", "*"]
    two = ["=", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"]

    def one() -> str:
        kind = r.random()
        if kind < 0.5:
            return f"{r.choice(words)} {r.choice(two)} {r.choice(words)}"
        if kind < 0.7:
            return f"{r.choice(['-n', '-z'])} {r.choice(words)}"
        if kind < 0.8:
            return f"! {one()}"
        return " ".join(r.choice(words + two) for _ in range(r.randint(0, 4)))

    lines = ""
    for n in range(40):
        text = one()
        while r.random() < 0.35:
            text += f" {r.choice(['-a', '-o'])} {one()}"
        lines += _if(f"test {text}", f"t{n}")
    return HEAD + VARIABLES + lines + END


def itests(r: random.Random) -> str:
    words = ["0", "10", "0x10", "1F", "abc", "ABC", "$n", "$v", "$u", "ffffffff", "100000000", "0x1ffffffff", "-1", "*4a000000"]
    words += ["*0x4a000004", "*4a000001", "1 2", "xyz", "fffffffffffffffff", "+5", "80000000", "8000000000000000"]
    two = ["==", "!=", "<", ">", "<=", ">=", "<>", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "=", "=="]
    lines = ""
    for n in range(40):
        width = r.choice(["", "", ".b", ".w", ".l", ".q", ".s"])
        lines += _if(f"itest{width} {r.choice(words)} {r.choice(two)} {r.choice(words)}", f"t{n}")
    return HEAD + VARIABLES + lines + END


def arithmetic(r: random.Random) -> str:
    words = ["0", "1", "10", "0x10", "ff", "$n", "0x$n", "$v", "$u", "ffffffff", "100000000", "8000000000000000", "-1", "*4a000000"]
    words += ["*0x4a000004", "7", "3", "abcdefg", "ffffffffffffffff", "200000", '"a b"']
    signs = ["+", "-", "*", "/", "%", '"&"', '"|"', "^", "**", "<", "+"]
    patterns = ["a", "b+", ".", "x*", "[0-9]+", "^a", "a$", "(a)(b)", "a|b", "\\\\.", " ", "/", "(.)", "o", "[^a]", "a?"]
    news = ["", '""', "X", "yy", "\\\\1", '"\\\\2\\\\1"', "-", ".", "&", "$v"]
    texts = ["aab", "banana", '"a b c"', "file.name.ext", "/a/b/c", "$two", "x", '"foo boo"', "ab.ab", "v1.2.3"]
    lines = ""
    for n in range(40):
        kind = r.random()
        width = r.choice(["", "", "", ".b", ".w", ".l", ".q"])
        if kind < 0.15:
            text = f"setexpr{width} r {r.choice(words)}"
        elif kind < 0.65:
            text = f"setexpr{width} r {r.choice(words)} {r.choice(signs)} {r.choice(words)}"
        else:
            text = f"setexpr r {r.choice(['sub', 'gsub'])} {r.choice(patterns)} {r.choice(news)} {r.choice(texts)}"
        lines += f'setenv r old\n{text}\nfdt set /chosen r{n} "$?" "$r"\n'
    return HEAD + VARIABLES + lines + END


def words(r: random.Random) -> str:
    atoms = ["a", "b c", "$v", "${v}", "$two", "${u}", "$u", "${u:-dflt}", "${v:-dflt}", "${v:+alt}", "${u:+alt}", "#x", "\\", "\\\\"]
    atoms += ["=", "x=y", "<", ">", "(", ")", "{", "}", "{a,b}", "*", "?", "~", "[", "]", "[01]", ",", ".", "/", "$", "$$", "$1"]
    atoms += ["$?", "$spaces", "$quote", "$hash", "$semi", "$dollar", "$back", "\\ ", "\\;", "\\#", "\\$v", "\\n", "`x`", "!", "%", "@", "\t"]
    quoted = [*atoms, ";", "&", "|", "# y", "  ", "'", "\\\""]
    single = [*(a for a in atoms if "'" not in a), ";", "&&", '"', "  "]

    def word() -> str:
        kind = r.random()
        inner = r.randint(1, 3)
        if kind < 0.4:
            return "".join(r.choice(atoms) for _ in range(inner))
        if kind < 0.75:
            return '"' + "".join(r.choice(quoted) if r.random() < 0.9 else "$single" for _ in range(inner)) + '"'
        return "'" + "".join(r.choice(single) for _ in range(inner)) + "'"

    lines = ""
    for n in range(6):
        text = " ".join("".join(word() for _ in range(r.choice([1, 1, 1, 2]))) for _ in range(r.randint(1, 3)))
        kind = r.random()
        if kind < 0.5:
            lines += f"fdt set /chosen w{n} {text}\n"
        elif kind < 0.75:
            lines += f'setenv w {text}\nfdt set /chosen w{n} "$w" $w\n'
        elif kind < 0.85:
            lines += f"for i in {text}; do setenv l{n} \"$l{n}<$i>\"; done\nfdt set /chosen w{n} \"x$l{n}\"\n"
        else:
            lines += f"setenv m 'fdt set /chosen w{n} \"$v\" $two'\nrun m\nw={text}\nfdt set /chosen s{n} \"$w\"\n"
    return HEAD + VARIABLES + lines + END


def values(r: random.Random) -> str:
    cells = ["0", "1", "0x10", "010", "08", "0xffffffff", "0x1ffffffff", "4294967296", "?", "$n", "0x$hex", "$hex", "${u}", "0x${u}", "-1"]
    cells += ["1,2", "0xg", "100M", "a", "0x", "0X1A", "123456789012345678901", "(1)", "0x1_0", "12 13"]
    octets = ["00", "1f", "ff", "1ff", "a", "001fff", "$hex", "0x12", "g", "", " ", "?", "12,13"]
    strings = ["abc", '"a b"', "''", '""', "$two", '"$two"', "$u", '"$u"', "a,b", "<", "x<1>", '"<1 2>"', "'[01 02]'", "[", "\\<1\\>", "okay"]
    strings += ["1", "0x10", '"x\\"y"', "'x y'", '"xen,domain"', "/a/b@1", "a=b"]

    def cell() -> str:
        between = r.choice([" ", " ", "  "])
        inside = between.join(r.choice(cells[:9] if r.random() < 0.7 else cells) for _ in range(r.randint(0, 5)))
        return r.choice(["<{}>", "< {} >", "<{} >", "<{}", "<{}>>", '"<{}>"', "<{}> 5", "<{}> <{}>"]).replace("{}", inside)

    def octet() -> str:
        inside = " ".join(r.choice(octets[:5] if r.random() < 0.7 else octets) for _ in range(r.randint(0, 5)))
        return r.choice(["[{}]", "[ {} ]", "[{}", '"[{}]"', "[{}] x"]).replace("{}", inside)

    lines = "fdt set /chosen old <1 2 3 4>\nfdt set /chosen text abcdef\n"
    names = ["old", "text", "\\#address-cells", "old", "bootargs"]
    for n in range(30):
        kind = r.random()
        name = r.choice(names) if r.random() < 0.3 else f"p{n}"
        value = cell() if kind < 0.45 else octet() if kind < 0.6 else " ".join(r.choice(strings) for _ in range(r.randint(0, 4)))
        lines += f"fdt set {r.choice(['/chosen', '$path', '/chosen/', '//chosen', '/memory', '/soc'])} {name} {value}\n"
    return HEAD + VARIABLES + lines + END


def flow(r: random.Random) -> str:
    count = [0]

    def mark() -> str:
        count[0] += 1
        return f'setenv t "${{t}}{count[0]} "'

    def simple() -> str:
        if r.random() < 0.65:
            return mark()
        return r.choice(["true", "false", "nosuchcommand", "test a = b", "test a = a", "run yes", "run no", "run none", "fdt rm /nosuch", "echo x"])

    def chain() -> str:
        text = simple()
        while r.random() < 0.45:
            text += f" {r.choice(['&&', '||'])} {simple()}"
        return text

    def block(depth: int, sep: str) -> str:
        return sep.join(statement(depth) for _ in range(r.randint(1, 3)))

    def statement(depth: int) -> str:
        kind = r.random()
        if depth > 2 or kind < 0.5:
            return chain()
        sep = r.choice(["; ", "\n"])
        end = r.choice([";", "\n"])
        if kind < 0.8:
            text = f"if {chain()}{end} then {block(depth + 1, sep)}{end} "
            if r.random() < 0.3:
                text += f"elif {chain()}{end} then {block(depth + 1, sep)}{end} "
            if r.random() < 0.5:
                text += f"else {block(depth + 1, sep)}{end} "
            return text + "fi"
        if kind < 0.93:
            words = r.choice(["a b", "1", "$two", '"$two"', "", "$u", "x $v y", "'p q' r"])
            return f"for i in {words}{end} do {block(depth + 1, sep)}; setenv t \"${{t}}$i \"{end} done"
        return (
            f"setenv k x{end} {r.choice(['while test $k != xxx', 'until test $k = xxx'])}{end} do setenv k x$k{end} "
            f"{block(depth + 1, sep)}{end} done"
        )

    lines = "setenv yes 'true'\nsetenv no 'false; setenv t \"${t}n \"; false'\n"
    for n in range(14):
        lines += f'setenv t\n{statement(0)}\nfdt set /chosen f{n} "$?" "$t"\n'
    return HEAD + VARIABLES + lines + END


def nodes(r: random.Random) -> str:
    names = ["a", "b", "c", "dom0", "domU1", "module@50000000", "a@1", "a@2"]
    known = ["/", "/chosen", "/cpus", "/memory", "/memory@40000000", "/reserved-memory", "/aliases", "serial0", "/soc", "ethernet0", "/cpus/cpu"]
    paths = list(known)
    props = ["compatible", "reg", "status", "p", "q", "bootargs", "llc-colors", "phandle"]
    lines = ""
    for n in range(45):
        kind, path = r.random(), r.choice(paths)
        if kind < 0.3:
            name = r.choice(names)
            lines += f"fdt {r.choice(['mknod', 'mknode', 'mk'])} {path} {name}\n"
            paths.append(f"{path.rstrip('/')}/{name}")
        elif kind < 0.55:
            lines += f"fdt {r.choice(['set', 'se'])} {path} {r.choice(props)} {r.choice(['x', '<1>', '<? 2>', '', '[aa]', 'a b', '$n'])}\n"
        elif kind < 0.65:
            lines += f"fdt rm {path}{r.choice(['', ' ' + r.choice(props), ' ' + r.choice(props)]) if path != '/' else ' p'}\n"
        elif kind < 0.72:
            lines += f"fdt resize {r.choice(['', '0', '0x100', '400', '$u', '0x${hex}'])}\n"
        elif kind < 0.8:
            lines += f"fdt rsvmem {r.choice(['add 0x47000000 0x1000', 'add 48000000 2000', 'delete 0', 'delete 1', 'delete 7', 'print', 'add 0 0'])}\n"
        elif kind < 0.97:
            form = r.choice(["value", "value", "size", "name", "val", "addr"])
            last = {"name": r.choice(["0", "1", "2", "9", ""])}.get(form, r.choice([*props, "", "device_type", "stdout-path"]))
            more = r.choice(["", " 0", " 1"]) if form.startswith("v") else ""
            lines += f'setenv g old\nfdt get {form} g {path} {last}{more}\n'
            if form != "addr":
                lines += f'fdt set /chosen g{n} "$?" "$g"\n'
        else:
            lines += f"setenv g old\nfdt header get g {r.choice(['totalsize', 'version', 'off_dt_strings', 'size_dt_struct', 'magic', 'x'])}\nfdt set /chosen h{n} \"$g\"\n"
        if r.random() < 0.3:
            lines += f'fdt set /chosen s{n} "$?"\n'
    return HEAD + VARIABLES + lines + END


def loading(r: random.Random) -> str:
    files = ["Image", "zephyr.bin", "rootfs.cpio.gz", "uEnv.txt", "nosuch", "/Image", "IMAGE", "dir/Image", "", "./Image"]
    commands = ["load virtio 0:1", "load virtio 0", "fatload virtio 0:1", "load virtio 0:1"]
    lines = ""
    for n in range(25):
        kind = r.random()
        if kind < 0.7:
            more = r.choice(["", "", "", " 100", " 0x100 10", " 0", " 100 0x9a00", " 0 100", " ffffffff", " 10 20 30", " 0x1000 fffff"])
            place = r.choice(["0x50000000", "50000000", "$kernel_addr_r", "0x5000000g", "51000000", "$u", "0x60000001", "${ramdisk_addr_r}"])
            text = f"{r.choice(commands)} {place} {r.choice(files)}{more}"
        elif kind < 0.8:
            text = f"{r.choice(['size', 'fatsize'])} virtio {r.choice(['0:1', '0'])} {r.choice(files)}"
        elif kind < 0.9:
            text = r.choice(["load", "load virtio", "load virtio 0:1", "fatls virtio 0:1", "test -e virtio 0:1 Image"])
        else:
            text = r.choice(["test -e virtio 0:1 nosuch", "ls virtio 0:1", "virtio info", "virtio dev 0"])
        lines += f'{text}\nfdt set /chosen l{n} "$?" "$filesize" "$fileaddr"\n'
    return HEAD + VARIABLES + lines + END


def devices(r: random.Random) -> str:
    """Media tried in turn, of which only one is there."""
    media = ["mmc 0:1", "usb 0", "virtio 1:1", "virtio 0:2", "virtio 0:1", "virtio 0:1", "virtio 0"]
    lines = ""
    for n in range(8):
        kind, place = r.random(), "0x50000000"
        tries = [f"load {r.choice(media)} {place} {r.choice(['Image', 'zephyr.bin', 'uEnv.txt'])}" for _ in range(3)]
        if kind < 0.3:
            text = " || ".join(tries)
        elif kind < 0.6:
            text = f"if {tries[0]}; then setenv w a; elif {tries[1]}; then setenv w b; else setenv w c; fi"
        elif kind < 0.8:
            text = "for d in mmc usb virtio; do if load $d 0:1 0x50000000 Image; then setenv w $d; fi; done"
        else:
            text = f"setenv m '{tries[0]}'; run m && setenv w m; if test -e {r.choice(media)} Image; then setenv w ${{w}}e; fi"
        lines += f'setenv w\n{text}\nfdt set /chosen d{n} "$w" "$filesize"\n'
    return HEAD + lines + END


def imports(r: random.Random) -> str:
    line = ["a=1", "b=two words", "c=", " d=x", "\te=y", "# f=z", "f=a#b", "g =h", "i= j", "k='q'", 'l="r s"', "m=a\\", "n\\=o", "p", "=x", ""]
    line += ["q=$v", "r=a=b", "s=tail ", "v=new", "two", "two=", "u=set", "t=x;y", "a=2", "#", " ", "\\", "w=\\\\x", "x=1\r", "y=a\\nb", "bootargs=of the file"]
    text = "\n".join(r.choice(line) for _ in range(r.randint(2, 14))) + r.choice(["", "\n", "\n\n", "\0", "\r\n"])
    flags = r.choice(["-t", "-t", "-t", "-t -r", "-tr", "-t -d", "-b", "", "-c", "-r", "-x"])
    size = r.choice(["$filesize", "$filesize", "", "5", "0x${filesize}", "-", "1000"])
    names = r.choice(["", "", "", " a", " a b nothing", " v two"])
    lines = f"mw.b 0x59000000 0 0x2000\nload virtio 0:1 0x59000000 made.txt\nenv import {flags} 0x59000000 {size}{names}\nfdt set /chosen st \"$?\"\n"
    for name in "abcdefgiklmnpqrstuvwxy":
        lines += f'fdt set /chosen i{name} "${name}" ${name}\n'
    lines += 'fdt set /chosen itwo "$two" "${g }" "$bootargs"\n'
    return f"#FILE made.txt {text.encode('latin-1').hex()}\n" + HEAD + VARIABLES + lines + END


def booting(r: random.Random) -> str:
    lines = ""
    highs = ["0xffffffffffffffff", "ffffffff", "0xffffffff", "0", "no", "0x48000000", "0x4a001000", "0x60000000", "40100000", "", "0x47000800"]
    for name in ("fdt_high", "initrd_high"):
        if r.random() < 0.7:
            lines += f"setenv {name} {r.choice(highs)}\n"
    for name, choice in (("bootm_low", ["0x42000000", "40000000", "0"]), ("bootm_size", ["0x10000000", "8000000", "100000"]), ("bootm_mapsize", ["0x8000000", "2000000"])):
        if r.random() < 0.2:
            lines += f"setenv {name} {r.choice(choice)}\n"
    if r.random() < 0.5:
        lines += f"setenv bootargs {r.choice(['', chr(34) * 2, 'console=hvc0', chr(34) + 'a b  c' + chr(34), '$u', 'x $v'])}\n"
    if r.random() < 0.2:
        lines += "setenv serial# ABC\nsetenv ethaddr 02:11:22:33:44:55\n"
    xen = r.choice(["0x4c000000", "4c000000", "0x4c100000", "0x4c000800"])
    lines += f"load virtio 0:1 {xen} xen\n"
    disk = r.choice(["-", "-", "0x58000000:$filesize", "58000000:${filesize}", "0x58000000", "0x58000000:0x1000", "0x58000000:", "0x58000000:0", "$u:1000", "0x58000000:g"])
    tree = r.choice(["0x4a000000", "4a000000", "0x4a000000", "0x4a000008", "$fdtaddr", "${fdtaddr}", "0x4b000000"])
    edits = [
        "fdt addr 0x4a000000", "fdt resize 0x1000", "fdt resize 8000", "fdt rm /memory", "fdt rm /chosen", "fdt rm /reserved-memory", "fdt set / \\#address-cells <1>",
        "fdt set / \\#size-cells <1>", "fdt rsvmem add 58000000 54321", "fdt rsvmem add 0x58000000 0x1000", "fdt rsvmem delete 0", "fdt mknod / memory@0", "fdt mknod / memory",
        "fdt mknod / memory-controller", "fdt set /memory device_type x", "fdt set /chosen linux,initrd-start <1>", "fdt chosen 0x58000000 0x1000", "fdt chosen",
        "fdt memory 0x40000000 0x1000000", "fdt set /reserved-memory/fw status disabled", "fdt mknod /reserved-memory r@47000000", "fdt set /reserved-memory/r reg <0 0x47000000 0 0x1000000>",
        "fdt set /chosen bootargs mine", "fdt rm /chosen bootargs", "fdt set / \\#address-cells", "fdt move 0x4a000000 0x4b000000 0x8000", "fdt bootcpu 3",
    ]  # fmt: skip
    for _ in range(r.randint(0, 10)):
        lines += r.choice(edits) + "\n"
    lines += "load virtio 0:1 0x58000000 rootfs.cpio.gz\n"
    command = r.choice(["booti", "booti", "booti", "booti", "booti", "bootm", "bootz"])
    lines += f"{command} {xen} {disk} {tree}\nfdt set /chosen after \"$?\"\n"
    return "mw.l 0x4b000000 0\nload virtio 0:1 0x4a000000 board.dtb\nfdt addr 0x4a000000\nfdt resize 0x1000\n" + VARIABLES + lines


def memory(r: random.Random) -> str:
    lines = "mw.b 0x50000000 0 100\n"
    for n in range(25):
        at = r.choice(["0x50000000", "50000004", "0x50000008", "5000000c", "0x50000001", "0x50000010"])
        value = r.choice(["0", "12", "0x1234", "deadbeef", "0x123456789abcdef0", "41", "414243", "$hex", "-1", "zz"])
        kind = r.random()
        width = r.choice(["", ".b", ".w", ".l", ".q"])
        if kind < 0.4:
            lines += f"mw{width} {at} {value}{r.choice(['', ' 1', ' 2', ' 0'])}\n"
        elif kind < 0.5:
            lines += f"cp{width} {at} {r.choice(['0x50000080', '0x500000a6', '500000b0'])} {r.choice(['1', '4', '2'])}\n"
        elif kind < 0.75:
            lines += f'setexpr{width} x *{at} {r.choice(["+ 1", "", "* 2", "% 7"])}\nfdt set /chosen x{n} "$x"\n'
        elif kind < 0.9:
            lines += _if(f"itest{width} *{at} {r.choice(['==', '<', '>', '!='])} {r.choice([value, '*50000020'])}", f"x{n}")
        else:
            lines += f'setexpr.s x *{at}\nfdt set /chosen x{n} "$x"\ncmp{width} {at} 50000020 2\nfdt set /chosen c{n} "$?"\n'
    return HEAD + VARIABLES + lines + END


def variables(r: random.Random) -> str:
    names = ["a", "b", "v", "two", "x-y", "x.y", "n1", "serial#", "ethaddr", "ipaddr", "bootargs", "fileaddr", "a=b", "1", '"q r"', "$v"]
    values_ = ["1", "x y", '"x  y"', "''", '""', "$v", '"$two"', "$u", "a=b", "'$v'", "\\$v", "${v}x", "02:00:00:00:00:01", "10.0.2.15", "10.0.2", "-f", "x;setenv c d"]
    lines = ""
    for n in range(22):
        name = r.choice(names)
        kind = r.random()
        if kind < 0.5:
            text = f"setenv {r.choice(['', '', '', '-f '])}{name} {' '.join(r.choice(values_) for _ in range(r.randint(0, 2)))}"
        elif kind < 0.6:
            text = f"env delete {r.choice(['', '-f '])}{name} {r.choice(['', 'b'])}"
        elif kind < 0.68:
            text = f"env exists {name}"
        elif kind < 0.75:
            text = f"env set {name} {r.choice(values_)}"
        elif kind < 0.8:
            text = f"printenv {name}"
        elif kind < 0.88:
            text = f"{r.choice(['a', 'b', 'loc', 'v'])}={r.choice(values_)}"
        elif kind < 0.94:
            text = f"run {r.choice(['v', 'm1', 'm2', 'm1 m2', 'none', ''])}"
        else:
            text = f"env {r.choice(['default a', 'print a', 'run m1', 'export -t 0x51000000 a b', 'xyz', '', 'info', 'grep a', 'exists', 'del a', 'e a'])}"
        lines += f'{text}\nfdt set /chosen a{n} "$?" "$a" "$b" "$loc" "$v"\n'
    return HEAD + VARIABLES + "setenv m1 'setenv a m$n; test $a = m10'\nsetenv m2 'setenv b \"$v\"; false'\n" + lines + END


KINDS: dict[str, Maker] = {
    "tests": tests,
    "itests": itests,
    "arithmetic": arithmetic,
    "words": words,
    "values": values,
    "flow": flow,
    "nodes": nodes,
    "loading": loading,
    "devices": devices,
    "imports": imports,
    "booting": booting,
    "memory": memory,
    "variables": variables,
}


def made(kind: str, seed: int) -> tuple[str, dict[str, bytes]]:
    """The script of a kind and seed, with the files that it wants besides."""
    text = KINDS[kind](random.Random(f"{kind}-{seed}"))
    files: dict[str, bytes] = {}
    while text.startswith("#FILE "):
        line, _, text = text.partition("\n")
        _, name, data = line.split(" ")
        files[name] = bytes.fromhex(data)
    return text, files
