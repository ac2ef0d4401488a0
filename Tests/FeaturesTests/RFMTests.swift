import Features
import Foundation
import Statistics
import Testing

private let day: Int64 = 86_400_000

@Test func `five customers by hand`() {
    // Frequencies 1, 2, 3, 4, 5: edges 1.8, 2.6, 3.4, 4.2. Recency 0, 10, 20, 30, 40 days: edges 8, 16, 24, 32.
    let now = 100 * day + 5
    let rfm = RFM(
        (0..<5).map {
            RFM.Orders(profile: 10 + $0, last: now - Int64($0) * 10 * day - 4, count: Double(5 - $0), money: [500, -20, 30, 30, 7.5][$0])
        }, now: now)
    #expect(rfm.frequencyEdges == [1.8, 2.6, 3.4, 4.2] && rfm.recencyEdges == [8, 16, 24, 32])
    #expect(rfm.rows.map(\.recencyDays) == [0, 10, 20, 30, 40] && rfm.rows.map(\.profile) == [10, 11, 12, 13, 14])
    #expect(rfm.rows.map(\.recencyScore) == [5, 4, 3, 2, 1])
    #expect(rfm.rows.map(\.frequencyScore) == [5, 4, 3, 2, 1])
    // Money -20, 7.5, 30, 30, 500: edges 2, 21, 30, 124. The equal ones share a score, and an edge belongs to the lower score.
    #expect(zip(rfm.monetaryEdges, [2, 21, 30, 124]).allSatisfy { abs($0 - $1) < 1e-9 })
    #expect(rfm.rows.map(\.monetaryScore) == [5, 1, 3, 3, 2])
    #expect(rfm.rows.map(\.segment) == [.champions, .potentialLoyalist, .needsAttention, .atRisk, .lost])
}

@Test(arguments: [0, 1, 2, 9_999, 86_399_999, 86_400_000, 86_400_001, 172_799_999] as [Int64])
func `recency is whole days, rounded down`(age: Int64) {
    let rfm = RFM([RFM.Orders(profile: 0, last: 1_000_000_000_000 - age, count: 1, money: 1)], now: 1_000_000_000_000)
    #expect(rfm.rows[0].recencyDays == Int(age / day))
}

@Test(arguments: UInt64(1)...30, [2, 3, 4, 5, 7, 10])
func `scores are the rank among interpolated quantiles`(seed: UInt64, scores: Int) {
    var random = SeededGenerator(seed: seed)
    let now = 2_000 * day
    let population = (0..<(1 + random.integer(below: 120))).map {
        RFM.Orders(
            profile: $0, last: now - Int64(random.integer(below: 90)) * day - Int64(random.integer(below: 1_000)),
            count: Double(1 + random.integer(below: 6)), money: Double(random.integer(below: 2_000)) / 10 - 20)
    }
    let rfm = RFM(population, now: now, scores: scores)
    #expect(rfm.rows.count == population.count)
    // Another way: the edge at i/n lies strictly below x when the linear interpolation of the sorted values does.
    func score(_ x: Double, _ all: [Double]) -> Int {
        let sorted = all.sorted()
        var score = 1
        for i in 1..<scores {
            let position = Double(i) / Double(scores) * Double(sorted.count - 1)
            let (low, high) = (sorted[Int(position.rounded(.down))], sorted[Int(position.rounded(.up))])
            let share = position - position.rounded(.down)
            if low * (1 - share) + high * share < x - 1e-9 { score += 1 }
        }
        return score
    }
    let days = population.map { Double((now - $0.last) / day) }
    for (row, orders) in zip(rfm.rows, population) {
        #expect(row.recencyScore == scores + 1 - score(Double(row.recencyDays), days))
        #expect(row.frequencyScore == score(orders.count, population.map(\.count)))
        #expect(row.monetaryScore == score(orders.money, population.map(\.money)))
    }
}

@Test func `nobody gives an empty table`() {
    let rfm = RFM([], now: 0)
    #expect(rfm.rows.isEmpty && rfm.monetaryEdges.allSatisfy { $0.isNaN })
}

@Test(arguments: 2...10) func `every cell has a name, and the corners stay corners`(scores: Int) {
    for r in 1...scores {
        for f in 1...scores {
            for m in 1...scores {
                #expect(!RFMSegment(recency: r, frequency: f, monetary: m, scores: scores).meaning.isEmpty)
            }
        }
    }
    #expect(RFMSegment(recency: scores, frequency: scores, monetary: scores, scores: scores) == .champions)
    #expect(RFMSegment(recency: 1, frequency: 1, monetary: 1, scores: scores) == .lost)
    #expect(RFMSegment(recency: scores, frequency: 1, monetary: 1, scores: scores) == .new)
    #expect(RFMSegment(recency: 1, frequency: scores, monetary: scores, scores: scores) == .cannotLose)
}

@Test func `every name is in use`() {
    #expect(Set(RFMSegment.table.joined()) == Set(RFMSegment.allCases))
}

@Test func `the documentation shows the table that the code uses`() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../Documentation/RFM.md").standardized
    let rows = try String(contentsOf: page, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("| ") }.map { line in
        line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
    let cells = rows.filter { $0.count == 6 && Int($0[0]) != nil }
    #expect(cells.map { $0[0] } == ["5", "4", "3", "2", "1"])
    #expect(cells.map { Array($0.dropFirst()) } == RFMSegment.table.map { $0.map(\.rawValue) })
    let meanings = rows.filter { $0.count == 2 && RFMSegment(rawValue: $0[0]) != nil }
    #expect(meanings.map { $0[0] } == RFMSegment.allCases.map(\.rawValue))
    #expect(meanings.map { $0[1] } == RFMSegment.allCases.map(\.meaning))
}
