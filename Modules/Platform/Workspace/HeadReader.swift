import Connectors
import EventModel
import Rules
import Statistics

/// Reads the comments at the top of a definition, line by line.
struct HeadReader {
    let file: String
    private(set) var head = SegmentHead()
    private(set) var comments: [String] = []
    private(set) var problems: [RuleError] = []

    /// A value with its place: of its first line, from where the value begins.
    private struct Value {
        var setting: SegmentHead.Setting
        var text: String
        var line: Int
        var column: Int
        var lineText: String
    }
    private var pending: Value?
    private var seen: Set<SegmentHead.Setting> = []

    init(file: String) { self.file = file }

    /// Takes the next line: blank, or a comment.
    mutating func read(_ line: String, number: Int) {
        let scalars = Array(line.unicodeScalars)
        guard let hash = scalars.firstIndex(of: "#") else { return finish() }
        let after = scalars[(hash + 1)...]
        let content = String(String.UnicodeScalarView(after)).trimmingSpaces
        if after.starts(with: "   ".unicodeScalars), !content.isEmpty, pending != nil {
            pending?.text += " " + content
            return
        }
        finish()
        if after.first == "#" || content.isEmpty {
            let free = String(content.drop { $0 == "#" }).trimmingSpaces
            if !free.isEmpty { comments.append(free) }
            return
        }
        let start = after.firstIndex { !$0.properties.isWhitespace } ?? after.endIndex
        let word = scalars[start...].prefix { ("a"..."z").contains($0) || ("A"..."Z").contains($0) || $0 == "-" || $0 == "_" }
        guard !word.isEmpty, word.endIndex < scalars.endIndex, scalars[word.endIndex] == ":",
            word.endIndex + 1 == scalars.endIndex || scalars[word.endIndex + 1].properties.isWhitespace
        else {
            comments.append(content)
            return
        }
        let name = String(String.UnicodeScalarView(word))
        guard let setting = SegmentHead.Setting(rawValue: name) else {
            let near = nearMatch(to: name, among: SegmentHead.Setting.allCases.map(\.rawValue)).map { "did you mean \($0)?" }
            let known = SegmentHead.Setting.allCases.map(\.rawValue).joined(separator: ", ")
            refuse(
                .name, "there is no setting \"\(name)\"", line: number, column: start + 1, length: word.count, text: line,
                hint: near ?? "choose one of \(known), or begin the line with ## to make it a comment")
            return
        }
        let valueStart = scalars[(word.endIndex + 1)...].firstIndex { !$0.properties.isWhitespace } ?? scalars.endIndex
        pending = Value(
            setting: setting, text: String(String.UnicodeScalarView(scalars[valueStart...])).trimmingSpaces, line: number,
            column: valueStart + 1, lineText: line)
    }

    /// Takes in the setting that was being read.
    mutating func finish() {
        guard let value = pending else { return }
        pending = nil
        guard !value.text.isEmpty else { return refuse(value, "\(value.setting) says nothing", hint: nil) }
        if !seen.insert(value.setting).inserted, value.setting != .allow {
            return refuse(value, "\(value.setting) stands here twice", hint: "keep one")
        }
        switch value.setting {
        case .title: head.title = value.text
        case .note: head.note = value.text
        case .needs: head.needs = value.text
        case .adapt: head.adapt = value.text
        case .channel:
            head.channels = value.text.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmingSpaces }
            if head.channels.contains("") { refuse(value, "a channel's name is missing", hint: "such as email, push") }
        case .active:
            switch value.text {
            case "yes": head.isActive = true
            case "no": head.isActive = false
            default: refuse(value, "active is yes or no, not \"\(value.text)\"", hint: nil)
            }
        case .taxonomy:
            head.taxonomy = value.text
            if value.text.contains(":") { refuse(value, "a taxonomy's name has no colon", hint: nil) }
        case .order:
            head.order = Int(value.text)
            if head.order == nil { refuse(value, "\"\(value.text)\" is not a whole number", hint: nil) }
        case .allow: readAllowance(value)
        case .test: readTest(value)
        }
    }

    private mutating func readAllowance(_ value: Value) {
        let form = "write overlap with NAME because REASON, too many segments because REASON, or small because REASON"
        let parts = value.text.components(around: " because ")
        guard parts.count == 2, !parts[1].isEmpty else {
            return refuse(value, "an override carries its reason", hint: form)
        }
        let subject: SegmentHead.Allowance.Subject
        switch parts[0] {
        case "too many segments": subject = .tooManySegments
        case "small": subject = .small
        case let words where words.hasPrefix("overlap with "):
            subject = .overlap(with: String(words.dropFirst("overlap with ".count)).trimmingSpaces)
        default: return refuse(value, "\"\(parts[0])\" cannot be allowed", hint: form)
        }
        head.allowances.append(.init(subject: subject, reason: parts[1]))
    }

    private mutating func readTest(_ value: Value) {
        var shares: [String: Double] = [:]
        for part in value.text.split(separator: ",") {
            let words = part.split(separator: " ")
            guard words.count == 2, words[1].hasSuffix("%"), let number = Double(words[1].dropLast()), number > 0 else { break }
            shares[String(words[0])] = number / 100
        }
        guard shares.count == 2, let rate = shares["rate"], let effect = shares["mde"],
            let test = ProportionTest(rate: rate, relativeEffect: effect)
        else {
            return refuse(
                value, "\"\(value.text)\" is no test", hint: "write rate 5%, mde 20%: the rate today and the least relative change to find")
        }
        head.test = test
    }

    private mutating func refuse(_ value: Value, _ message: String, hint: String?) {
        let length = max(1, value.lineText.unicodeScalars.count - value.column + 1)
        refuse(.syntax, message, line: value.line, column: value.column, length: length, text: value.lineText, hint: hint)
    }

    private mutating func refuse(
        _ code: RuleError.Code, _ message: String, line: Int, column: Int, length: Int, text: String, hint: String?
    ) {
        let place = Place(source: file, line: line, column: column, length: length, lineText: text)
        problems.append(RuleError(code, message, at: place, hint: hint))
    }
}

extension String {
    /// What stands before and after the first `separator`; the text alone where there is none. Trimmed.
    fileprivate func components(around separator: String) -> [String] {
        guard let found = firstRange(of: separator) else { return [trimmingSpaces] }
        return [String(self[..<found.lowerBound]).trimmingSpaces, String(self[found.upperBound...]).trimmingSpaces]
    }
}
