import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import Testing

@testable import FormatCSV

/// The figures below come from an independent count of the files (Python's csv and decimal modules, rule by rule).
private func readSample(_ sample: String, _ file: String, foldBytes: Int = 256 << 20) throws -> ReadFile {
    let mapping = project.appending(path: "Tools/samples/\(sample).yaml")
    let format = try CSVFormat(settings: String(contentsOf: mapping, encoding: .utf8), settingsName: mapping.lastPathComponent)
    return try ReadFile(format, inflated(file), limits: FormatLimits(foldBytes: foldBytes))
}

private func inflated(_ file: String) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", try #require(testData).appending(path: "data/\(file)").path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let bytes = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return bytes
}

/// Whether this build is optimised. Otherwise the largest reading is cut short.
private let isOptimised: Bool = {
    var checks = false
    assert(
        {
            checks = true
            return true
        }())
    return !checks
}()

/// What the messages of one name amount to.
private struct Tally: Equatable {
    var messages = 0
    var rows = 0
    /// Exact, in thousandths.
    var revenue: Int64 = 0
    var quantity: Int64 = 0
}

/// A decimal of at most three places, in thousandths.
private func thousandths(_ value: JSONValue?) -> Int64 { Int64(((value?.asDouble ?? 0) * 1_000).rounded()) }

@Test(.enabled(if: hasTestData, "needs $TESSERA_TESTDATA"), arguments: isOptimised ? [256 << 20, 4 << 20] : [4 << 20])
func `every row of Online Retail is accounted for, and its orders add up to the penny`(foldBytes: Int) throws {
    let file = try readSample("online_retail", "online_retail/online_retail.csv.gz", foldBytes: foldBytes)
    #expect((file.sourceLines, file.skippedLines, file.rejects.count, file.misshapenBatches) == (541_909, 0, 0, 0))
    var tallies: [String: Tally] = [:]
    var (customers, ids): (Set<String>, Set<String>) = ([], [])
    var unequal = 0
    for text in file.texts {
        let message = try #require(try JSONValue(parsing: text.utf8).asObject)
        let name = message["event"]?.asString ?? message["type"]?.asString ?? ""
        ids.insert(message["messageId"]?.asString ?? "")
        let products = message.value(at: ["properties", "products"])?.asArray
        tallies[name, default: Tally()].messages += 1
        tallies[name, default: Tally()].rows += products?.count ?? 1
        let revenue = thousandths(message.value(at: ["properties", "revenue"]))
        tallies[name, default: Tally()].revenue += revenue
        var total: Int64 = 0
        for product in products ?? [] {
            guard case .integer(let quantity) = product.asObject?["quantity"] else { continue }
            tallies[name, default: Tally()].quantity += quantity
            total += quantity * thousandths(product.asObject?["price"])
        }
        if products != nil, name != "Free Items Sent", total != revenue { unequal += 1 }
        if name == "Order Completed" { customers.insert(message["userId"]?.asString ?? "") }
    }
    #expect(unequal == 0, "an order's revenue is the sum of its lines, exactly")
    #expect(ids.count == 30_687)
    #expect(customers.count == 4_338)
    #expect(customers.contains("17850"))
    #expect(
        tallies == [
            "Order Completed": Tally(messages: 18_532, rows: 397_884, revenue: 8_911_407_904, quantity: 5_167_812),
            "Order Refunded": Tally(messages: 3_654, rows: 8_905, revenue: 611_342_090, quantity: 274_808),
            "Guest Order Completed": Tally(messages: 1_427, rows: 132_219, revenue: 1_744_214_580, quantity: 420_563),
            "Guest Order Refunded": Tally(messages: 182, rows: 383, revenue: 285_470_400, quantity: 2_766),
            "Free Items Sent": Tally(messages: 34, rows: 40, quantity: 13_884), "Stock Adjusted": Tally(messages: 2_475, rows: 2_475),
            "Debt Adjusted": Tally(messages: 3, rows: 3), "identify": Tally(messages: 4_380, rows: 4_380),
        ])
    // Lines of orders and refunds, gifts, corrections: every data row once. Identify messages come from rows counted already.
    #expect(tallies.filter { $0.key != "identify" }.values.map(\.rows).reduce(0, +) == 541_909)
}

