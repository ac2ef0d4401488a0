"""What a schema cannot say and schemathesis has to know: how an expression of the segment language is written.

PYTHONPATH=Tools/samples SCHEMATHESIS_HOOKS=schemathesis_hooks schemathesis run http://127.0.0.1:8080/openapi.json ...
"""
import json

import schemathesis
from hypothesis import strategies

names = strategies.text(strategies.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).map(
    lambda name: json.dumps(name, ensure_ascii=False))
spans = strategies.builds(lambda number, unit: f"{number}{unit}", strategies.integers(1, 90), strategies.sampled_from(["h", "d", "w"]))
numbers = strategies.integers(0, 1_000).map(str)
leaves = strategies.one_of(
    strategies.just("true"),
    names.map(lambda name: f"did {name}"),
    strategies.builds(lambda name, span: f"did {name} within {span}", names, spans),
    strategies.builds(lambda name, number: f"count({name}) >= {number}", names, numbers),
    strategies.builds(lambda name, number: f"sum({name}, .revenue) < {number}", names, numbers),
    strategies.builds(lambda name: f"trait.plan == {name}", names),
)
expressions = strategies.recursive(
    leaves,
    lambda inner: strategies.one_of(
        inner.map(lambda one: f"not ({one})"),
        strategies.builds(lambda a, word, b: f"({a}) {word} ({b})", inner, strategies.sampled_from(["and", "or"]), inner)),
    max_leaves=4)

schemathesis.openapi.format("tessera-expression", expressions)
