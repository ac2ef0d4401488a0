"""Compares a clustering's silhouette with scikit-learn's: python silhouette.py clusters.json zscore|minmax"""
import json
import sys

import numpy
from sklearn.metrics import davies_bouldin_score, silhouette_score

with open(sys.argv[1]) as file:
    answer = json.load(file)
values = numpy.array([member["values"] for member in answer["members"]])
labels = numpy.array([member["cluster"] for member in answer["members"]])
if sys.argv[2] == "zscore":
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
else:
    scaled = (values - values.min(axis=0)) / (values.max(axis=0) - values.min(axis=0))
if answer["silhouette_profiles"] != len(labels):
    sys.exit("the silhouette is of %d of %d profiles" % (answer["silhouette_profiles"], len(labels)))
inertia = sum(((scaled[labels == k] - scaled[labels == k].mean(axis=0)) ** 2).sum() for k in set(labels))
for name, theirs in [
    ("silhouette", silhouette_score(scaled, labels)),
    ("davies_bouldin", davies_bouldin_score(scaled, labels)),
    ("inertia", inertia),
]:
    ours = answer[name]
    # The inertia is of the last iteration's centres, which may lie within the tolerance of the means.
    bound = 1e-9 if name == "silhouette" else 1e-3
    if abs(ours - theirs) > bound * max(1, abs(theirs)):
        sys.exit("%s: %.15g here, %.15g there" % (name, ours, theirs))
print("silhouette %.12f of %d profiles equals scikit-learn's" % (answer["silhouette"], len(labels)))
