import ArgumentParser

/// `workspace`
struct Workspace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workspace",
        abstract: "Print the segments of a workspace, as a team would have them.",
        discussion: """
            A line `NAME = EXPRESSION` for each, the same ones every time: variations over events, windows, thresholds, categories, devices, \
            traits, sums and sequences of the test data's shop. Parts of them come in several segments, as they do where people copy from \
            each other.
            """)

    @Option(help: "How many segments.")
    var count = 200

    func validate() throws { if count < 1 { throw ValidationError("--count is 1 or more.") } }

    func run() { for (number, expression) in Self.expressions(count).enumerated() { print("W\(number + 1) = \(expression)") } }

    private static let events = [
        "Product Viewed", "Product Added", "Order Completed", "Page Viewed", "Checkout Started", "Cart Viewed", "Email Opened",
        "Products Searched", "Product List Viewed", "Email Link Clicked",
    ]
    private static let windows = ["24h", "48h", "7d", "14d", "30d", "90d"]
    private static let categories = ["shoes", "sneakers", "dresses", "sandals", "boots", "skirts"]
    private static let countries = ["US", "DE", "GB", "FR", "NL"]
    private static let devices = ["mobile", "desktop", "tablet"]

    /// Expression `n` follows from `n` alone.
    static func expressions(_ count: Int) -> [String] { (0..<count).map { expression($0 % 10, $0 / 10) } }

    private static func expression(_ form: Int, _ n: Int) -> String {
        let (event, window) = ("\"\(pick(events, n))\"", pick(windows, n / 2))
        let (category, device) = ("\"\(pick(categories, n))\"", "\"\(pick(devices, n))\"")
        let age = 18 + n % 8 * 5
        switch form {
        case 0: return "did \(event) within \(window) and not did \"Order Completed\" within \(window)"
        case 1: return "count(\(event)) >= \(1 + n % 7)"
        case 2: return "count(\"Product Viewed\" where .category == \(category) within \(window)) >= \(1 + n % 3)"
        case 3: return "sum(\"Order Completed\" within \(pick(windows, 2 + n % 4)), .revenue) > \(50 * (1 + n % 9))"
        case 4: return "trait.age >= \(age) and trait.age <= \(age + 10) and did \(event) within \(window)"
        case 5: return "trait.country == \"\(pick(countries, n))\" and count(\"Order Completed\") >= \(1 + n % 3)"
        case 6: return "count(\(event) where context.device.type == \(device) within \(window)) >= \(1 + n % 4)"
        case 7: return "mostFrequentCount(\"Product Viewed\" within \(pick(windows, n % 5)), .category) >= \(2 + n % 3)"
        case 8:
            guard n % 4 == 0 else { return "last(\(event), timestamp) < ago(\(window)) and count(\"Page Viewed\") >= \(2 + n % 9)" }
            let last = n % 8 == 0 ? "\"Checkout Started\"" : "\"Order Completed\""
            return "sequence(\"Product Viewed\" then \"Product Added\" within \(2 + n % 5)h then \(last)) spanning \(6 + n % 5)h"
        default:
            guard n % 2 == 0 else { return "average(\"Order Completed\", .revenue) > \(40 + 10 * (n % 12)) and trait.plan != \"free\"" }
            return "did \"Product Added\" within \(window) and not did \"Order Completed\" since last(\"Product Added\" within \(window))"
        }
    }

    private static func pick(_ words: [String], _ n: Int) -> String { words[n % words.count] }
}
