import Connectors
import EventModel
import SwiftProtobuf

extension Tessera_V1_Value {
    /// Lists and objects below this level are JSON: readers bound how deep messages lie in each other, and an object takes three levels.
    fileprivate static let levels = 16

    init(_ value: JSONValue, level: Int) {
        self.init()
        switch value {
        case .null: null = true
        case .bool(let truth): boolean = truth
        case .integer(let number): integer = number
        case .unsigned(let number): unsigned = number
        case .number(let double): number = double
        case .string(let string): text = string
        case .array(let elements) where level < Self.levels: list.elements = elements.map { Tessera_V1_Value($0, level: level + 1) }
        case .object(let members) where level < Self.levels: object = Tessera_V1_Object(members, level: level + 1)
        case .array, .object: json = value.text
        }
        // An empty list is one all the same.
        if case .array(let elements) = value, level < Self.levels, elements.isEmpty { list = Tessera_V1_List() }
    }

    func value() throws(PayloadError) -> JSONValue {
        switch kind {
        case nil, .null: return .null
        case .boolean(let truth): return .bool(truth)
        case .integer(let number): return .integer(number)
        case .unsigned(let number): return Int64(exactly: number).map { .integer($0) } ?? .unsigned(number)
        case .number(let number): return number.isFinite ? .number(number) : .null
        case .text(let text): return .string(text)
        case .list(let list):
            var elements: [JSONValue] = []
            elements.reserveCapacity(list.elements.count)
            for element in list.elements { elements.append(try element.value()) }
            return .array(elements)
        case .object(let object): return .object(try object.json())
        case .json(let text):
            do throws(JSONError) { return try JSONValue(parsing: text) } catch {
                throw PayloadError("A text that should be JSON is none: \(error.description)")
            }
        }
    }
}

extension Tessera_V1_Object {
    /// - Parameter level: How many objects and lists it lies in, itself counted.
    init(_ object: JSONObject, level: Int) {
        self.init()
        members = object.members.map { member in
            var written = Tessera_V1_Member()
            written.name = member.name
            written.value = Tessera_V1_Value(member.value, level: level)
            return written
        }
    }

    func json() throws(PayloadError) -> JSONObject {
        var object = JSONObject()
        var places: [[UInt8]: Int] = [:]
        for member in members {
            let value = try member.value.value()
            if let place = places[Array(member.name.utf8)] {
                object.members[place].value = value
            } else {
                places[Array(member.name.utf8)] = object.members.count
                object.members.append(.init(member.name, value))
            }
        }
        return object
    }
}

extension Google_Protobuf_Timestamp {
    init(_ instant: Instant) {
        let rest = (instant.milliseconds % 1_000 + 1_000) % 1_000
        self.init(seconds: (instant.milliseconds - rest) / 1_000, nanos: Int32(rest) * 1_000_000)
    }
}

extension Instant {
    /// In whole milliseconds; nil outside of the years that times have.
    init?(_ time: Google_Protobuf_Timestamp) {
        guard time.seconds.magnitude < 1_000_000_000_000, (0..<1_000_000_000).contains(time.nanos) else { return nil }
        self.init(milliseconds: time.seconds * 1_000 + Int64(time.nanos) / 1_000_000)
        guard self >= MessageLimits.earliest, self <= MessageLimits.latest else { return nil }
    }
}
