import ArgumentParser
import BuiltIn
import EventModel
import Foundation
import Platform

/// `segments`
struct Segments: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segments",
        abstract: "Time how long it takes to count segments.",
        discussion: """
            The file has a line `NAME = EXPRESSION` for each segment. Each is counted once to warm up, then several times; every count opens \
            a snapshot, reads and checks the expression and evaluates it: no answer is kept. Then the members are listed, and the digits of \
            those user ids that start with 'u' are summed up, to be compared. What the language cannot say yet is told as "refused".
            """)

    @OptionGroup var store: StoreOptions
    @Option(help: "Runs of each segment, of which the middle one counts.")
    var runs = 5
    @Flag(help: "Leave the list of members out.")
    var countOnly = false
    @Argument(help: "The file of segments.")
    var file: String

    func validate() throws { if runs < 1 { throw ValidationError("--runs is 1 or more.") } }

    func run() throws {
        let session = store.session
        var answers: [Answer] = []
        for segment in try Suite(file: file).segments { answers.append(try time(segment.name, segment.expression, session)) }
        let peak = peakMemory()
        if !countOnly {
            for index in answers.indices where answers[index].refusal == nil { try answers[index].addMembers(session) }
        }
        show([.init("segments", .array(answers.map { .object($0.json) })), .init("peak", .integer(peak))])
    }

    private func time(_ name: String, _ expression: String, _ session: Session) throws -> Answer {
        var answer = Answer(name: name, expression: expression)
        do throws(CommandError) {
            answer.count = try count(expression, session)
        } catch {
            guard [.syntax, .kind, .limit].contains(error.code) else { throw error }
            answer.refusal = error.message
            return answer
        }
        for _ in 0..<runs {
            let again = try answer.timing.measure { try count(expression, session) }
            guard again == answer.count else {
                throw ValidationError("\(name) was \(answer.count), then \(again): an answer must not change.")
            }
        }
        return answer
    }

    private func count(_ expression: String, _ session: Session) throws(CommandError) -> Int64 {
        guard case .integer(let count)? = try session.answer(.count(expression: expression)).json["count"] else { return -1 }
        return count
    }
}

/// What one segment took and held.
private struct Answer {
    var name: String
    var expression: String
    var timing = Timing()
    var count: Int64 = 0
    /// The digits of the members' user ids, summed up.
    var sum: Int64?
    /// Why it could not be asked.
    var refusal: String?

    init(name: String, expression: String) { (self.name, self.expression) = (name, expression) }

    mutating func addMembers(_ session: Session) throws {
        let members = try session.answer(.members(expression: expression, limit: nil)).json["members"]?.asArray ?? []
        var total: Int64 = 0
        for member in members {
            guard let id = member.asString, id.utf8.first == UInt8(ascii: "u") else { continue }
            total += digits(of: id)
        }
        sum = total
        guard Int64(members.count) == count else {
            throw ValidationError("\(name) has \(count) members by count and \(members.count) by list.")
        }
    }

    private func digits(of id: String) -> Int64 {
        var number: Int64 = 0
        for byte in id.utf8 where byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
            number = number * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return number
    }

    var json: JSONObject {
        guard refusal == nil else { return JSONObject([.init("name", .string(name)), .init("refused", .string(refusal!))]) }
        var members: [JSONObject.Member] = [
            .init("name", .string(name)), .init("seconds", .number(timing.median)), .init("count", .integer(count)),
        ]
        if let sum { members.append(.init("sum", .integer(sum))) }
        return JSONObject(members)
    }
}
