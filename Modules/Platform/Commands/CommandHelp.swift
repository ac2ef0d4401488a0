import Connectors
import EventModel

/// What `help` says of one command.
public struct CommandHelp: Sendable, Equatable {
    /// The word that the command begins with.
    public var name: String
    /// How it is written; brackets hold what may be left out.
    public var usage: String
    /// One sentence.
    public var summary: String
    /// A line that can be typed as it stands.
    public var example: String

    /// Every command, in the order of `help`.
    public static let all: [CommandHelp] = [
        .init(
            "count", "count EXPRESSION", "How many profiles an expression holds for.",
            #"count did "Product Added" within 48h and not did "Order Completed" since last("Product Added")"#),
        .init(
            "waterfall", "waterfall EXPRESSION", "How many profiles each clause of an expression leaves, one after the other.",
            #"waterfall trait.country in ("DE", "AT") and did "Order Completed" within 90d and not did any within 14d"#),
        .init("members", "members EXPRESSION [limit N]", "Their ids, ascending.", #"members count("Order Completed") >= 3 limit 20"#),
        .init(
            "explain", "explain EXPRESSION [for PROFILE]",
            "Why somebody is a member or is not: every clause, the events that decided it, until when, and the least that would change it. Without a profile, how it is answered: by which index, or by a scan.",
            #"explain did "Product Added" within 48h and not did "Order Completed" within 48h for user_id:u-0000042"#),
        .init(
            "diff", "diff NAME = EXPRESSION",
            "What saving a segment would change: its text, who enters and who leaves. Nothing is written.",
            #"diff cart-abandoners = did "Product Added" within 72h and not did "Order Completed" within 72h"#),
        .init(
            "record", "record [A, B, ...]", "Asks saved segments at the wall clock and records who entered and exited; without names, all.",
            "record cart-abandoners"),
        .init(
            "history", "history SEGMENT | history [SEGMENT] for PROFILE | history trait.NAME for PROFILE",
            "What was recorded of a segment or a person, or the values that a trait had.", "history cart-abandoners"),
        .init(
            "recorded", "recorded SEGMENT [at INSTANT] [limit N]", "Who was answered for a segment then, whatever arrived later.",
            "recorded cart-abandoners at 2026-06-30T00:00:00Z limit 20"),
        .init(
            "segment", "segment NAME [= EXPRESSION]", "Saves an expression under a name, or shows the one saved.",
            #"segment cart-abandoners = did "Product Added" within 48h and not did "Order Completed" within 48h"#),
        .init("segments", "segments", "Every segment with its size.", "segments"),
        .init(
            "drop", "drop segment NAME | drop feature NAME | drop offer KEY | drop source NAME", "Removes a definition.",
            "drop segment cart-abandoners"),
        .init(
            "overlap", "overlap [A, B, ...]", "How many profiles segments share; without names, all of them.",
            "overlap cart-abandoners, champions"),
        .init(
            "plan", "plan",
            "What the workspace would change in the store: definitions, who enters and leaves, what lint finds. Writes nothing.",
            "plan"),
        .init("apply", "apply", "Makes the store's definitions those of the workspace, all of them or none.", "apply"),
        .init("lint", "lint", "Too many segments on a channel, segments nearly the same, segments too small to test.", "lint"),
        .init(
            "taxonomy", "taxonomy [NAME]", "The sizes of an exclusive set of segments, which add up to everybody.", "taxonomy lifecycle"),
        .init(
            "index", "index add trait.NAME | index drop trait.NAME | index list",
            "Indexes of traits: what asks for one value of a trait then looks only at those who ever had it.", "index add trait.email"),
        .init(
            "profile", "profile PROFILE",
            "One person: identifiers, traits, segments. PROFILE is user_id:U, anonymous_id:A, email:E, phone:N or a user id.",
            "profile user_id:u-0000042"),
        .init(
            "timeline", "timeline PROFILE [limit N]", "A person's messages in their order; a limit keeps the latest.",
            "timeline u-0000042 limit 20"),
        .init(
            "merges", "merges [for PROFILE] [limit N] | merges refused [limit N]",
            "What changed who is who: merges, unmerges, with messages and reasons; or the links that join nobody, and why not.",
            "merges for user_id:u-0000042"),
        .init(
            "unmerge", "unmerge PROFILE [from PROFILE] [because \"REASON\"]",
            "Parts an identifier from another, or from everybody, until `rejoin`. PROFILE is user_id:U or anonymous_id:A.",
            #"unmerge anonymous_id:tablet-7 because "a tablet in a shop""#),
        .init(
            "rejoin", "rejoin N [because \"REASON\"]", "Takes an unmerge back, by its number.",
            #"rejoin 1 because "it was one person after all""#),
        .init("events", "events [NAME]", "Every event name with its count, or the properties of one.", "events \"Order Completed\""),
        .init("traits", "traits", "Every trait with how many profiles have it.", "traits"),
        .init("features", "features", "Every computed trait that is saved.", "features"),
        .init(
            "feature", "feature NAME = VALUE", "Saves a computed trait; segments read it as feature.NAME.",
            #"feature spent = sum("Order Completed", .revenue)"#),
        .init("offers", "offers", "Every offer that is saved, with its variants.", "offers"),
        .init(
            "offer", "offer KEY [for PROFILE]", "An offer's rules and variants, or which of them somebody is given, and why.",
            "offer welcome-banner for user_id:u-0000042"),
        .init(
            "audit", "audit data [EVENT] | audit sources",
            "What is stored, field by field: missing, distinct, bounds, outside the tracking plan, drift, last seen, used by. Or where it comes from, with lags.",
            #"audit data "Order Completed""#),
        .init(
            "rfm", "rfm [of EVENT] [by .PROPERTY] [orders .PROPERTY] [refunds EVENT] [into N] [where EXPRESSION]",
            "Recency, frequency and monetary value of each buyer with quantile scores.",
            #"rfm of "Order Completed" by .revenue orders .order_id into 5"#),
        .init(
            "cluster",
            "cluster kmeans on F1, F2, ... [where EXPRESSION] [k=auto|N] [scale=zscore|minmax] [impute=drop|median] [seed=N] [members=yes] [save as NAME]",
            "Groups profiles that are alike, and describes each group.",
            #"cluster kmeans on count("Order Completed"), sum("Order Completed", .revenue) where did "Order Completed" k=4 save as buyers"#),
        .init(
            "elbow", "elbow on F1, F2, ... [where EXPRESSION] [scale=...]", "Inertia by number of clusters.",
            #"elbow on count("Order Completed"), sum("Order Completed", .revenue)"#),
        .init(
            "silhouette", "silhouette on F1, F2, ... [where EXPRESSION] [scale=...]", "Silhouette by number of clusters; higher is better.",
            #"silhouette on count("Order Completed"), sum("Order Completed", .revenue)"#),
        .init(
            "pca", "pca on F1, F2, ... [where EXPRESSION] [scale=...]", "The principal components of features, and what they explain.",
            #"pca on count(any), count("Order Completed"), sum("Order Completed", .revenue)"#),
        .init(
            "plot", "plot segments|overlap|events|rfm|cluster|pca|elbow|silhouette ... [to FILE.svg]",
            "A picture in the terminal, or as an SVG file.", #"plot rfm to rfm.svg"#),
        .init(
            "report", "report to FILE.html [title \"TITLE\"] [import FILE.json] [rfm (...)] [cluster (...)]",
            "One page with segments, RFM and micro-segments; import adds what `tessera-archive import` printed as json.",
            #"report to report.html title "Spring review" cluster (kmeans on orders, revenue where did "Order Completed" k=4)"#),
        .init(
            "sql", "sql SELECT ...",
            "One SELECT of SQLite's; nothing can be changed by it. Tables: events(time, time_ms, type, event, profile, user_id, anonymous_id, message_id, properties, context, traits, message), profiles(profile, user_ids, anonymous_ids, traits), memberships(segment, profile), segments(name, expression).",
            "sql SELECT event, count(*) AS rows FROM events GROUP BY event ORDER BY rows DESC LIMIT 10"),
        .init("source", "source FILE", "Runs the commands of a file, one a line.", "source weekly.tessera-commands"),
        .init(
            "set", "set format FORMAT | set now INSTANT|last|clock | set cache on|off | set preview on|off",
            "Changes how answers look, when `now` is (`last`: the latest message stored), whether answers are kept, and whether counts show while typing.",
            "set now 2026-06-30T00:00:00Z"),
        .init(
            "help", "help [COMMAND|expressions]", "This list, one command with an example, or the language of expressions by example.",
            "help expressions"),
        .init("quit", "quit", "Leaves the shell.", "quit"),
    ]

    private init(_ name: String, _ usage: String, _ summary: String, _ example: String) {
        (self.name, self.usage, self.summary, self.example) = (name, usage, summary, example)
    }

    /// The help of the command `name`; nil where there is none.
    public init?(named name: String) {
        guard let help = Self.all.first(where: { $0.name == name }) else { return nil }
        self = help
    }
}

/// `help`, as a result like any other.
struct HelpResult: CommandResult {
    var entries: [CommandHelp]

    init(_ topic: String?) throws(CommandError) {
        guard let topic else {
            entries = CommandHelp.all
            return
        }
        guard let help = CommandHelp(named: topic) else {
            let near =
                nearMatch(to: topic, among: CommandHelp.all.map(\.name) + ExpressionHelp.names).map { " Did you mean `\($0)`?" } ?? ""
            throw CommandError(.usage, "There is no command `\(TerminalText.safe(topic, width: 60))`.\(near) `help` lists the commands.")
        }
        entries = [help]
    }

    var json: JSONObject {
        JSONObject([
            "commands": .array(
                entries.map {
                    .object(
                        JSONObject([
                            "name": .string($0.name), "usage": .string($0.usage), "summary": .string($0.summary),
                            "example": .string($0.example),
                        ]))
                })
        ])
    }

    var table: ResultTable {
        ResultTable([.init("command"), .init("summary")], rows: entries.map { [.text($0.name), .prose($0.summary)] })
    }

    func text(on canvas: Canvas) -> String {
        guard entries.count == 1, let help = entries.first else {
            return table.text(width: canvas.width)
                + "`help COMMAND` shows how it is used, `help expressions` what an EXPRESSION can say; both with examples.\n"
        }
        let more = help.usage.contains("EXPRESSION") ? "\n`help expressions` shows what an EXPRESSION can say.\n" : ""
        return "\(help.summary)\n\n  \(help.usage)\n\nExample:\n  \(help.example)\n" + more
    }
}
