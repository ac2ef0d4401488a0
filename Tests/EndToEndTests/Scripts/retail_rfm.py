"""RFM of the Online Retail table by another road: python3 retail_rfm.py online_retail.csv.gz rfm.csv gross|net

Reads the table with the csv module, adds money with decimals, and compares every customer with the shell's `rfm --format csv`.
"""
import bisect
import csv
import datetime
import decimal
import gzip
import sys
from fractions import Fraction

table, answer, kind = sys.argv[1:4]
invoices, firsts, paid, returned, last = {}, {}, {}, {}, None
with gzip.open(table, "rt", newline="") as file:
    for row in csv.DictReader(file):
        at = datetime.datetime.fromisoformat(row["InvoiceDate"])
        last = at if last is None else max(last, at)
        if not row["CustomerID"] or decimal.Decimal(row["UnitPrice"]) <= 0:
            continue
        customer = str(int(float(row["CustomerID"])))
        money = int(row["Quantity"]) * decimal.Decimal(row["UnitPrice"])
        if row["InvoiceNo"].startswith("C"):
            returned[customer] = returned.get(customer, 0) + money
            continue
        number = row["InvoiceNo"]
        firsts[number] = min(firsts.get(number, at), at)  # A folded order has the time of its earliest row.
        invoices.setdefault(customer, set()).add(number)
        paid[customer] = paid.get(customer, 0) + money

people = sorted(invoices)
recency = [(last - max(firsts[n] for n in invoices[p])) // datetime.timedelta(days=1) for p in people]
frequency = [len(invoices[p]) for p in people]
net = kind == "net"
monetary = [float(paid[p]) - (abs(float(returned.get(p, 0))) if net else 0) for p in people]


def scores(values):
    """1 and how many of the four quintile edges (linear interpolation) lie strictly below; ties share a score."""
    ranked = sorted(Fraction(v) for v in values)
    edges = []
    for part in range(1, 5):
        place = Fraction(part, 5) * (len(ranked) - 1)
        low = int(place)
        high = min(low + 1, len(ranked) - 1)
        edges.append(float(ranked[low] + (place - low) * (ranked[high] - ranked[low])))
    return [1 + bisect.bisect_left(edges, value) for value in values]


expected = {
    person: (days, orders, money, 6 - r, f, m)
    for person, days, orders, money, r, f, m in zip(
        people, recency, frequency, monetary, scores(recency), scores(frequency), scores(monetary))
}
wrong = []
with open(answer, newline="") as file:
    rows = list(csv.DictReader(file))
for row in rows:
    found = (int(row["recency_days"]), int(row["frequency"]), float(row["monetary"]), int(row["r"]), int(row["f"]), int(row["m"]))
    want = expected.pop(row["id"], None)
    if want is None or found[:2] != want[:2] or found[3:] != want[3:] or abs(found[2] - want[2]) > 1e-9 * max(1, abs(want[2])):
        wrong.append((row["id"], found, want))
for line in wrong[:10]:
    print("customer %s: the shell says %s, the table %s" % line)
if wrong or expected:
    sys.exit("%d customers differ, %d are missing" % (len(wrong), len(expected)))
print("%d customers, %d orders, %.3f: all equal (%s)" % (len(rows), sum(frequency), sum(monetary), kind))
