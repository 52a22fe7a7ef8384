#!/usr/bin/env python3
"""Checks the certificates in this folder without any solver: python3 check.py
Python's standard library only, nothing of colorcheck. It reads certificates.json (what is claimed) and model.json (the
boot that the claims speak of: frames, caches, memory map, free frames), and works out each claim again by counting.
What it cannot check, and no solver can: that the boot in model.json is what Xen does with the files in inputs/.
`colorcheck certify --check` derives both files from inputs/ again; boot logs and `colorcheck attest` judge the model.
Without a signature, nothing tells this folder from an honest one that was made from other inputs.
Exit status: 0 every theorem is proved and checked; 1 something is refuted, wrong or changed; 4 something is unchecked.
"""
import sys
if not getattr(sys.flags, "safe_path", sys.flags.isolated):
    del sys.path[0]  # this folder: nothing in it is trusted
import hashlib
import json
from itertools import pairwise, product
from pathlib import Path

HERE, PAGE = Path(__file__).resolve().parent, 4096
ALIGNED, MOST = 512, 1 << 17  # frames: of 2 MiB, to which Xen's region is aligned; that are looked at one by one
class Unchecked(Exception): """Nothing here can judge the claim."""
def need(condition, text):
    if not condition:
        raise AssertionError(text)
# Cache sets. Each bit of an index is the parity of some address bits, so the index is linear over GF(2): addresses x
# and y meet in a set if and only if M(x xor y) = 0, M being the matrix with the bits' masks as rows.
def span(rows):
    """A basis of what the rows generate, by their highest bit."""
    basis = {}
    for row in rows:
        if rest := reduced(row, basis):
            basis[rest.bit_length()] = rest
    return basis
def reduced(row, basis):
    """The row without its part in the space of the basis: 0 if it lies in it; equal for rows that differ by it."""
    for high in sorted(basis, reverse=True):
        if row >> (high - 1) & 1:
            row ^= basis[high]
    return row
def separates(cache, modulus):
    """Whether frames whose numbers differ modulo `modulus` (a power of two) never meet in a set, at any address: each
    color bit must be a sum of rows of M, so that M(z) = 0 gives z none. For an index (address / line) mod sets: a way
    must be a whole number of times all colors."""
    need(modulus > 1 and modulus & (modulus - 1) == 0, f"{modulus} colors are not a power of two")
    if cache["masks"] is not None:
        basis = span(cache["masks"])
        bits = range(PAGE.bit_length() - 1, PAGE.bit_length() + modulus.bit_length() - 2)
        return all(reduced(1 << bit, basis) == 0 for bit in bits)
    if cache["linear"] is None:
        raise Unchecked(f"it is not known how the {cache['label']} is indexed")
    return cache["linear"][0] * cache["linear"][1] % (PAGE * modulus) == 0
def index(cache, address):
    if cache["masks"] is None:
        return address // cache["linear"][0] % cache["linear"][1]
    return sum(((address & mask).bit_count() & 1) << bit for bit, mask in enumerate(cache["masks"]))
