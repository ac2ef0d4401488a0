import Connectors
import EventModel
import Records

/// What the body of a request becomes.
struct RequestMapping: Sendable {
    /// Where a text stands: in a header, or at a path of a record or the body around it.
    struct Place: Sendable {
        var header: String?
        var path: [String]?

        /// What stands there; nil: nothing that is one value.
        func text(_ request: ReceivedRequest, _ body: JSONObject, _ record: JSONObject) -> String? {
            if let header, let text = request.headers[header], !text.isEmpty { return text }
            guard let path else { return nil }
            for object in [record, body] {
                switch object.value(at: path) {
                case .string(let text) where !text.isEmpty: return text
                case .integer(let number): return "\(number)"
                default: continue
                }
            }
            return nil
        }
    }
    let mapping: RecordMapping
    /// Which stream a record is of.
    let stream: Place
    /// What tells a delivery from all others.
    let delivery: Place
    /// Where the records stand in the body; nil: it is one.
    let records: [String]?

    /// The stream of records of which nothing says it.
    static let usualStream = "webhook"
    /// Records of a request, at most.
    static let mostRecords = 10_000

    /// What a request brings: lines of messages, and what becomes none, each with the number of its record.
    struct Brought: Sendable {
        var text: ContiguousArray<UInt8> = []
        var lineNumbers: [Int] = []
        var rejects: [Reject] = []
        var records = 0
        var skipped = 0
        var newest: Instant?

        fileprivate mutating func reject(_ number: Int, _ reason: String, _ text: some Sequence<UInt8>) {
            let text = String(decoding: Array(text.prefix(Reject.longestText)), as: UTF8.self)
            rejects.append(Reject(line: number, reason: reason, text: text))
        }
    }

    /// Nothing of a body is lost: what can be no message is among the rejects.
    func read(_ request: ReceivedRequest) -> Brought {
        var brought = Brought()
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(parsing: request.body) } catch {
            brought.records = 1
            brought.reject(1, "the body is not JSON: \(error)", request.body)
            return brought
        }
        let body = json.asObject ?? JSONObject()
        let found = records.map { Self.elements(of: json, $0[...]) } ?? json.asArray ?? [json]
        if found.isEmpty, let records {
            brought.records = 1
            brought.reject(1, "the body has nothing at .\(records.joined(separator: ".")). Mend `records`.", request.body)
        }
        for (index, element) in found.enumerated() {
            brought.records += 1
            guard index < Self.mostRecords else {
                brought.reject(
                    index + 1, "the body has more than \(Self.mostRecords) records. Let the sender send fewer at once.", request.body)
                break
            }
            take(element, number: index + 1, request, body, &brought)
        }
        return brought
    }

    private func take(
        _ element: JSONValue, number: Int, _ request: ReceivedRequest, _ body: JSONObject, _ brought: inout Brought
    ) {
        guard let fields = element.asObject else {
            return brought.reject(number, "the record is no object.", element.text.utf8)
        }
        let stream = stream.text(request, body, fields) ?? Self.usualStream
        if mapping.skips(stream) {
            brought.skipped += 1
            return
        }
        let record: Record
        if let delivery = delivery.text(request, body, fields) {
            record = Record(stream: stream, fields: fields, identifier: "\(delivery) \(number)", timestamp: request.receivedAt)
        } else {
            record = Record(stream: stream, fields: fields, keys: [], timestamp: request.receivedAt)
        }
        do throws(RecordRefusal) {
            let messages = try mapping.messages(of: record)
            var bytes = ContiguousArray<UInt8>()
            for message in messages {
                message.append(to: &bytes)
                bytes.append(UInt8(ascii: "\n"))
            }
            guard brought.text.count + bytes.count <= SourceBatch.mostBytes else {
                return brought.reject(
                    number, "the messages of its request have more than \(SourceBatch.mostBytes) bytes. Map less of it.", element.text.utf8)
            }
            brought.text += bytes
            brought.lineNumbers += messages.map { _ in number }
            if messages.isEmpty { brought.skipped += 1 } else { brought.newest = request.receivedAt }
        } catch { brought.reject(number, error.reason, element.text.utf8) }
    }

    /// What stands at a path; lists on the way, and at its end, are gone through.
    private static func elements(of json: JSONValue, _ path: ArraySlice<String>) -> [JSONValue] {
        if let list = json.asArray { return list.flatMap { elements(of: $0, path) } }
        guard let name = path.first else { return [json] }
        guard let value = json.asObject?[name], value != .null else { return [] }
        return elements(of: value, path.dropFirst())
    }
}
