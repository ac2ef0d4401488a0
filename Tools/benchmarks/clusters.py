"""K-means beside scikit-learn: the same rows, starts and number of rounds."""
import os
import sys

from measure import run, side_by_side
from table import Row

# Rows, columns, clusters and rounds.
SHAPES = {"XS": (20_000, 16, 8, 10), "S": (100_000, 16, 32, 20), "M": (1_000_000, 16, 32, 20)}
PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kmeans_peer.py")


def cluster_rows(programs, cache, size, rounds):
    """One row: seconds of the fit alone, without reading the rows."""
    rows, columns, clusters, iterations = SHAPES[size]
    folder = os.path.join(cache, f"kmeans-{rows}x{columns}-{clusters}")
    if not os.path.exists(os.path.join(folder, "shape.json")):
        run([sys.executable, PEER, "make", folder, "--rows", str(rows), "--columns", str(columns), "--clusters", str(clusters)])
    fixed = ["--iterations", str(iterations), "--threads", "2", "--repeats", "1"]
    done = side_by_side(
        rounds,
        {
            "ours": lambda: run([programs.ours("tessera-bench"), "kmeans", *fixed, folder]),
            "peer": lambda: run([sys.executable, PEER, "run", *fixed, folder]),
        },
    )
    ours, peer = median(done["ours"].results), median(done["peer"].results)
    difference = abs(ours["inertia"] - peer["inertia"]) / peer["inertia"]
    checks = [
        (f"inertia {ours['inertia']:.6e}, relative difference {difference:.1e}", difference <= 1e-6),
        (f"{ours['iterations']} rounds", ours["iterations"] == peer["iterations"]),
    ]
    what = f"k-means {rows} x {columns}, k = {clusters} / scikit-learn"
    return [Row(what, ours["seconds"], peer["seconds"], ours["peak"], peer["peak"], bound=1, checks=checks, precise=True)]


def median(results):
    """The result of middle speed, with the greatest peak."""
    ordered = sorted(results, key=lambda result: result["seconds"])
    return dict(ordered[len(ordered) // 2], peak=max(result["peak"] for result in results))
