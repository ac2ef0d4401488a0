public import EventModel

/// Every event name with its count.
public struct EventsResult: CommandResult, Equatable {
    /// One event name.
    public struct Entry: Sendable, Equatable {
        /// The event's name.
        public var name: String
        /// Track messages of that name in the store, whatever `now` is.
        public var count: Int
    }
    /// By name, in the order of scalars.
    public var events: [Entry]

    public var json: JSONObject {
        let entries = events.map { JSONValue.object(JSONObject(["name": .string($0.name), "count": .integer(Int64($0.count))])) }
        return JSONObject(["events": .array(entries)])
    }
    public var table: ResultTable {
        ResultTable([.init("name"), .init("count", numeric: true)], rows: events.map { [.text($0.name), .count($0.count)] })
    }
    public var notes: [String] { events.isEmpty ? ["No track event is stored."] : [] }
}

extension EventsResult: Drawable {
    public var chart: any Chart {
        let most = events.sorted { $0.count > $1.count }
        return BarChart(
            title: "Events by count", bars: most.map { .init($0.name, Double($0.count), caption: Figures.grouped($0.count)) })
    }
}

/// One event's properties with what values they take.
public struct EventResult: CommandResult, Equatable {
    /// One property.
    public struct Property: Sendable, Equatable {
        /// As the segment language writes it: `.price`, `context.device.type`.
        public var name: String
        /// Kinds of value that occur: `text`, `number`, `truth`, `array`, `object`.
        public var kinds: [String]
        /// The share of the event's rows that have it.
        public var presence: Double
        /// The most frequent values, most frequent first; none where nearly every row has its own.
        public var top: [JSONValue]
    }

    /// The event's name.
    public var name: String
    /// Track messages of that name in the store, whatever `now` is.
    public var count: Int
    /// The properties and context values that the language can ask of them by path.
    public var properties: [Property]

    public var json: JSONObject {
        let details = properties.map { property in
            JSONValue.object(
                JSONObject([
                    "property": .string(property.name), "kinds": .list(property.kinds), "presence": .finite(property.presence),
                    "top": .array(property.top),
                ]))
        }
        return JSONObject([
            "name": .string(name), "count": .integer(Int64(count)), "properties": .list(properties.map(\.name)), "details": .array(details),
        ])
    }
    public var records: [JSONObject] { properties.map { JSONObject(["property": .string($0.name)]) } }
    public var table: ResultTable {
        ResultTable(
            [.init("property"), .init("kinds"), .init("presence", numeric: true), .init("top")],
            rows: properties.map { property in
                let top = property.top.prefix(5).map(\.text).joined(separator: ", ")
                return [.text(property.name), .text(property.kinds.joined(separator: ", ")), .share(property.presence), .text(top)]
            })
    }
    public var notes: [String] {
        let closed = properties.filter { !$0.kinds.isEmpty && $0.kinds.allSatisfy { $0 == "array" || $0 == "object" } }.map(\.name)
        let warning = "Conditions cannot look inside \(closed.joined(separator: ", ")): an array is missing to every test."
        return ["\(Figures.count(count, "event")) called \"\(name)\"."] + (closed.isEmpty ? [] : [warning])
    }
}

/// Every trait with how many profiles have it at `now`.
public struct TraitsResult: CommandResult, Equatable {
    /// One trait.
    public struct Entry: Sendable, Equatable {
        /// As the segment language writes it after `trait.`.
        public var name: String
        /// Profiles that have it at `now`.
        public var profiles: Int
    }
    /// By path.
    public var traits: [Entry]

    public var json: JSONObject {
        let entries = traits.map { JSONValue.object(JSONObject(["name": .string($0.name), "profiles": .integer(Int64($0.profiles))])) }
        return JSONObject(["traits": .array(entries)])
    }
    public var table: ResultTable {
        ResultTable([.init("name"), .init("profiles", numeric: true)], rows: traits.map { [.text($0.name), .count($0.profiles)] })
    }
    public var notes: [String] { traits.isEmpty ? ["No trait is stored. An identify message sets traits."] : [] }
}

/// Every computed trait that is saved.
public struct FeaturesResult: CommandResult, Equatable {
    /// One computed trait.
    public struct Entry: Sendable, Equatable {
        /// What segments read it by, after `feature.`.
        public var name: String
        /// The value as it was saved.
        public var value: String
    }
    /// By name.
    public var features: [Entry]

    public var json: JSONObject {
        let entries = features.map { JSONValue.object(JSONObject(["name": .string($0.name), "value": .string($0.value)])) }
        return JSONObject(["features": .array(entries)])
    }
    public var table: ResultTable {
        ResultTable([.init("name"), .init("value")], rows: features.map { [.text($0.name), .prose($0.value)] })
    }
    public var notes: [String] {
        features.isEmpty ? ["No feature is saved. `feature NAME = VALUE` saves one; segments read it as feature.NAME."] : []
    }
}
