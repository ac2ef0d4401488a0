"""The segment suite beside DuckDB, warm and cold."""
import os

from archives import ready_peer, ready_store
from measure import run, side_by_side
from suite import NOW, SEGMENTS
from table import Row

# The bounds: of the whole suite and of each segment, as shares of DuckDB's time.
BOUND, EACH = 0.2, 1
COLD = "Q6"


def segment_rows(programs, data, rounds):
    """One row for each segment that the language can say, their sum, and one question to a cold process."""
    store, table = ready_store(programs, data), ready_peer(programs, data)
    asked = os.path.join(data.scratch, "suite.segments")
    with open(asked, "w") as file:
        file.writelines(f"{segment['name']} = {segment['expression']}\n" for segment in SEGMENTS)
    names = [segment["name"] for segment in SEGMENTS]
    cold = next(segment["expression"] for segment in SEGMENTS if segment["name"] == COLD)
    bench = [programs.ours("tessera-bench"), "segments", "--db", store, "--now", NOW, "--threads", "2", "--runs", "5", asked]
    together = [programs.ours("tessera-bench"), "together", "--db", store, "--now", NOW, "--threads", "2", "--runs", "5"]
    explain = [programs.ours("tessera-bench"), "explain", "--db", store, "--now", NOW, "--threads", "2", asked]
    shell = [programs.ours("tessera-shell"), "--db", store, "--now", NOW, "--format", "json", "-c", "count " + cold]
    done = side_by_side(
        rounds,
        {
            "ours": lambda: run(bench),
            "peer": lambda: run(programs.duckdb("segments", table, *names)),
            "cold": lambda: run(shell),
            "eight": lambda: run(together + [asked]),
            "many": lambda: run(together + ["-"]),
            "why": lambda: run(explain),
        },
    )
    ours, peer = collected(done["ours"]), collected(done["peer"])
    peaks = [max(result["peak"] for result in done[who].results) for who in ("ours", "peer")]
    rows, total, dropped = [], [0.0, 0.0], []
    for segment in SEGMENTS:
        name = segment["name"]
        what = f"{name} {segment['title']}"
        if "refused" in ours[name]:
            dropped.append(name)
            rows.append(Row(what, None, peer[name]["seconds"], note="not asked: " + ours[name]["refused"], precise=True))
            continue
        rows.append(Row(what, ours[name]["seconds"], peer[name]["seconds"], bound=EACH, checks=verdict(segment, ours, peer, data), precise=True))
        total = [total[0] + ours[name]["seconds"], total[1] + peer[name]["seconds"]]
    if total[1] > 0:
        which = "sum of the eight" if not dropped else "sum without " + ", ".join(dropped)
        rows.append(Row(which, *total, *peaks, bound=BOUND, precise=True))
    rows += rows_of_plans(done["eight"].results, done["many"].results, total[0])
    why = done["why"].results[-1]
    rows.append(
        Row(
            "explain, one person", why["seconds"], None, why["peak"],
            checks=[(f"{why['explanations']} explanations, the longest {why['longest']:.4f} s, agree with the members", why["agree"])],
            precise=True,
        )  # fmt: skip
    )
    count = done["cold"].results[-1]["count"]
    rows.append(
        Row(
            f"{COLD} in a cold process", done["cold"].seconds, None, done["cold"].peak,
            checks=[(f"{count} members", count == peer[COLD]["count"])], precise=True,
        )  # fmt: skip
    )
    return rows


def rows_of_plans(eight, many, alone):
    """Several segments in one plan, beside what they take one by one; a workspace beside the eight; what memberships share."""
    once, workspace, shared = (middle(results, key) for results, key in ((eight, "seconds"), (many, "seconds"), (many, "overlapSeconds")))
    number, members = many[-1]["segments"], many[-1]["members"]
    return [
        Row("the eight in one plan / one by one", once, alone, max(result["peak"] for result in eight), bound=0.5, precise=True),
        Row(
            f"{number} segments in one plan / the eight", workspace, alone, max(result["peak"] for result in many), bound=5,
            checks=[(f"{members} members in all", len({result["members"] for result in many}) == 1)], precise=True,
        ),  # fmt: skip
        Row("overlaps of 50 segments and a waterfall", shared, None, precise=True),
    ]


def middle(results, key):
    """The median of what several runs told."""
    values = sorted(result[key] for result in results)
    return values[len(values) // 2]


def collected(runs):
    """By name, with the median of the medians that each process told."""
    found = {}
    for answers in zip(*(result["segments"] for result in runs.results)):
        found[answers[0]["name"]] = dict(answers[0])
        if "seconds" in answers[0]:
            times = sorted(answer["seconds"] for answer in answers)
            found[answers[0]["name"]]["seconds"] = times[len(times) // 2]
    return found


def verdict(segment, ours, peer, data):
    """Whether the members are the right ones: as many, and with the same sum of their numbers."""
    mine, theirs = ours[segment["name"]], peer[segment["name"]]
    found = (mine["count"], mine["sum"])
    known = segment["expected"].get(data.size) if data.is_suite else None
    text = f"{found[0]} members, sum {found[1]}"
    if known and found != known:
        return [(f"{text}; {known[0]}, {known[1]} are known", False)]
    if found != (theirs["count"], theirs["sum"]):
        return [(f"{text}; DuckDB finds {theirs['count']}, {theirs['sum']}", False)]
    return [(text, True)]
