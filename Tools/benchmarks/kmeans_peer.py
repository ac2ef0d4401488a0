#!/usr/bin/env python3
"""K-means beside scikit-learn: makes the data, runs the peer, prints one line of JSON.

  kmeans_peer.py make DIR [--rows 1000000] [--columns 16] [--clusters 32] [--seed 1]
      writes DIR/points.f64 and DIR/starts.f64 (row-major little-endian float64) and DIR/shape.json
  kmeans_peer.py run DIR [--iterations 20] [--threads 2] [--repeats 3]
      runs KMeans(init=starts, n_init=1, algorithm="lloyd", max_iter=N, tol=0); median seconds, inertia, peak memory

Three quarters of the rows lie in overlapping normal blobs of different sizes and widths, one quarter is uniform noise over the
whole box; the starts are distinct rows. A run with tol=0 stops early only where no label changes.
"""
import argparse
import json
import os
import statistics
import sys
import time


def make(arguments):
    import numpy

    random = numpy.random.default_rng(arguments.seed)
    rows, columns, clusters = arguments.rows, arguments.columns, arguments.clusters
    noise = rows // 4
    share = random.dirichlet(numpy.full(clusters, 2.0))
    home = random.choice(clusters, size=rows - noise, p=share)
    centres = random.normal(0, 3, size=(clusters, columns))
    width = random.uniform(0.6, 1.6, size=clusters)
    points = numpy.empty((rows, columns))
    points[: rows - noise] = centres[home] + random.normal(size=(rows - noise, columns)) * width[home][:, None]
    points[rows - noise :] = random.uniform(-8, 8, size=(noise, columns))
    random.shuffle(points)
    starts = points[random.choice(rows, size=clusters, replace=False)]
    os.makedirs(arguments.directory, exist_ok=True)
    points.astype("<f8").tofile(os.path.join(arguments.directory, "points.f64"))
    starts.astype("<f8").tofile(os.path.join(arguments.directory, "starts.f64"))
    shape = {"rows": rows, "columns": columns, "clusters": clusters, "seed": arguments.seed}
    with open(os.path.join(arguments.directory, "shape.json"), "w") as file:
        json.dump(shape, file)
    print(json.dumps(shape))


def run(arguments):
    # Libraries read these once, when they are loaded.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(arguments.threads)
    import resource
    import warnings

    import numpy
    import sklearn
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with open(os.path.join(arguments.directory, "shape.json")) as file:
        shape = json.load(file)
    points = numpy.fromfile(os.path.join(arguments.directory, "points.f64"), dtype="<f8").reshape(shape["rows"], shape["columns"])
    starts = numpy.fromfile(os.path.join(arguments.directory, "starts.f64"), dtype="<f8").reshape(-1, shape["columns"])
    warnings.simplefilter("ignore", ConvergenceWarning)
    seconds = []
    for _ in range(arguments.repeats):
        model = KMeans(
            n_clusters=len(starts), init=starts, n_init=1, algorithm="lloyd", max_iter=arguments.iterations, tol=0
        )
        begun = time.perf_counter()
        model.fit(points)
        seconds.append(time.perf_counter() - begun)
    numpy.asarray(model.labels_, dtype="<i4").tofile(os.path.join(arguments.directory, "peer-labels.i32"))
    result = {
        "peer": "scikit-learn " + sklearn.__version__,
        "seconds": round(statistics.median(seconds), 4),
        "all_seconds": [round(s, 4) for s in seconds],
        "inertia": float(model.inertia_),
        "iterations": int(model.n_iter_),
        "threads": arguments.threads,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }
    print(json.dumps(result))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make", help="write points and starts")
    making.add_argument("directory")
    making.add_argument("--rows", type=int, default=1_000_000)
    making.add_argument("--columns", type=int, default=16)
    making.add_argument("--clusters", type=int, default=32)
    making.add_argument("--seed", type=int, default=1)
    making.set_defaults(work=make)
    running = commands.add_parser("run", help="run scikit-learn on them")
    running.add_argument("directory")
    running.add_argument("--iterations", type=int, default=20)
    running.add_argument("--threads", type=int, default=2)
    running.add_argument("--repeats", type=int, default=3)
    running.set_defaults(work=run)
    arguments = parser.parse_args()
    arguments.work(arguments)


if __name__ == "__main__":
    main()
