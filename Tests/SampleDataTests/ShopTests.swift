import EventModel
import Foundation
import Testing

@testable import sample_data

/// A shop small enough to look at every message of.
private let small = ShopSettings(profiles: 600, events: 15_000, seed: 7)

private func bytes(_ settings: ShopSettings) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try Shop(settings).write { bytes.append(contentsOf: $0) }
    return bytes
}

/// The small shop's messages, checked as an import would check them.
private let messages: [Message] = {
    do {
        return try bytes(small).split(separator: UInt8(ascii: "\n")).map { line in
            try line.withUnsafeBufferPointer { try Message(parsing: $0, derivedID: nil) }
        }
    } catch {
        Issue.record(error)
        return []
    }
}()

@Suite struct ShopTests {
    @Test func `the same seed gives the same bytes, another seed others`() throws {
        let settings = ShopSettings(profiles: 50, events: 1_000, seed: 3)
        let first = try bytes(settings)
        #expect(try bytes(settings) == first)
        var other = settings
        other.seed = 4
        #expect(try bytes(other) != first)
    }

    @Test func `the counts are those asked for`() {
        #expect(messages.filter { [.track, .page, .screen].contains($0.kind) }.count == small.events)
        #expect(Set(messages.map(\.messageID)).count == messages.count)
        for kind in Message.Kind.allCases { #expect(messages.contains { $0.kind == kind }, "No \(kind.word) was made.") }
        let known = Set(messages.compactMap(\.userID))
        var named: Set<String> = []
        for message in messages where message.userID != nil {
            if let anonymous = message.anonymousID { named.insert(anonymous) }
            if let previous = message.previousID { named.insert(previous) }
        }
        let strangers = Set(messages.compactMap(\.anonymousID)).subtracting(named)
        #expect(known.count + strangers.count == small.profiles)
    }

    @Test(arguments: [(1, 1), (1, 3_000), (200, 200), (50, 51)])
    func `shops of odd sizes keep their counts and their year`(profiles: Int, events: Int) throws {
        let shop = try Shop(ShopSettings(profiles: profiles, events: events, seed: 11))
        let records = shop.timelines.records
        let told = records.filter { ![.identify, .upgrade, .consent, .group, .alias].contains($0.kind) }
        #expect(told.count == events)
        let year = shop.season.start.milliseconds..<shop.season.end.milliseconds
        #expect(records.allSatisfy { year.contains($0.time) })
    }

    @Test func `messages come in the order of their times, within the year`() {
        let times = messages.map(\.timestamp)
        #expect(times == times.sorted())
        let year = Int64(Season.days) * Instant.millisecondsPerDay
        #expect((times.first ?? small.end).milliseconds >= small.end.milliseconds - year)
        #expect((times.last ?? small.end) < small.end)
    }

    @Test func `links and aliases refer to anonymous ids seen before`() {
        var seen: Set<String> = []
        var (links, aliases) = (0, 0)
        for message in messages {
            if let anonymous = message.anonymousID {
                if message.kind == .identify && message.userID != nil && !message.traits.members.isEmpty {
                    #expect(seen.contains(anonymous))
                    links += 1
                }
                if message.userID == nil { seen.insert(anonymous) }
            }
            if message.kind == .alias {
                #expect(seen.contains(message.previousID ?? ""))
                aliases += 1
            }
        }
        #expect(links > 50)
        #expect(aliases > 0)
    }

    @Test func `refunds follow their orders and give back no more than was paid`() throws {
        var paid: [String: Double] = [:]
        var refunds = 0
        for message in messages {
            guard let id = message.properties["order_id"]?.asString, let revenue = message.properties["revenue"]?.asDouble else { continue }
            let products = message.properties["products"]?.asArray ?? []
            var sum = 0.0
            for product in products {
                let price = try #require(product.asObject?["price"]?.asDouble)
                let quantity = try #require(product.asObject?["quantity"]?.asDouble)
                sum += price * quantity
            }
            #expect(!products.isEmpty)
            #expect((sum - revenue).magnitude < 0.005)
            if message.event == "Order Completed" {
                #expect(paid.updateValue(revenue, forKey: id) == nil)
            } else {
                #expect(revenue > 0 && revenue <= (paid[id] ?? 0) + 0.005)
                refunds += 1
            }
        }
        #expect(paid.count > 200)
        #expect(refunds > 10)
    }

    @Test func `the page about the shop names every event, property and trait`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = String(decoding: try Data(contentsOf: root.appendingPathComponent("Documentation/SampleShop.md")), as: UTF8.self)
        var names: Set<String> = []
        for message in messages {
            names.formUnion(message.properties.members.map(\.name))
            if message.kind == .identify { names.formUnion(message.traits.members.map(\.name)) }
            if let event = message.event { names.insert(event) }
        }
        #expect(names.count > 30)
        for name in names.sorted() {
            #expect(page.contains("`\(name)`") || page.contains("`.\(name)`"), "Documentation/SampleShop.md does not name \(name).")
        }
    }

