import Clustering
import EventModel
import Foundation
import Rules
import Statistics
import Storage

extension Session {
    /// Writes the page: what is stored, the segments and how they overlap, recency, frequency and money, micro-segments.
    func report(_ request: ReportRequest, _ question: Question) throws(CommandError) -> Acknowledgement {
        try request.cluster?.checkFeatures()
        if let name = request.cluster?.saveAs {
            throw CommandError(
                .usage, "A report saves nothing, so `save as \(name)` has no place in it. Save with `cluster ... save as \(name)`.")
        }
        let page = try ReportPage(question: question, request: request, path: tessera.path).page()
        try question.interruption.check()
        try writeFile(page.html, to: request.file)
        return Acknowledgement("Wrote \(request.file).", details: JSONObject(["file": .string(request.file)]))
    }
}

/// Puts the page together, section by section; what the data do not allow is left out.
struct ReportPage {
    let question: Question
    let request: ReportRequest
    /// The store's file, for the commands at the end.
    let path: String

    /// Rows of a table on the page.
    static let shownRows = 40

    func page() throws(CommandError) -> Page {
        let segments = try question.segments()
        let models = question.definitions(.model).map(\.name)
        let own = SegmentsResult(
            segments: segments.segments.filter { entry in !models.contains { Self.isCluster(entry.name, of: $0) } },
            population: segments.population)
        let imported = try request.importResult.map { file throws(CommandError) in try ImportedCounts(file: file) }
        let rfm = try rfm()
        var sections: [Page.Section] = []
        if let imported { sections.append(imported.section) }
        sections += try segmentSections(own)
        if let rfm, !rfm.rows.isEmpty { sections.append(rfmSection(rfm)) }
        sections += try clusterSections()
        sections.append(nextSection(own))
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        return Page(
            title: request.title ?? "Micro-segments of \(name)",
            subtitle: "\(Figures.count(segments.population, "profile")), everything as of \(question.now.text).",
            facts: try facts(imported, rfm), sections: sections,
            footer: "Made by Tessera from \(path). Sizes and scores are exact; pictures of many points show an even sample.")
    }

    private func facts(_ imported: ImportedCounts?, _ rfm: RFMResult?) throws(CommandError) -> [Page.Fact] {
        let events = try question.events().events.reduce(0) { $0 + $1.count }
        var facts = [Page.Fact(Figures.grouped(question.snapshot.profileCount), "profiles"), Page.Fact(Figures.grouped(events), "events")]
        if let rfm, !rfm.rows.isEmpty {
            let orders = rfm.rows.reduce(0) { $0 + $1.frequency }
            facts += [
                Page.Fact(Figures.grouped(rfm.rows.count), "buyers"), Page.Fact(Figures.grouped(orders), "orders"),
                Page.Fact(Figures.short(rfm.rows.reduce(0) { $0 + $1.monetary }), "net revenue"),
            ]
        }
        if let imported { facts += imported.facts }
        return facts
    }

    private func segmentSections(_ segments: SegmentsResult) throws(CommandError) -> [Page.Section] {
        guard !segments.segments.isEmpty else { return [] }
        let columns: [ResultTable.Column] = [
            .init("segment"), .init("members", numeric: true), .init("share", numeric: true), .init("expression"),
        ]
        let rows: [[ResultTable.Cell]] = segments.segments.map { entry in
            let share = entry.members.map { segments.population > 0 ? Double($0) / Double(segments.population) : 0 }
            let name = entry.title.map { "\(entry.name): \($0)" } ?? entry.name
            return [
                .text(name), entry.members.map { .count($0) } ?? .missing, share.map { .share($0) } ?? .missing,
                .prose(entry.problem ?? entry.expression),
            ]
        }
        var sections = [
            Page.Section(
                "Segments", lead: "Each is one expression, answered for every profile at the same instant.",
                blocks: [
                    .picture(segments.chart, caption: "Members, and their share of all profiles."),
                    .table(ResultTable(columns, rows: rows), caption: "The segments as they are saved.", shown: Self.shownRows),
                ])
        ]
        let largest = segments.segments.filter { $0.members ?? 0 > 0 }.sorted { $0.members ?? 0 > $1.members ?? 0 }.prefix(12)
        guard largest.count > 1 else { return sections }
        let overlap = try question.overlap(largest.map(\.name))
        var pairs = overlap.table
        let order = overlap.pairs.indices.sorted { overlap.pairs[$0].jaccard ?? 0 > overlap.pairs[$1].jaccard ?? 0 }
        pairs.rows = order.filter { overlap.pairs[$0].both > 0 }.map { pairs.rows[$0] }
        sections.append(
            Page.Section(
                "Overlap",
                lead:
                    "How much two segments are one: members of both, divided by members of either. 1 is the same people, 0 nobody shared.",
                blocks: [
                    .picture(overlap.chart, caption: "The \(overlap.names.count) largest segments."),
                    .table(pairs, caption: "Pairs that share members, the most alike first.", shown: 12),
                ]))
        return sections
    }