def meeting(cache, frames):
    """For each frame a key: two of them are equal if and only if some lines of the frames meet in a set."""
    if cache["masks"] is None:
        way = cache["linear"][0] * cache["linear"][1]
        need(way % PAGE == 0, "a way is not a whole number of frames")
        return [frame % (way // PAGE) for frame in frames]
    lines = span(index(cache, 1 << bit) for bit in range(PAGE.bit_length() - 1))
    return [reduced(index(cache, frame * PAGE), lines) for frame in frames]
def residues(runs, modulus):
    return {(first + step * n) % modulus for first, step, count in runs for n in range(min(count, modulus))}
def uses(model, party, cache):
    """Whether CPUs of the party may use the cache: unless it is certain that they do not."""
    every, own, users = model["cpus"], party["cpus"], cache["cpus"]
    sure = every is not None and users is not None and own and set(own) <= set(every)
    return not sure or bool(set(own) & set(users))
# What each kind of theorem claims
def set_separation(model, theorem):
    name = theorem["id"].split("/")[1]
    declared = theorem["id"] == "geometry/declared"
    cache = model["caches"][0] if declared else next(c for c in model["caches"] if c["id"] == name)
    modulus = model["nr_colors"] if declared else cache["modulus"]
    if theorem["verdict"] == "proved":
        if separates(cache, modulus):
            return
        raise Unchecked("true at most because of where the DRAM is, which no matrix shows")
    one, other = theorem["witness"]["addresses"]
    in_dram = all(any(low <= address < high for low, high in model["dram"]) for address in (one, other))
    need(in_dram and index(cache, one) == index(cache, other), "the addresses do not meet")
    need(one // PAGE % modulus != other // PAGE % modulus, "the addresses have one color")
def pair_separation(model, theorem):
    parties = {party["name"]: party for party in model["parties"]}
    pair = [parties[name] for name in theorem["subjects"]]
    if theorem["verdict"] == "refuted":
        return shared(model, theorem, pair)
    need(model["coloring"], "coloring is off")
    for party in pair:
        colors = residues(party["frames"], model["nr_colors"])
        need(colors <= set(party["colors"]), f"{party['name']} owns frames of other colors than its own")
    for cache in model["caches"]:
        if all(uses(model, party, cache) for party in pair):
            m = cache["modulus"]
            if separates(cache, m):
                kinds = [residues(p["frames"], m) | {c % m for c in p["colors"]} for p in pair]
            else:
                if not all(p["frames"] for p in pair) or sum(r[2] for p in pair for r in p["frames"]) > MOST:
                    raise Unchecked("no frames are listed, or too many, and the colors alone do not separate them")
                kinds = [set(meeting(cache, [f + s * n for f, s, c in p["frames"] for n in range(c)])) for p in pair]
            need(not kinds[0] & kinds[1], f"they meet in the {cache['label']}")
    need(model["caches"], "no cache is known")
def shared(model, theorem, pair):
    witness = theorem["witness"] or {}
    frames = witness.get("frames")
    colors = [set(party["colors"]) for party in pair]
    if frames:
        cache = next(c for c in model["caches"] if c["label"] == witness["cache"])
        need(all(f % model["nr_colors"] in own for f, own in zip(frames, colors)), "a frame is not of its owner")
        need(len(set(meeting(cache, frames))) == 1 and len(set(frames)) == 2, "the frames do not meet")
    elif witness.get("shared_colors"):
        need(set(witness["shared_colors"]) <= colors[0] & colors[1], "they do not share these colors")
    elif model["coloring"]:
        raise Unchecked("the refutation has no witness that can be counted")
def heap(model, theorem):
    free, certificate = model["free_by_color"], theorem["certificate"]
    if certificate:  # a bound over all worlds: no world, and so not the listed one, may have less
        least = certificate["least"]
        need(len(least) == len(free) and all(a <= b for a, b in zip(least, free)), "the listed boot has fewer frames")
        need(f"at least {min(least)} " in theorem["statement"], "the statement gives another bound")
        return
    pieces = sorted((start, end) for start, end, use in model["map"] if use == "color-heap")
    need(all(a[1] <= b[0] for a, b in pairwise(pieces)), "pieces of the heap overlap")
    for color, count in enumerate(free):
        found = sum(len(range(start + (color - start) % len(free), end, len(free))) for start, end in pieces)
        need(found == count, f"color {color} has {found} frames in the map and {count} in the count")
def placement(model, theorem):
    if theorem["id"] == "placement/xen":
        start, end = model["xen_region"]
        need(start % ALIGNED == 0 and end % ALIGNED == 0 and start < end, "Xen's region is not aligned")
        need(any(low <= start * PAGE and end * PAGE <= high for low, high in model["dram"]), "Xen lies outside of DRAM")
        others = [(low, high) for low, high, use in model["map"] if use not in ("xen", "free")]
        need(all(high <= start or end <= low for low, high in others), "something else is in Xen's region")
        return
    dom0 = next(party for party in model["parties"] if party["name"] == theorem["subjects"][0])
    banks = sorted(dom0["banks"])
    need(all(a[1] <= b[0] for a, b in pairwise(banks)) and all(a < b for a, b in banks), "banks overlap")
    need(sum(b - a for a, b in banks) == PAGE * dom0["pages"], "the banks are not dom0's memory")
def leveled(before, after, colors, pages):
    """Whether `pages` frames went one by one, each from the color with most left, the first listed among equals."""
    taken = [a - b for a, b in zip(before, after)]
    order = list(dict.fromkeys(colors))
    strange = any(t < 0 or (t and c not in order) for c, t in enumerate(taken))
    if len(before) != len(after) or sum(taken) != pages or strange or not pages:
        return before == after and not pages
    top = max(after[c] for c in order)
    standing = [after[c] for c in order if before[c] >= top]
    return (all(not taken[c] for c in order if before[c] < top) and standing == sorted(standing)
            and standing[0] >= top - 1)
def memory(model, theorem):
    proof, parties = theorem["certificate"], {party["name"]: party for party in model["parties"]}
    own = parties[theorem["subjects"][0]]
    if proof is None:
        raise Unchecked("there is no certificate that can be counted")
    if proof["kind"] in ("leveling", "taking"):
        state = proof["free_by_color"]
        start = theorem["least"] if theorem["bound"] else model["free_by_color"]
        need(theorem["kind"] != "memory" or state == start, "the certificate starts with other frames")
        for step in proof["steps"][:-1]:
            left, colors = step["left"], step["colors"]
            fails = sum(state[c] for c in set(colors)) < step["pages"]  # then it takes all that there is
            need(left == [0 if c in colors else n for c, n in enumerate(state)] if fails
                 else leveled(state, left, colors, step["pages"]), f"{step['domain']} takes its frames differently")
            state = left
        last = proof["steps"][-1]
        need(set(last["colors"]) == set(own["colors"]), "the certificate is about other colors")
        fits = sum(state[c] for c in set(last["colors"])) >= last["pages"]
        need(fits == (theorem["verdict"] == "proved"), "the frames left contradict it")
        if theorem["kind"] == "memory":
            more = theorem["bound"] and last["pages"] >= own["needed_pages"]  # the most in any world
            need(more or last["pages"] == own["needed_pages"], "it is about another need")
            need(last["domain"] == own["name"], "it is about another domain")
            need([s["domain"] for s in proof["steps"]] == before(model, own), "the certificate omits a domain")
    elif proof["kind"] == "hall":
        wanted, free = proof["domains"], proof["free_by_color"]
        need(all(set(each["colors"]) == set(parties[name]["colors"]) for name, each in wanted.items()), "other colors")
        need(set(map(int, free)) == {c for e in wanted.values() for c in e["colors"]}, "it counts other colors")
        need(sum(e["pages"] for e in wanted.values()) > sum(free.values()), "there is enough")
    elif proof["kind"] == "flow":
        free = {int(c): n for c, n in proof["free_by_color"].items()}
        need(set(free) == set(own["colors"]), "the certificate is about other colors")
        most = most_taken([(r["pages"], r["colors"]) for r in proof["rivals"].values()], free)
        need(sum(free.values()) - most >= proof["pages"], "the others can leave too little")
    else:
        raise Unchecked(f"certificates of the kind {proof['kind']} are checked by certify --check")
def before(model, own):
    """Who takes frames before, directly or through others from the same colors, in order; at last the domain itself."""
    names = [party["name"] for party in model["parties"]]
    colors, found = set(own["colors"]), [own["name"]]
    for party in reversed(model["parties"][: names.index(own["name"])]):
        if party["kind"] != "xen" and party["frames"] and set(party["colors"]) & colors:
            colors |= set(party["colors"])
            found.insert(0, party["name"])
    return found
def most_taken(wanted, free):
    """The most that all can take of these colors. By Hall and König: the least over sets of takers of what the set's
    colors hold and the others want; takers with the same colors count as one."""
    joined = {}
    for pages, colors in wanted:
        own = frozenset(colors) & set(free)
        joined[own] = joined.get(own, 0) + pages
    if len(joined) > 16:
        raise Unchecked("too many domains share colors for a count over all sets of them")
    def cut(chosen):
        held = frozenset().union(*(colors for colors, inside in zip(joined, chosen) if inside))
        return sum(free[c] for c in held) + sum(n for n, inside in zip(joined.values(), chosen) if not inside)
    return min(map(cut, product((False, True), repeat=len(joined))))
# The allocator's induction. The invariant says for each frame: its owners have its color, it has one owner at most, it
# lies free on the list of its color only, and is owned, free or gone, never two of these. Each clause names one frame,
# two domains at most and one list beside the frame's own, and a step moves frames by rules that look at one frame
# alone. A violation after a step therefore shows in one frame, two domains (one of them perhaps the one that moves) and
# two colors: whatever happens among more happens here. All states and steps of that size are gone through.
def good(state):
    color, owns, listed, gone, has = state
    return (all(has[d][color] for d in (0, 1) if owns[d]) and not all(owns) and not listed[1 - color]
            and any(owns) + any(listed) + gone <= 1)
def steps(name, state):
    """All states after a step of domain 0 or 1 that touches this frame or another one."""
    color, owns, listed, gone, has = state
    for d in (0, 1):
        free_of_d = tuple(own and n != d for n, own in enumerate(owns))
        if name == "create" and not owns[d]:
            for new in product((False, True), repeat=2):
                yield color, owns, listed, gone, (new, has[1]) if d == 0 else (has[0], new)
        elif name in ("populate", "p2m"):
            for c in (0, 1):
                if has[d][c] and listed[c]:
                    own = tuple(o or n == d for n, o in enumerate(owns))
                    yield color, own, tuple(on and k != c for k, on in enumerate(listed)), gone, has
        elif name == "balloon-down" and owns[d]:
            yield color, free_of_d, listed, True, has
        elif name == "destroy":
            yield color, free_of_d, listed, gone or owns[d], has
    yield state  # the step moves another frame
def allocator(_, theorem):
    name, two = theorem["subjects"] and theorem["id"].split("/")[1], list(product((False, True), repeat=2))
    need(name in ("boot", "create", "populate", "p2m", "balloon-down", "destroy"), "no such step")
    for state in product((0, 1), two, two, (False, True), product(two, two)):
        color, owns, listed, gone, _ = state
        if name == "boot":
            filled = not any(owns) and all(k == color and not gone for k in (0, 1) if listed[k])
            need(not filled or good(state), "the start breaks the invariant")
        elif good(state):
            for after in steps(name, state):
                need(good(after), f"{name} breaks the invariant")
                need(all(b or not a for a, b in zip(after[2], listed)) and (after[3] or not gone), "a list gains")
def booted(model, theorem):
    built = all(p["created"] for p in model["parties"] if p["kind"] in ("dom0", "dom0less"))
    boots = model["outcome"] == "boots" and built
    need(boots == (theorem["verdict"] == "proved"), f"the listed boot ends differently: {model['outcome']}")
CHECKS = {"set-separation": (set_separation, "sets geometry"), "pair-separation": (pair_separation, "separation"),
          "capacity": (heap, "memory"), "boots": (booted, "boots"), "placement": (placement, "placement"),
          "memory": (memory, "memory"), "memory-any-order": (memory, "memory-any-order"),
          "lifecycle-memory": (memory, "lifecycle"), "allocator-invariant": (allocator, "allocator")}
def judged(theorem, models):
    if theorem["verdict"] in ("unknown", "vacuous"):
        return "unchecked", f"the theorem is {theorem['verdict']}"
    if theorem["xen"] in models and "parties" not in models[theorem["xen"]]:
        return "unchecked", "no boot is listed"
    named = theorem["subjects"] if theorem["id"].startswith(("separation/", "memory", "lifecycle/")) else ()
    away = {*named} - {p["name"] for p in models.get(theorem["xen"], {}).get("parties", ())} - {"color heap"}
    if "boot-script-branch" in theorem.get("facts", ()) and (away or not theorem.get("file")):
        return "unchecked", "it is about several variants of the deployment, and only one is listed"
    simple = theorem["kind"] in ("capacity", "placement", "allocator-invariant")
    try:
        (check, heads), (head, _, name) = CHECKS[theorem["kind"]], theorem["id"].partition("/")
        fixed = theorem["kind"] in ("set-separation", "allocator-invariant", "boots") or (simple and name == "heap")
        need(head in heads.split() and (fixed or name == "/".join(theorem["subjects"])), "its ID says something else")
        check(models[theorem["xen"]], theorem)
        if simple and theorem["verdict"] == "refuted":
            return "WRONG", "it holds in the listed boot"
    except Unchecked as reason:
        return "unchecked", str(reason)
    except AssertionError as error:
        return ("refuted", "and rightly so") if simple and theorem["verdict"] == "refuted" else ("WRONG", str(error))
    except (KeyError, TypeError, ValueError, IndexError, StopIteration) as error:
        return "WRONG", str(error) or type(error).__name__
    return ("holds", "") if theorem["verdict"] == "proved" else ("refuted", "and rightly so")

def main():
    document, model = (json.loads((HERE / name).read_text()) for name in ("certificates.json", "model.json"))
    said = {**document["inputs"], **document["files"]}
    same = {n: (HERE / n).is_file() and hashlib.sha256((HERE / n).read_bytes()).hexdigest() == said[n] for n in said}
    models = {each["release"]: each for each in model["xen"]}
    results = [("changed", name, "") for name in same if not same[name]]
    results += [("WRONG", "certificates.json", "it contains no theorem")] * (not document["theorems"])
    heaps = {t["xen"]: (t["certificate"] or {}).get("least") for t in document["theorems"] if t["id"] == "memory/heap"}
    for theorem in document["theorems"]:
        theorem["least"] = heaps.get(theorem["xen"])
        status, reason = judged(theorem, models)
        results.append((status, f"{theorem['id']} (Xen {theorem['xen']})", reason))
    for status, name, reason in (each for each in results if each[0] != "holds"):
        print(f"{status}: {name}{': ' + reason if reason else ''}")
    kinds = [status for status, _, _ in results]
    print(", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)))
    return 1 if set(kinds) & {"WRONG", "changed", "refuted"} else 4 if "unchecked" in kinds else 0
if __name__ == "__main__":
    sys.exit(main())