    @Test func `a few people do much and many do little`() throws {
        let shop = try Shop(ShopSettings(profiles: 5_000, events: 100_000, seed: 5))
        var counts = [Int](repeating: 0, count: 5_000)
        for record in shop.timelines.records { counts[Int(record.person)] += 1 }
        counts.sort(by: >)
        let busiest = counts[..<500].reduce(0, +)
        let all = counts.reduce(0, +)
        #expect(busiest * 10 > all * 3, "The busiest tenth does more than three tenths.")
        #expect(counts[2_500] < 20)
    }

    /// What clusters and scores should find is there to be found.
    @Test func `the characters differ in what they do`() throws {
        let shop = try Shop(ShopSettings(profiles: 5_000, events: 100_000, seed: 5))
        var orders = [Double](repeating: 0, count: Character.all.count)
        var (refunds, cents, late, people) = (orders, orders, orders, orders)
        for person in shop.people { people[person.character] += 1 }
        let lastDays = shop.season.end.milliseconds - 59 * Instant.millisecondsPerDay
        for record in shop.timelines.records {
            let character = shop.people[Int(record.person)].character
            if record.kind == .order {
                orders[character] += 1
                for line in shop.timelines.products(of: record) { cents[character] += Double(line.cents) * Double(line.quantity) }
            }
            if record.kind == .refund { refunds[character] += 1 }
            if record.kind == .view, record.time >= lastDays { late[character] += 1 }
        }
        func number(_ name: String) throws -> Int { try #require(Character.all.firstIndex { $0.name == name }) }
        let (loyal, bargain, lapsed, browser) = (try number("loyal"), try number("bargain"), try number("lapsed"), try number("browser"))
        let (connoisseur, returner) = (try number("connoisseur"), try number("returner"))
        #expect(orders[loyal] / people[loyal] > 4 * orders[browser] / people[browser])
        #expect(cents[connoisseur] / orders[connoisseur] > 2 * cents[bargain] / orders[bargain])
        #expect(refunds[returner] / orders[returner] > 5 * refunds[loyal] / orders[loyal])
        #expect(late[lapsed] == 0)
    }

    @Test(arguments: [
        (ShopSettings(profiles: 0), "--profiles is 0. Ask for at least 1."),
        (
            ShopSettings(profiles: 10, events: 9),
            "--events is 9 and --profiles is 10. Everybody does something: ask for at least as many events as profiles."
        ),
        (ShopSettings(events: 300_000_000), "--events is 300000000. At most 200000000 are made at once."),
        (
            ShopSettings(end: MessageLimits.earliest),
            "--as-of is 0000-01-01T00:00:00.000Z. Choose a year from 0002 to 9999."
        ),
    ])
    func `impossible shops are refused with a sentence`(settings: ShopSettings, sentence: String) throws {
        let error = #expect(throws: ShopError.self) { try Shop(settings) }
        #expect(error?.description == sentence)
    }
}