    private func rfmSection(_ rfm: RFMResult) -> Page.Section {
        Page.Section(
            "Recency, frequency, money",
            lead: "Every buyer's days since the last order, number of orders and net money, each scored from 1 to \(rfm.scores) by its "
                + "quantiles; \(rfm.scores) is best. The name follows from the three scores.",
            blocks: [
                .picture(rfm.chart, caption: "Buyers in each cell. The best stand at the top right, the lost at the bottom left."),
                .table(rfm.groupTable, caption: "Buyers by name, the most money first.", shown: Self.shownRows),
            ])
    }

    private func clusterSections() throws(CommandError) -> [Page.Section] {
        guard let request = try clusterRequest() else { return [] }
        let rows: FeatureRows
        do {
            rows = try question.featureRows(request)
        } catch {
            if error.code != .interrupted, self.request.cluster == nil { return [] }
            throw error
        }
        guard self.request.cluster != nil || rows.table.matrix.rows >= ReportPage.fewestRows else { return [] }
        let choice = try question.choose(request, rows, from: 1...Question.triedCounts.upperBound)
        var chosen = request
        if case .auto = request.count { chosen.count = .fixed(max(2, choice.chosen)) }
        let result = try question.describe(try question.fit(chosen, rows), rows, listsMembers: false)
        let cards = result.clusters.map {
            Page.Card(
                "\($0.number)  \($0.name)", figure: "\(Figures.count($0.size, "profile")), \(Figures.percent($0.share))",
                series: $0.number - 1,
                lines: $0.lines)
        }
        var caption = "One dot a profile, one colour a cluster, numbers at the centres."
        if result.scatter.hiddenCount > 0 {
            caption += " \(Figures.grouped(result.scatter.hiddenCount)) far-out dots lie outside the picture."
        }
        let (profiles, leftOut) = (result.profiles, result.leftOut)
        let elbow = CurveResult(choice, measure: .inertia, profiles: profiles, leftOut: leftOut)
        var silhouette = CurveResult(choice, measure: .silhouette, profiles: profiles, leftOut: leftOut)
        silhouette.points.removeAll { $0.silhouette == nil }
        return [
            Page.Section(
                "Micro-segments",
                lead: "k-means on \(result.features.joined(separator: "; ")): people who are alike in all of them. "
                    + result.notes.joined(separator: " "),
                blocks: [
                    .picture(result.scatter, caption: caption), .cards(cards),
                    .table(result.table, caption: "Means, in their own units.", shown: 40),
                ]),
            Page.Section(
                "How many micro-segments?",
                lead:
                    "More clusters always fit closer; the bend of the inertia and the height of the silhouette say where it stops paying.",
                blocks: [
                    .row([
                        .picture(elbow.chart, caption: "Sum of squared distances to the nearest centre; the bend is marked."),
                        .picture(
                            silhouette.chart, caption: "How much nearer people are to their own cluster than to the next; higher is better."
                        ),
                    ])
                ]),
        ]
    }

    private func nextSection(_ segments: SegmentsResult) -> Page.Section {
        let store = shellWord(path)
        let shell = "tessera-shell --db \(store) --now \(question.now.text)"
        let example = segments.segments.first { $0.members ?? 0 > 0 }.map { "members segment \(JSONValue.string($0.name).text) limit 20" }
        return Page.Section(
            "Go on", lead: "The figures come from these commands; the shell answers more.",
            blocks: [
                .commands([
                    shell, "\(shell) -c \(shellWord(example ?? "members true limit 20"))", "\(shell) -c 'rfm' --format csv > rfm.csv",
                    "tessera-archive export --db \(store) --out everything.gz",
                ])
            ])
    }
}

// MARK: What to show

extension ReportPage {
    /// Fewer rows than this make no micro-segments worth a picture, unless they were asked for.
    static let fewestRows = 10

    /// What was asked for; without it, the usual event of an order where it is stored.
    private func rfm() throws(CommandError) -> RFMResult? {
        if let asked = request.rfm { return try question.rfm(asked) }
        let names = try question.events().events.map(\.name)
        var usual = RFMRequest()
        guard names.contains(where: { $0.sameScalars(as: usual.event) }) else { return nil }
        if names.contains(where: { $0.sameScalars(as: "Order Refunded") }) { usual.refunds = "Order Refunded" }
        return try question.rfm(usual)
    }

    /// What was asked for; without it, what buyers do where there are orders, else how much and how lately people do anything.
    private func clusterRequest() throws(CommandError) -> ClusterRequest? {
        if let asked = request.cluster { return asked }
        var usual = ClusterRequest()
        let names = try question.events().events.map(\.name)
        if names.isEmpty { return nil }
        if names.contains(where: { $0.sameScalars(as: RFMRequest().event) }) {
            usual.features = ["days_since_order", "orders", "revenue"]
            usual.filter = #"did "Order Completed""#
        } else {
            usual.features = ["days_since_seen", "count(any)", "count(any within 30d)"]
        }
        return usual
    }

    /// Whether a segment is a cluster that was saved with a model: its name, a dash, a number.
    private static func isCluster(_ segment: String, of model: String) -> Bool {
        guard segment.hasPrefix(model + "-") else { return false }
        return Int(segment.dropFirst(model.count + 1)) != nil
    }
}
