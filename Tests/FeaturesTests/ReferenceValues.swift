import EventModel
import Features
import Rules
import Storage

/// Values by the reference evaluator over timelines held in memory; profile number = place in the array.
struct ReferenceValues: ProfileValues {
    var now: Instant
    var timelines: [Timeline]

    func columns(of values: [Tree<Operand>]) throws -> [ValueColumn] {
        values.map { tree in
            let reference = Reference(tree, now: now, population: timelines)
            let kind = tree.root.kind
            var tags: ContiguousArray<UInt8> = []
            var numbers: ContiguousArray<Double> = []
            var times: ContiguousArray<Int64> = []
            for timeline in timelines {
                let value = reference.value(timeline)
                tags.append(ValueTag.absent)
                numbers.append(0)
                times.append(0)
                let last = tags.count - 1
                switch value {
                case .number(let x): (tags[last], numbers[last]) = (ValueTag.number, x)
                case .instant(let x), .duration(let x): (tags[last], times[last]) = (ValueTag.number, x)
                case .truth(let x): tags[last] = x ? ValueTag.yes : ValueTag.no
                case .text: tags[last] = ValueTag.text
                case .missing: break
                }
            }
            return ValueColumn(kind: kind, tags: tags, numbers: numbers, times: times)
        }
    }
}

/// Days after 2026-01-01, as an instant.
func at(day: Double) -> Instant { Instant(milliseconds: 1_767_225_600_000 + Int64(day * 86_400_000)) }

/// A timeline of track events: day, name, properties.
func timeline(_ events: (day: Double, name: String, properties: [JSONObject.Member])...) -> Timeline {
    Timeline(
        events.enumerated().map { place, event in
            Message(
                kind: .track, messageID: "m\(place)", timestamp: at(day: event.day),
                json: JSONObject([
                    .init("type", .string("track")), .init("event", .string(event.name)),
                    .init("properties", .object(JSONObject(event.properties))),
                ]))
        })
}
