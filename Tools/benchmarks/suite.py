"""The segment suite: what is asked of Tessera, what of DuckDB, and what the answers are on the generated data.

The same eight segments as the test data's `bench/segments.md`; the SQL is its `segments.sql`, with `{answer}` where it counts.
They are samples of a kind: nothing may be tuned to these alone.
"""

# 2026-06-30T00:00:00Z, the end of all generated data.
NOW = "2026-06-30T00:00:00Z"

# Members and the sum of their numbers, by size; only for the test data's generator with its default seed.
# XS is not in segments.md: there DuckDB's answer is the measure.
SEGMENTS = [
    {
        "name": "Q1",
        "title": "cart abandoners, 48 h",
        "expression": 'did "Product Added" within 48h and not did "Order Completed" since last("Product Added" within 48h)',
        "expected": {"S": (731, 38928246), "M": (7457, 3738266536)},
        "answer": "pid",
        "sql": """
            SELECT {answer} FROM (SELECT pid, max(ts) FILTER (event='Product Added') a, max(ts) FILTER (event='Order Completed') o
            FROM events WHERE event IN ('Product Added','Order Completed') AND ts >= 1782604800000 AND ts < 1782777600000 GROUP BY pid)
            WHERE a IS NOT NULL AND (o IS NULL OR o < a)""",
    },
    {
        "name": "Q2",
        "title": "category affinity, 7 d",
        "expression": 'mostFrequentCount("Product Viewed" within 7d, .category) >= 3',
        "expected": {"S": (1691, 84956469), "M": (16981, 8470280998)},
        "answer": "DISTINCT pid",
        "sql": """
            SELECT {answer} FROM (SELECT pid, category FROM events
            WHERE event='Product Viewed' AND ts >= 1782172800000 AND ts < 1782777600000
            GROUP BY pid, category HAVING count(*) >= 3)""",
    },
    {
        "name": "Q3",
        "title": "high lifetime value, gone quiet",
        "expression": 'sum("Order Completed", .revenue) in top 20% and not did any within 30d',
        "expected": {"S": (511, 25401868), "M": (5427, 2754176286)},
        "answer": "pid",
        "sql": """
            WITH ltv AS (SELECT pid, sum(cents) c FROM events WHERE event='Order Completed' GROUP BY pid),
            t AS (SELECT list_sort(list(c))[count(*)*4//5+1] thr FROM ltv)
            SELECT {answer} FROM ltv, t WHERE c >= thr
            AND NOT EXISTS (SELECT 1 FROM events e WHERE e.pid=ltv.pid AND e.ts >= 1780185600000 AND e.ts < 1782777600000)""",
    },
    {
        "name": "Q4",
        "title": "funnel, then no order",
        "expression": 'sequence("Product Viewed" then "Product Added" then "Checkout Started" '
        'then not "Order Completed" within 24h) spanning 1h',
        "expected": {"S": (5271, 266130965), "M": (52903, 26454715902)},
        "answer": "DISTINCT y.pid",
        "sql": """
            WITH c AS (SELECT pid, ts FROM events WHERE event='Checkout Started'),
            a AS (SELECT pid, ts FROM events WHERE event='Product Added'),
            v AS (SELECT pid, ts FROM events WHERE event='Product Viewed'),
            o AS (SELECT pid, ts FROM events WHERE event='Order Completed'),
            x AS (SELECT c.pid, c.ts t3, a.ts t2 FROM c ASOF JOIN a ON c.pid=a.pid AND c.ts > a.ts),
            y AS (SELECT x.pid, t3, v.ts t1 FROM x ASOF JOIN v ON x.pid=v.pid AND x.t2 > v.ts)
            SELECT {answer} FROM (SELECT * FROM y WHERE t3-t1 <= 3600000 AND t3 <= 1782691200000) y
            ASOF LEFT JOIN o ON y.pid=o.pid AND y.t3 < o.ts
            WHERE o.ts IS NULL OR o.ts - y.t3 > 86400000""",
    },
    {
        "name": "Q5",
        "title": "millennial mobile buyers",
        "expression": "trait.age >= 30 and trait.age <= 45 "
        'and count("Order Completed" where context.device.type == "mobile") >= 2',
        "expected": {"S": (779, 38669467), "M": (7318, 3656003672)},
        "answer": "pid",
        "sql": """
            SELECT {answer} FROM (SELECT e.pid FROM events e JOIN profiles p ON e.pid=p.pid WHERE p.age BETWEEN 30 AND 45
            AND e.event='Order Completed' AND e.device='mobile' GROUP BY e.pid HAVING count(*) >= 2)""",
    },
    {
        "name": "Q6",
        "title": "opened, did not click, 14 d",
        "expression": 'did "Email Opened" within 14d and not did "Email Link Clicked" within 14d',
        "expected": {"S": (2006, 99856145), "M": (20368, 10197882926)},
        "answer": "pid",
        "sql": """
            SELECT {answer} FROM (SELECT pid FROM events
            WHERE event IN ('Email Opened','Email Link Clicked') AND ts >= 1781568000000 AND ts < 1782777600000
            GROUP BY pid HAVING count(*) FILTER (event='Email Opened') >= 1 AND count(*) FILTER (event='Email Link Clicked') = 0)""",
    },
    {
        "name": "Q7",
        "title": "high average order value",
        "expression": 'count("Order Completed") >= 3 and average("Order Completed", .revenue) > 120',
        "expected": {"S": (105, 5304508), "M": (1097, 554511559)},
        "answer": "pid",
        "sql": """
            SELECT {answer} FROM (SELECT pid FROM events
            WHERE event='Order Completed' GROUP BY pid HAVING count(*) >= 3 AND sum(cents) > 12000*count(*))""",
    },
    {
        "name": "Q8",
        "title": "window shoppers",
        "expression": 'not did "Order Completed" and count("Page Viewed") >= 10',
        "expected": {"S": (743, 37662019), "M": (7628, 3819331380)},
        "answer": "pid",
        "sql": """
            SELECT {answer} FROM (SELECT pid FROM events WHERE event IN ('Order Completed','Page Viewed') GROUP BY pid
            HAVING count(*) FILTER (event='Page Viewed') >= 10 AND count(*) FILTER (event='Order Completed') = 0)""",
    },
]


def timed_sql(segment):
    """The question that is timed: how many there are."""
    counted = "count(*)" if segment["answer"] == "pid" else f"count({segment['answer']})"
    return segment["sql"].format(answer=counted)


def members_sql(segment, first_without_number):
    """How many there are and the sum of their numbers; people without a number add nothing."""
    distinct, _, column = segment["answer"].rpartition(" ")
    known = f"sum({distinct} CASE WHEN {column} < {first_without_number} THEN {column} ELSE 0 END)"
    return segment["sql"].format(answer=f"count({segment['answer']}), {known}")
