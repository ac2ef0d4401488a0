import Rules
import Statistics

/// Something about a workspace's segments that makes them hard to use, though each of them is sound.
public struct LintFinding: Sendable, Equatable {
    /// What was looked at.
    public enum Check: String, Sendable, CaseIterable {
        /// Active segments of one channel.
        case channel
        /// Members that two segments share.
        case overlap
        /// Members that a segment has at all.
        case size
    }
    /// How bad it is.
    public enum Severity: String, Sendable, CaseIterable {
        /// `apply` refuses.
        case refused
        case warning
        /// A file says why it may be so.
        case allowed
    }
    /// Which of the checks found it.
    public var check: Check
    /// What follows from it.
    public var severity: Severity
    /// The segments at fault, by name.
    public var segments: [String]
    /// What is the matter and what to do.
    public var message: String
    /// The reasons that files give for letting it pass, each with its segment; empty where there are none.
    public var reasons: [String] = []
}

/// Looks for too many segments on a channel, for segments that are nearly the same, and for segments too small to learn from.
///
/// Only active segments of files count. The bounds are those of practice: ten to fifteen segments a channel, members shared by Jaccard's
/// index (P. Jaccard, 1901), and the people that a test of two proportions needs in both its groups.
struct Lint {
    /// Segments of a channel above which it is a warning, and above which `apply` refuses.
    static let manySegments = 10, tooManySegments = 15
    /// The Jaccard index above which two segments are nearly one.
    static let sameness = 0.8
    /// Members below which a segment without a declared test is small.
    static let floor = 100

    private(set) var findings: [LintFinding] = []
    private let segments: [SegmentFile]
    private let members: [Text: Membership]

    /// - Parameter members: Who is in each segment, by its name.
    init(_ files: [SegmentFile], members: [Text: Membership]) {
        segments = files.filter { $0.text.head.isActive }
        self.members = members
        lookAtChannels()
        lookAtOverlaps()
        lookAtSizes()
        let order = LintFinding.Severity.allCases
        findings = order.flatMap { severity in findings.filter { $0.severity == severity } }
    }

    private mutating func lookAtChannels() {
        var channels: [Text: [SegmentFile]] = [:]
        for segment in segments {
            for channel in Set(segment.text.head.channels.map { Text($0) }) { channels[channel, default: []].append(segment) }
        }
        for (channel, all) in channels.sorted(by: { $0.key < $1.key }) where all.count > Self.manySegments {
            let excused = all.compactMap { segment in
                segment.text.head.reason(for: .tooManySegments).map { "\(segment.name): \($0)" }
            }
            let counted = all.count - excused.count
            let severity: LintFinding.Severity =
                counted > Self.tooManySegments ? .refused : counted > Self.manySegments ? .warning : .allowed
            let bound = counted > Self.tooManySegments ? Self.tooManySegments : Self.manySegments
            let without = excused.isEmpty ? "" : ", \(excused.count) of them allowed"
            findings.append(
                LintFinding(
                    check: .channel, severity: severity, segments: all.map(\.name),
                    message:
                        "The channel \(channel) has \(all.count) active segments\(without), more than \(bound). Join some, or set some to "
                        + "`# active: no`; what must stay says `# allow: too many segments because ...`.", reasons: excused))
        }
    }

    private mutating func lookAtOverlaps() {
        let known = segments.compactMap { segment in members[Text(segment.name)].map { (segment: segment, set: $0, size: $0.count) } }
        for (index, a) in known.enumerated() where a.size > 0 {
            for b in known.dropFirst(index + 1) where b.size > 0 {
                // The smaller over the larger bounds the index from above and costs nothing.
                guard Double(min(a.size, b.size)) > Self.sameness * Double(max(a.size, b.size)) else { continue }
                let both = a.set.intersectionCount(b.set)
                let jaccard = Double(both) / Double(a.size + b.size - both)
                guard jaccard > Self.sameness else { continue }
                let reasons = [(a.segment, b.segment), (b.segment, a.segment)].compactMap { segment, other in
                    segment.text.head.reason(for: .overlap(with: other.name)).map { "\(segment.name): \($0)" }
                }
                findings.append(
                    LintFinding(
                        check: .overlap, severity: reasons.isEmpty ? .warning : .allowed, segments: [a.segment.name, b.segment.name],
                        message: "\(a.segment.name) and \(b.segment.name) are nearly the same: \(Figures.grouped(both)) of "
                            + "\(Figures.grouped(a.size + b.size - both)) people are in both (Jaccard \(Figures.fixed(jaccard, digits: 2))). "
                            + "Keep one, or say `# allow: overlap with \(b.segment.name) because ...`.", reasons: reasons))
            }
        }
    }

    private mutating func lookAtSizes() {
        var small: [(segment: SegmentFile, size: Int)] = []
        for segment in segments {
            guard let size = members[Text(segment.name)]?.count else { continue }
            guard let test = segment.text.head.test else {
                if size < Self.floor { small.append((segment, size)) }
                continue
            }
            let needed = 2 * test.peoplePerGroup()
            guard size < needed else { continue }
            let reason = segment.text.head.reason(for: .small)
            findings.append(
                LintFinding(
                    check: .size, severity: reason == nil ? .warning : .allowed, segments: [segment.name],
                    message:
                        "\(segment.name) has \(Figures.count(size, "member")); its test needs \(Figures.grouped(needed)) in two groups to "
                        + "tell \(Figures.percent(test.changedRate)) from \(Figures.percent(test.rate)) (alpha 0.05, power 0.8). Widen it, or "
                        + "look for a larger effect.", reasons: reason.map { ["\(segment.name): \($0)"] } ?? []))
        }
        tellSmall(small.filter { $0.segment.text.head.reason(for: .small) == nil }, .warning)
        tellSmall(small.filter { $0.segment.text.head.reason(for: .small) != nil }, .allowed)
    }

    /// One finding for all that are under the floor: in a young store most are.
    private mutating func tellSmall(_ small: [(segment: SegmentFile, size: Int)], _ severity: LintFinding.Severity) {
        if small.isEmpty { return }
        let sizes = small.map { "\($0.segment.name) \($0.size)" }.joined(separator: ", ")
        let words = small.count == 1 ? "1 segment has" : "\(small.count) segments have"
        findings.append(
            LintFinding(
                check: .size, severity: severity, segments: small.map(\.segment.name),
                message: "\(words) fewer than \(Self.floor) members, too few to learn from: \(sizes). Widen them, or say "
                    + "`# allow: small because ...`.",
                reasons: small.compactMap { entry in entry.segment.text.head.reason(for: .small).map { "\(entry.segment.name): \($0)" } }))
    }
}
