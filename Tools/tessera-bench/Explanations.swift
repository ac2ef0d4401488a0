import ArgumentParser
import BuiltIn
import EventModel
import Foundation
import Platform

/// `explain`
struct Explanations: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Time how long it takes to explain a segment's answer for one person.",
        discussion: """
            The file has a line `NAME = EXPRESSION` for each segment, as for `segments`. Each is explained for the same people, taken evenly from \
            all ids, after one explanation to warm up; the middle and the longest time are told.
            """)

    @OptionGroup var store: StoreOptions
    @Option(help: "People for whom each segment is explained.")
    var people = 10
    @Argument(help: "The file of segments.")
    var file: String

    func validate() throws { if people < 1 { throw ValidationError("--people is 1 or more.") } }

    func run() throws {
        let session = store.session
        let ids = try session.answer(.members(expression: "true", limit: nil)).json["members"]?.asArray?.compactMap(\.asString) ?? []
        guard !ids.isEmpty else { throw ValidationError("\(store.db) holds nobody.") }
        let chosen = (0..<people).map { ids[$0 * ids.count / people] }
        var timing = Timing()
        var agree = true
        for segment in try Suite(file: file).segments {
            let members = try session.answer(.members(expression: segment.expression, limit: nil)).json["members"]?.asArray ?? []
            let isMember = Set(members.compactMap(\.asString))
            _ = try session.answer(.explain(expression: segment.expression, ProfileReference(id: chosen[0])))
            for id in chosen {
                let answer = try timing.measure { try session.answer(.explain(expression: segment.expression, ProfileReference(id: id))) }
                if answer.json["member"] != .bool(isMember.contains(id)) { agree = false }
            }
        }
        show([
            .init("seconds", .number(timing.median)), .init("longest", .number(timing.seconds.max() ?? 0)),
            .init("explanations", .integer(Int64(timing.seconds.count))), .init("agree", .bool(agree)),
            .init("peak", .integer(peakMemory())),
        ])
    }
}
