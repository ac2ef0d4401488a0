import Connectors
import EventModel
import Foundation

/// A value that is being read: what libavro tells of it, step by step, and the JSON that it becomes. Counts are
/// bounded, and taken as libavro has them: it cuts those of branches, symbols and blocks to their lower 32 bits.
final class AvroReading {
    /// Why it cannot be read.
    struct Problem: Error { let what: String }

    /// A value that is begun and not complete.
    private struct Frame {
        /// Of its action.
        let place: Int
        /// Elements of an array, values of a map, or the fields of a record that are kept.
        var values: [JSONValue] = []
        /// Of a map's values.
        var names: [String] = []
        /// Where the values of names are, by the bytes of these.
        var places: [[UInt8]: Int] = [:]
        /// Fields of the record that were read.
        var step = 0
    }
    let consumers: AvroConsumers
    /// What ended it.
    var problem: Problem?
    private var frames: [Frame] = []
    private var result: JSONValue?
    /// Bytes of JSON that there may still be.
    private var budget: Int

    /// - Parameter longest: Bytes of JSON, at most.
    init(_ consumers: AvroConsumers, longest: Int) { (self.consumers, budget) = (consumers, longest) }

    /// What it became; nil where it is not complete.
    var value: JSONValue? { frames.isEmpty ? result : nil }

    private func action(_ place: Int) -> AvroResolution.Action { consumers.resolution.actions[place] }

    private func spend(_ count: Int) throws(Problem) {
        budget -= count
        if budget < 0 { throw Problem(what: "the record becomes longer than records may be") }
    }

    private var shapeless: Problem { Problem(what: "a block has an impossible length") }

    /// Looks at a value before it is read.
    ///
    /// - Returns: The place of its action.
    @discardableResult
    func begin(_ place: Int) throws(Problem) -> Int {
        guard frames.count <= AvroSchema.mostDepth else {
            throw Problem(what: "values lie more than \(AvroSchema.mostDepth) levels deep in each other")
        }
        try spend(2)
        if case .refused(let reason) = action(place) {
            throw Problem(
                what: "there is what the newest version cannot read. \(reason.hasSuffix(".") ? String(reason.dropLast()) : reason)")
        }
        return place
    }

    /// Puts a value where it belongs, and completes what it completes.
    private func take(_ value: JSONValue) throws(Problem) {
        var value = value
        while true {
            guard let last = frames.indices.last else {
                result = value
                return
            }
            switch action(frames[last].place) {
            case .map:
                // The last one of a name holds.
                let name = Array(frames[last].names[frames[last].names.count - 1].utf8)
                if let place = frames[last].places[name] {
                    frames[last].values[place] = value
                    frames[last].names.removeLast()
                } else {
                    frames[last].places[name] = frames[last].values.count
                    frames[last].values.append(value)
                }
                return
            case .record(let record):
                guard frames[last].step < record.steps.count else { throw shapeless }
                if let place = record.steps[frames[last].step].keptAt { frames[last].values[place] = value }
                frames[last].step += 1
                if frames[last].step < record.steps.count { return }
                value = try object(record, frames.removeLast().values)
            default:
                frames[last].values.append(value)
                return
            }
        }
    }

    // MARK: - values

    func null(at place: Int) throws(Problem) {
        if case .fixed(_, let logical) = action(place) {
            return try take(AvroLogical.value(UnsafeRawBufferPointer(start: nil, count: 0), logical))
        }
        try take(.null)
    }

    func boolean(_ truth: Int32) throws(Problem) {
        guard truth == 0 || truth == 1 else { throw Problem(what: "a truth is neither 0 nor 1") }
        try take(.bool(truth == 1))
    }

    func integer(_ integer: Int64, at place: Int) throws(Problem) {
        guard case .integer(_, let number, let logical) = action(place) else { throw shapeless }
        switch number {
        case .float: try take(.number(Double(Float(integer))))
        case .double: try take(.number(Double(integer)))
        case .integer:
            guard let value = AvroLogical.value(integer, logical) else {
                throw Problem(what: "a time lies outside of the years 0000 to 9999")
            }
            try take(value)
        }
    }

    func float(_ number: Double) throws(Problem) { try take(number.isFinite ? .number(number) : .null) }

    private func text(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> String {
        try spend(bytes.count)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Problem(what: "a text is not UTF-8") }
        return text
    }

