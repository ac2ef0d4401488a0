import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import Testing

@testable import FormatCSV

private let orders = """
    columns: {at: time, pieces: integer, price: number, total: {value: .pieces * .price}}
    message:
      type: track
      event: "Order"
      userId: .who
      timestamp: .at
      fold:
        by: order
        into: products
        each: {sku: .sku, n: .pieces}
      properties:
        order: .order
        revenue: sum(any, .total)
        lines: count(any)
        mean: average(any, .price)
        dear: count(any where .price >= 2)
        skus: distinct(any, .sku)
        often: mostFrequent(any, .sku)
        times: mostFrequentCount(any, .sku)
        least: minimum(any, .price)
        most: maximum(any, .price)
        opening: first(any, .sku)
        closing: last(any, .sku)
        from: first(any)
        until: last(any where .price < 2)
        net: sum(any, .total) * 0.8 - 1
    """
private let table = """
    who,order,at,sku,pieces,price
    u,1,2026-01-02 10:00,b,3,0.10
    v,2,2026-01-01 08:00,z,1,5.00
    U,1,2026-01-02 09:00,a,1,2.50
    w,1,2026-01-02 11:00,b,2,0.10

    """

@Test func `rows of one order become one message, with aggregates over them`() throws {
    let found = try messages(orders, table)
    let order = try #require(found.first { $0.value(at: ["properties", "order"])?.asString == "1" })
    #expect(order["userId"]?.asString == "U", "the earliest row gives the message's own values")
    #expect(order["timestamp"]?.asString == "2026-01-02T09:00:00.000Z")
    #expect(
        order["properties"]?.text == """
            {"order":"1","revenue":3.0,"lines":3,"mean":0.9,"dear":1,"skus":2,"often":"b","times":2,"least":0.1,"most":2.5,"opening":"a","closing":"b",\
            "from":"2026-01-02T09:00:00.000Z","until":"2026-01-02T11:00:00.000Z","net":1.4,\
            "products":[{"sku":"b","n":3},{"sku":"a","n":1},{"sku":"b","n":2}]}
            """)
    #expect(found.count == 2)
}

@Test func `aggregates over rows without values are as the language has them`() throws {
    let found = try messages(orders, "who,order,at,sku,pieces,price\nu,1,2026-01-02,,,\n")
    #expect(
        found[0]["properties"]?.text
            == "{\"order\":\"1\",\"revenue\":0,\"lines\":1,\"dear\":0,\"skus\":0,\"times\":0,\"from\":\"2026-01-02T00:00:00.000Z\",\"net\":-1.0,\"products\":[{}]}"
    )
}

@Test func `a folded message's identifier is made of its event and fold key`() throws {
    let ids = try messages(orders, table).map { $0["messageId"]?.asString }
    let more = try messages(orders, table + "x,2,2026-05-05,q,1,1\n").map { $0["messageId"]?.asString }
    #expect(ids == more)
    #expect(Set(ids).count == 2)
    let other = try messages(orders.replacingOccurrences(of: "\"Order\"", with: "\"Bill\""), table).map { $0["messageId"]?.asString }
    #expect(Set(ids).isDisjoint(with: other))
}

@Test func `rows of different events are not folded together`() throws {
    let yaml =
        "columns: {at: time}\nmessage: {type: track, event: .e, userId: .u, timestamp: .at, fold: {by: [u]}, properties: {n: count(any)}}"
    let found = try messages(yaml, "u,e,at\na,X,2026-01-01\na,Y,2026-01-01\na,X,2026-01-01\n")
    #expect(Set(found.map { "\($0["event"]?.asString ?? "") \($0.value(at: ["properties", "n"])?.text ?? "")" }) == ["X 2", "Y 1"])
}

@Test func `a row without a fold key is rejected`() throws {
    let file = try read(orders, table + "u,,2026-01-01,a,1,1\n")
    #expect(
        file.rejects.map(\.reason) == [
            "row 5: column 'order' is empty, and rows are folded by it. Give it a value, or leave such rows out with 'when'."
        ])
    #expect(file.lines.count == 2)
}

@Test func `a common fold holds for every message without one of its own`() throws {
    let yaml = """
        columns: {at: time}
        fold: {by: u}
        message:
          - {type: identify, userId: .u, timestamp: .at, traits: {n: count(any)}}
          - {type: track, event: "E", userId: .u, timestamp: .at, fold: none}
        """
    let file = try read(yaml, "u,at\na,2026-01-01\na,2026-01-02\nb,2026-01-01\n")
    #expect(file.texts.filter { $0.contains("identify") }.count == 2)
    #expect(file.texts.filter { $0.contains("track") }.count == 3)
}

@Test func `a message that grows too long is rejected by its first row`() throws {
    let rows = (0..<50).map { "u,1,2026-01-02 10:00,sku\($0),1,1.00\n" }.joined()
    let file = try read(orders, table + rows, limits: FormatLimits(longestLine: 600))
    #expect(file.lines.count == 1)
    #expect(file.rejects.map(\.line) == [2])
    #expect(file.rejects[0].reason.hasPrefix("the 53 rows folded into this message make it "))
}

/// Many orders whose rows stand anywhere, with prices of two decimals.
private func shop(_ seed: UInt64, rows: Int) -> String {
    var random = SeededBytes(seed: seed)
    var text = "who,order,at,sku,pieces,price\n"
    for _ in 0..<rows {
        let order = Int.random(in: 1...max(1, rows / 4), using: &random)
        let minute = Int.random(in: 0...999, using: &random)
        text +=
            "u\(order % 7),\(order),2026-01-02 \(10 + minute / 60 % 10):\(10 + minute % 50),s\(minute % 5),\(minute % 4),\(minute % 9).\(minute % 10)5\n"
    }
    return text
}

@Test(arguments: UInt64(1)...20)
func `a fold that spills to disk gives what one in memory gives`(seed: UInt64) throws {
    let text = shop(seed, rows: 300)
    let whole = try read(orders, text)
    for bound in [0, 1_000, 20_000] { #expect(try read(orders, text, limits: FormatLimits(foldBytes: bound), cut: 500) == whole) }
}

@Test(arguments: UInt64(1)...20)
func `folded sums equal those of integers`(seed: UInt64) throws {
    let text = shop(seed, rows: 200)
    var cents: [String: Int] = [:]
    for line in text.split(separator: "\n").dropFirst() {
        let cells = line.split(separator: ",")
        let price = cells[5].split(separator: ".")
        cents[String(cells[1]), default: 0] += (Int(cells[4]) ?? 0) * ((Int(price[0]) ?? 0) * 100 + (Int(price[1]) ?? 0))
    }
    let found = try messages(orders, text)
    #expect(found.count == cents.count)
    for message in found {
        let order = message.value(at: ["properties", "order"])?.asString ?? ""
        #expect(message.value(at: ["properties", "revenue"])?.asDouble == Double(cents[order] ?? -1) / 100)
    }
}

@Test func `the order of folded rows does not change sums, times or identifiers`() throws {
    let lines = shop(7, rows: 100).split(separator: "\n").map(String.init)
    var random = SeededBytes(seed: 9)
    let shuffled = [lines[0]] + lines.dropFirst().shuffled(using: &random)
    func facts(_ lines: [String]) throws -> Set<String> {
        Set(
            try messages(orders, lines.joined(separator: "\n")).map { message in
                ["messageId", "timestamp"].map { message[$0]?.text ?? "" }.joined()
                    + (message.value(at: ["properties", "revenue"])?.text ?? "")
            })
    }
    #expect(try facts(lines) == facts(shuffled))
}