@Test(.enabled(if: hasTestData, "needs $TESSERA_TESTDATA"))
func `every purchase of CDNOW is an order of its own, equal rows too`() throws {
    let file = try readSample("cdnow", "cdnow_rest/cdnow_master_minus_sample.csv.gz")
    #expect((file.sourceLines, file.lines.count, file.rejects.count) == (62_740, 62_740, 0))
    var (revenue, quantity) = (Int64(0), Int64(0))
    var (customers, ids): (Set<String>, Set<String>) = ([], [])
    for text in file.texts {
        let message = try #require(try JSONValue(parsing: text.utf8).asObject)
        revenue += thousandths(message.value(at: ["properties", "revenue"]))
        if case .integer(let count) = message.value(at: ["properties", "quantity"]) { quantity += count }
        customers.insert(message["userId"]?.asString ?? "")
        ids.insert(message["messageId"]?.asString ?? "")
    }
    #expect((revenue, quantity, customers.count, ids.count) == (2_256_223_690, 151_402, 21_213, 62_740))
}

@Test(.enabled(if: hasTestData, "needs $TESSERA_TESTDATA"))
func `every row of the clickstream is an event, and what it says of a person a trait`() throws {
    let file = try readSample("ecom_clickstream", "ecom_clickstream/ecom.csv.gz")
    #expect((file.sourceLines, file.rejects.count, file.skippedLines) == (31_106, 0, 0))
    var events: [String: Int] = [:]
    var (users, ids): (Set<String>, Set<String>) = ([], [])
    for text in file.texts {
        let message = try #require(try JSONValue(parsing: text.utf8).asObject)
        events[message["event"]?.asString ?? "identify", default: 0] += 1
        users.insert(message["userId"]?.asString ?? "")
        ids.insert(message["messageId"]?.asString ?? "")
    }
    #expect((users.count, ids.count) == (600, 31_106 + 1_410))
    #expect(
        events == [
            "product_view": 6_851, "catalog": 6_521, "search": 4_011, "home": 2_762, "filter_results": 2_610, "add_to_cart": 1_346,
            "cart": 1_204,
            "shipping_details": 958, "wishlist_add": 812, "promo_page": 796, "payment_details": 709, "account_page": 659, "purchase": 470,
            "review_page": 406, "support_chat": 277, "error_page": 276, "compare": 275, "payment_error": 119, "checkout_bug": 44,
            "identify": 1_410,
        ])
}

@Test(
    .enabled(if: hasTestData, "needs $TESSERA_TESTDATA"),
    .enabled(if: isOptimised || ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil, "needs a release build, or $TESSERA_LONG"))
func `git activity keeps real offsets, and two impossible ones are rejected`() throws {
    let mapping = project.appending(path: "Tools/samples/git_activity.yaml")
    let format = try CSVFormat(settings: String(contentsOf: mapping, encoding: .utf8), settingsName: mapping.lastPathComponent)
    let bytes = try inflated("git_activity/git_activity.csv.gz")
    let reader = format.makeReader(limits: FormatLimits())
    var (rows, lines, place, seconds) = (0, 0, 0, 0)
    var rejects: [Reject] = []
    var (first, last) = (Int.max, Int.min)
    while place < bytes.count {
        let (batch, consumed) = try bytes.withUnsafeBytes { all in
            try reader.read(UnsafeRawBufferPointer(rebasing: all[place...]), atEnd: true)
        }
        place += consumed
        rows += batch.sourceLines
        lines += batch.lineNumbers.count
        rejects += batch.rejects
        batch.text.withUnsafeBufferPointer { text in
            for second in instants(of: text) {
                seconds += second
                (first, last) = (min(first, second), max(last, second))
            }
        }
    }
    #expect((rows, lines) == (2_099_299, 2_099_297))
    #expect(rejects.map(\.line) == [2, 3])
    #expect(rejects.allSatisfy { $0.reason.contains("column 'timestamp': '2011-08-29T06:50:23+518:00' is not a time") })
    #expect((first, last, seconds) == (1_101_258_284, 1_787_418_361, 3_318_455_343_122_108))
}

/// The seconds of every `"timestamp":"..."` in a text that zeros follow, found and read without the code under test's help.
private func instants(of text: UnsafeBufferPointer<UInt8>) -> [Int] {
    var found: [Int] = []
    text.withMemoryRebound(to: CChar.self) { text in
        guard var place = text.baseAddress else { return }
        while let next = strstr(place, "\"timestamp\":\"") {
            place = UnsafePointer(next) + 13
            var parts = tm()
            parts.tm_year = Int32(number(place, 4)) - 1900
            parts.tm_mon = Int32(number(place + 5, 2)) - 1
            parts.tm_mday = Int32(number(place + 8, 2))
            parts.tm_hour = Int32(number(place + 11, 2))
            parts.tm_min = Int32(number(place + 14, 2))
            parts.tm_sec = Int32(number(place + 17, 2))
            found.append(timegm(&parts))
        }
    }
    return found
}

private func number(_ place: UnsafePointer<CChar>, _ digits: Int) -> Int { (0..<digits).reduce(0) { $0 * 10 + Int(place[$1]) - 48 } }