    func text(_ bytes: UnsafeRawBufferPointer, at place: Int) throws(Problem) {
        let text = try text(bytes)
        guard case .text(.json) = action(place) else { return try take(.string(text)) }
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(parsing: text) } catch {
            throw Problem(what: "a text should be JSON and is none (\(error.description))")
        }
        try take(json)
    }

    func binary(_ bytes: UnsafeRawBufferPointer, at place: Int) throws(Problem) {
        let logical: AvroSchema.Logical? =
            switch action(place) {
            case .bytes(let logical), .fixed(_, let logical): logical
            default: nil
            }
        // Decimals are short: making texts of them takes the square of their length.
        if case .decimal = logical, bytes.count > AvroLogical.longestDecimal {
            throw Problem(what: "a decimal has more than \(AvroLogical.longestDecimal) bytes")
        }
        let value = AvroLogical.value(bytes, logical)
        try spend(value.asString?.utf8.count ?? 0)
        try take(value)
    }

    func symbol(_ number: Int, at place: Int) throws(Problem) {
        guard case .symbol(let symbols) = action(place) else { throw shapeless }
        guard symbols.indices.contains(number) else { throw Problem(what: "an enum has no symbol \(number)") }
        guard let symbol = symbols[number] else { throw Problem(what: "a symbol of an enum is unknown to the newest version") }
        try spend(symbol.utf8.count)
        try take(.string(symbol))
    }

    // MARK: - values with others in them

    func branch(_ number: Int, at place: Int) throws(Problem) -> Int {
        guard case .branch(let branches) = action(place) else { throw shapeless }
        guard branches.indices.contains(number) else { throw Problem(what: "a union has no branch \(number)") }
        // A union lies in no union, so this is no level of its own.
        return try begin(branches[number])
    }

    /// A block of an array or a map; one of nothing is its end.
    ///
    /// - Parameter count: The lower 32 bits of the block's count, which is below 0 where the block's size follows.
    func beginBlock(of count: Int, isFirst: Bool, at place: Int) throws(Problem) {
        if isFirst { frames.append(Frame(place: place)) }
        guard let last = frames.indices.last, frames[last].place == place else { throw shapeless }
        let items = abs(Int(Int32(truncatingIfNeeded: count)))
        // Items that have no bytes cost something all the same, so this ends.
        guard items <= budget else {
            throw Problem(what: "a block says that it has \(items) items: the record becomes longer than records may be")
        }
        guard items == 0 else { return }
        let frame = frames.removeLast()
        if case .map = action(place) {
            try take(.object(JSONObject(zip(frame.names, frame.values).map { JSONObject.Member($0, $1) })))
        } else {
            try take(.array(frame.values))
        }
    }

    func beginElement(at place: Int) throws(Problem) -> Int {
        guard case .array(let items) = action(place), frames.last?.place == place else { throw shapeless }
        return try begin(items)
    }

    /// - Parameter key: It ends at its first zero: libavro tells no length.
    func beginValue(of key: UnsafePointer<CChar>?, at place: Int) throws(Problem) -> Int {
        guard case .map(let values) = action(place), let last = frames.indices.last, frames[last].place == place, let key else {
            throw shapeless
        }
        frames[last].names.append(try text(UnsafeRawBufferPointer(start: key, count: strlen(key))))
        return try begin(values)
    }

    func beginRecord(at place: Int) throws(Problem) {
        guard case .record(let record) = action(place) else { throw shapeless }
        if record.steps.isEmpty { return try take(try object(record, [])) }
        frames.append(Frame(place: place, values: Array(repeating: .null, count: record.kept)))
    }

    func beginField(_ number: Int, at place: Int) throws(Problem) -> Int {
        guard case .record(let record) = action(place), let frame = frames.last, frame.place == place, frame.step == number,
            record.steps.indices.contains(number)
        else { throw shapeless }
        return try begin(record.steps[number].action)
    }

    /// The object that a record becomes.
    private func object(_ record: AvroResolution.Record, _ kept: [JSONValue]) throws(Problem) -> JSONValue {
        func found(_ origin: AvroResolution.Origin) -> (JSONValue, Int) {
            switch origin {
            case .read(let place): (kept[place], 0)
            case .usual(let value, let count): (value, count)
            }
        }
        var object = JSONObject()
        for member in record.members {
            let (value, count) = found(member.origin)
            try spend(count + member.name.utf8.count + 4)
            // Beside other members, null says that there is none: a null that was meant is among the others.
            if record.others == nil || value != .null { object.members.append(.init(member.name, value)) }
        }
        if let others = record.others.map({ found($0).0 }), others != .null {
            guard let others = others.asObject else { throw Problem(what: "the other members are no object") }
            if others.members.isEmpty { return .object(object) }
            var places: [[UInt8]: Int] = [:]
            for (place, member) in object.members.enumerated() { places[Array(member.name.utf8)] = place }
            for member in others.members {
                if let place = places[Array(member.name.utf8)] {
                    object.members[place].value = member.value
                } else {
                    object.members.append(member)
                }
            }
        }
        return .object(object)
    }
}
