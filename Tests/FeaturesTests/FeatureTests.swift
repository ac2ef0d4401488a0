import Clustering
import EventModel
import Features
import Rules
import Statistics
import Storage
import Testing

private let order = "Order Completed"

private func bought(_ day: Double, _ id: String, _ revenue: Double) -> (day: Double, name: String, properties: [JSONObject.Member]) {
    (day, order, [.init("order_id", .string(id)), .init("revenue", .number(revenue))])
}

private func returned(_ day: Double, _ revenue: Double) -> (day: Double, name: String, properties: [JSONObject.Member]) {
    (day, "Order Refunded", [.init("revenue", .number(revenue))])
}

private let shop = ReferenceValues(
    now: at(day: 30),
    timelines: [
        timeline(bought(1, "a", 10), bought(29.5, "b", 20.5), bought(29.6, "b", 4.5)),
        timeline(returned(3, 7)),
        timeline(bought(10, "c", 100), returned(11, -30), returned(12, -80)),
        timeline(bought(20, "d", 50), returned(21, 20)),
        timeline(bought(31, "e", 1_000)),
    ])

@Test func `rfm reads orders, money and refunds through the language`() throws {
    let query = RFMQuery(order: ["order_id"], refunds: "Order Refunded")
    #expect(
        query.values == [
            #"last("Order Completed")"#,
            #"distinct("Order Completed", .order_id) + count("Order Completed" where not exists(.order_id))"#,
            #"sum("Order Completed", .revenue)"#, #"sum("Order Refunded", .revenue)"#,
        ])
    // Who never ordered, or not yet, has no row. Refunds are taken off whatever their sign.
    let rows = try query.rfm(shop).rows
    #expect(rows.map(\.profile) == [0, 2, 3])
    #expect(rows.map(\.recencyDays) == [0, 20, 10])
    #expect(rows.map(\.frequency) == [2, 1, 1])
    #expect(rows.map(\.monetary) == [35, -10, 30])

    let plain = try RFMQuery().rfm(shop, among: Membership(members: [0, 1, 2], population: 5)).rows
    #expect(plain.map(\.profile) == [0, 2] && plain.map(\.frequency) == [3, 1] && plain.map(\.monetary) == [35, 100])
}

@Test func `an order without an id is an order of its own`() throws {
    let nameless = (day: 3.0, name: "Order Completed", properties: [JSONObject.Member("revenue", .number(1))])
    let null = (day: 4.0, name: "Order Completed", properties: [JSONObject.Member("order_id", .null)])
    let source = ReferenceValues(
        now: at(day: 30),
        timelines: [
            timeline(nameless), timeline(bought(1, "a", 1), bought(2, "a", 1), nameless, null, nameless), timeline(bought(1, "a", 1)),
        ])
    #expect(try RFMQuery(order: ["order_id"]).rfm(source).rows.map(\.frequency) == [1, 4, 1])
}

@Test(arguments: [
    (["revenue"], ".revenue"), (["a", "b_2"], ".a.b_2"), (["t-shirt size"], #"."t-shirt size""#), (["2nd"], #"."2nd""#),
    (["Ünit"], #"."Ünit""#), (["a\"b\\c\n"], #"."a\"b\\c\u000a""#),
])
func `odd names of properties are quoted`(path: [String], expected: String) throws {
    let query = RFMQuery(event: "E\"", revenue: path)
    #expect(query.values[2] == #"sum("E\"", \#(expected))"#)
    #expect(try query.formulas().count == 3)
}

@Test func `values become numbers, times become days, the rest is missing or refused`() throws {
    let features: [any FeatureExtractor] = [
        try ValueFeature(#"count("Order Completed")"#, name: "orders"), try ValueFeature(#"now - last("Order Completed")"#),
        try ValueFeature(#"first("Order Completed")"#), try ValueFeature(#"last("Order Completed", .order_id)"#),
    ]
    #expect(features[0].name == "orders" && features[1].name == #"now - last("Order Completed")"#)
    let columns = try shop.extract(features)
    #expect(columns[0] == [3, 0, 1, 1, 0])
    #expect(columns[1][0] == 0.4 && columns[1][1].isNaN && columns[1][2] == 20)
    #expect(columns[2][2] == 20_454 + 10 && columns[2][4].isNaN)
    #expect(columns[3].allSatisfy { $0.isNaN })
    #expect(throws: FeatureError.self) { try ValueFeature(#"lower("A")"#) }
    #expect(throws: FeatureError.self) { try ValueFeature("consent.email") }
    #expect(throws: RuleError.self) { try ValueFeature("count(") }
}

@Test func `the number of a feature is a value of the language that gives the same`() throws {
    for text in [#"count("Order Completed")"#, #"now - last("Order Completed")"#, #"first("Order Completed")"#, "1d + 3h"] {
        let feature = try ValueFeature(text)
        let again = try ValueFeature(feature.numberText)
        let columns = try shop.extract([feature, again])
        for (a, b) in zip(columns[0], columns[1]) { #expect(a == b || (a.isNaN && b.isNaN)) }
        #expect(again.numberText == feature.numberText)
    }
}

@Test(arguments: UInt64(1)...12)
func `a cluster saved as an expression holds exactly its members`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let source = ReferenceValues(
        now: at(day: 60),
        timelines: (0..<60).map { person in
            Timeline(
                (0..<random.integer(below: 12)).flatMap { event in
                    timeline(bought(Double(random.integer(below: 6_000)) / 100, "\(event)", Double(random.integer(below: 90_000)) / 100))
                        .messages.map { Message(kind: .track, messageID: "\(person)-\(event)", timestamp: $0.timestamp, json: $0.json) }
                })
        })
    let features = try [
        #"count("Order Completed")"#, #"sum("Order Completed", .revenue)"#, #"now - last("Order Completed")"#,
        #"maximum("Order Completed", .revenue)"#,
    ].map { try ValueFeature($0) }
    let table = try FeatureTable(features: features.map(\.name), columns: source.extract(features))
    let clusters = 1 + Int(seed) % 5
    let fitted = try FittedClusters(
        table, with: KMeans(clusters: clusters, restarts: 2), scaling: FeatureScaling.Method.allCases[Int(seed) % 3], seed: seed)
    let labels = fitted.labelsOfAllRows
    for cluster in 0..<clusters {
        let rule = try Checker().rule(fitted.model.expression(of: cluster, values: features.map(\.numberText)))
        let reference = Reference(rule.tree, now: source.now)
        let members = source.timelines.indices.filter { reference.isMember(source.timelines[$0]) }
        #expect(members == labels.indices.filter { Int(labels[$0]) == cluster })
    }
}

@Test func `the standard features are values of the language`() throws {
    let features = StandardFeatures.definitions()
    #expect(Set(features.map(\.name)).count == features.count)
    let columns = try shop.extract(try features.map { try ValueFeature($0.body, name: $0.name) })
    let first = Dictionary(uniqueKeysWithValues: zip(features.map(\.name), columns.map { $0[0] }))
    #expect(first["orders"] == 3 && first["revenue"] == 35 && first["largest_order"] == 20.5 && first["events_30d"] == 3)
    #expect(first["days_as_customer"] == 29 && first["days_since_order"] == 0.4)
}
