"""Answers of scikit-learn for one case.

Standard input: {"rows": [[...]], "labels": [...], "starts": [[...]], "iterations": n}. Standard output: one JSON object.
"""
import json
import sys
import warnings

import numpy
import sklearn
from sklearn.cluster import KMeans
from sklearn.metrics import davies_bouldin_score, silhouette_samples, silhouette_score
from sklearn.preprocessing import MinMaxScaler, StandardScaler

warnings.simplefilter("ignore")
case = json.load(sys.stdin)
rows = numpy.array(case["rows"], dtype=float)
labels = numpy.array(case["labels"])
starts = numpy.array(case["starts"], dtype=float)
model = KMeans(
    n_clusters=len(starts), init=starts, n_init=1, algorithm="lloyd", max_iter=case["iterations"], tol=case["tolerance"]
).fit(rows)
json.dump(
    {
        "version": sklearn.__version__,
        "silhouette": float(silhouette_score(rows, labels)),
        "silhouettes": silhouette_samples(rows, labels).tolist(),
        "daviesBouldin": float(davies_bouldin_score(rows, labels)),
        "labels": model.labels_.tolist(),
        "inertia": float(model.inertia_),
        "iterations": int(model.n_iter_),
        "centres": model.cluster_centers_.tolist(),
        "zscore": StandardScaler().fit_transform(rows).tolist(),
        "minmax": MinMaxScaler().fit_transform(rows).tolist(),
    },
    sys.stdout,
)
