public import Connectors
public import EventModel
import Foundation
import Records
import Secrets

/// Settings of `smtp`: a server that mails are handed over to, and what a record's mail is.
public struct SMTPSettings: DestinationSettings {
    var host: String
    var port: Int?
    var security: String?
    var certificates: String?
    var user: String?
    var password: Secret?
    var from: String
    var to: String
    var replyTo: String?
    var subject: String
    var text: String?
    var html: String?
    var fallbacks: [String: String]?
    var unsubscribe: String?
    var only: String?
    var causes: [String]?
    var timeout: Double?

    public static let descriptor = ConnectorDescriptor(
        name: "smtp", summary: "Makes a mail of each record, and hands it over to an SMTP server.",
        settings: [
            .required("host", .text, "The server's name."),
            .optional("port", .integer(1...65_535), "The server's port.", usual: "587, with `security: tls` 465"),
            .optional(
                "security", .word(SMTPServer.Security.allCases.map(\.rawValue)),
                "How mails are protected on their way: by STARTTLS, without which nothing is said, by TLS from the beginning, or not.",
                usual: "starttls"),
            .optional(
                "certificates", .text, "A file with the certificates of those who sign the server's.",
                usual: "those that the system trusts"),
            .optional("user", .text, "Who logs in.", usual: "nobody"),
            .optional("password", .secret, "The user's password."),
            .required("from", .text, "Whom mails are from: Name <local@domain>."),
            .required(
                "to", .text, "Whom they are for: where the address stands in the record, such as traits.email, or one for all records."),
            .optional("replyTo", .text, "Where answers go.", usual: "from"),
            .required("subject", .text, "The subject, with values of the record: Welcome, {.traits.firstName}."),
            .optional("text", .text, "The mail as plain text, with values of the record."),
            .optional("html", .text, "The mail as HTML, with values of the record, which are escaped."),
            .optional(
                "fallbacks", .map, "What stands where a value is missing, by the value: {.traits.firstName: there}.",
                usual: "none: a record without one is a dead letter"),
            .optional(
                "unsubscribe", .text,
                "An https address where one click ends the mails, with values of the record: https://example.com/{.profile}."),
            .optional("only", .word(["entered", "exited", "both"]), "Which memberships become mails.", usual: "entered"),
            .optional(
                "causes", .texts, "Memberships of which causes become mails: \(listed(MembershipFilter.allCauses)).",
                usual: MembershipFilter.usualCauses.joined(separator: ", ")),
            .optional("timeout", .number(0.1...3_600), "After how long a mail has failed, connecting included.", unit: "s", usual: "60"),
        ])

    /// Nothing is connected to before the first batch.
    public func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination {
        try makeDestination(context) { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }
    }

    func makeDestination(_ context: ConnectorContext, now: @escaping @Sendable () -> Instant) throws(SettingsError) -> SMTPDestination {
        SMTPDestination(try makeServer(context), try makeTemplate(), now: now)
    }

    private func makeServer(_ context: ConnectorContext) throws(SettingsError) -> SMTPServer {
        let security = security.flatMap { SMTPServer.Security(rawValue: $0) } ?? .starttls
        let isName = host.utf8.allSatisfy {
            (48...58).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "-._".utf8.contains($0)
        }
        guard isName else { throw SettingsError(at: ["host"], "this is no name of a host", remedy: "Write one such as smtp.example.com.") }
        if (user == nil) != (password == nil) {
            throw SettingsError(
                at: [user == nil ? "password" : "user"], user == nil ? "there is no user" : "there is no password",
                remedy: "Write both, or leave both out.")
        }
        if let user, user.utf8.contains(0) || password?.value.utf8.contains(0) == true {
            throw SettingsError(at: ["user"], "a character stands in it or in the password that no login has", remedy: "Take \\u0000 out.")
        }
        if security == .none, user != nil, !Self.isLoopback(host) {
            throw SettingsError(
                at: ["security"], "everybody on the way could read the password", remedy: "Write starttls or tls, or leave `user` out.")
        }
        if security == .none, certificates != nil {
            throw SettingsError(at: ["certificates"], "there is no TLS", remedy: "Leave it out, or write `security: starttls` or `tls`.")
        }
        return SMTPServer(
            host: host, port: port ?? (security == .tls ? 465 : 587), security: security, certificates: certificates.map(context.path),
            user: user, password: password, timeout: .milliseconds(Int64((timeout ?? 60) * 1_000)))
    }

    private static func isLoopback(_ host: String) -> Bool { ["localhost", "127.0.0.1", "::1"].contains(host.lowercased()) }

    private func makeTemplate() throws(SettingsError) -> MailTemplate {
        if text == nil, html == nil {
            throw SettingsError(at: [], "a mail needs a text", remedy: "Write `text`, `html`, or both.")
        }
        let templates = try (subject: line(subject, "subject"), text: body(text, "text"), html: body(html, "html"), link: link())
        let known = [templates.subject, templates.text, templates.html, templates.link].flatMap { $0?.values ?? [] }
        for value in (fallbacks ?? [:]).keys.sorted(by: { $0.precedesByScalars($1) }) where !known.contains(value) {
            let near = nearMatch(to: value, among: known).map { "Did you mean `\($0)`? " } ?? ""
            throw SettingsError(
                at: ["fallbacks", value], "no text has this value",
                remedy: near + "Write it as it stands between the braces, or take it out.")
        }
        let sender = try address(from, "from")
        return MailTemplate(
            from: sender, to: try recipient(), replyTo: try replyTo.map { text throws(SettingsError) in try address(text, "replyTo") },
            subject: templates.subject, text: templates.text, html: templates.html, unsubscribe: templates.link,
            fallbacks: fallbacks ?? [:],
            memberships: try memberships(), mark: [sender.address, to, subject].joined(separator: "\n"))
    }

    private func line(_ text: String, _ name: String) throws(SettingsError) -> RecordText {
        if text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
            throw SettingsError(at: [name], "it has more than one line", remedy: "Write it in one.")
        }
        return try RecordText(text, at: [name])
    }

    private func body(_ text: String?, _ name: String) throws(SettingsError) -> RecordText? {
        try text.map { text throws(SettingsError) in try RecordText(text, at: [name]) }
    }

    /// An address of the web, as one line of visible ASCII.
    private func link() throws(SettingsError) -> RecordText? {
        guard let unsubscribe else { return nil }
        guard unsubscribe.hasPrefix("https://"), unsubscribe.dropFirst(8).first.map({ $0 != "{" && $0 != "/" }) == true,
            unsubscribe.utf8.allSatisfy({ (33...126).contains($0) && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") })
        else {
            throw SettingsError(
                at: ["unsubscribe"], "this is no https address", remedy: "Write one such as https://example.com/unsubscribe?id={.profile}.")
        }
        return try RecordText(unsubscribe, at: ["unsubscribe"])
    }

    private func address(_ text: String, _ name: String) throws(SettingsError) -> MailAddress {
        guard let address = MailAddress(text) else {
            throw SettingsError(
                at: [name], "this is no address of a mail", remedy: "Write local@domain in ASCII, or Name <local@domain>.")
        }
        return address
    }

    private func recipient() throws(SettingsError) -> MailTemplate.Recipient {
        if to.contains("@") { return .fixed(try address(to, "to")) }
        let names = (to.hasPrefix(".") ? to.dropFirst() : to[...]).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty }) else {
            throw SettingsError(
                at: ["to"], "this is neither a path of names between dots nor an address", remedy: "Write one such as traits.email.")
        }
        return .path(names)
    }

    private func memberships() throws(SettingsError) -> MembershipFilter {
        for (index, cause) in (causes ?? []).enumerated() where !MembershipFilter.allCauses.contains(cause) {
            let near = nearMatch(to: cause, among: MembershipFilter.allCauses).map { "Did you mean `\($0)`? " } ?? ""
            throw SettingsError(
                at: ["causes", "\(index)"], "memberships have no such cause",
                remedy: near + "There are: \(listed(MembershipFilter.allCauses)).")
        }
        let entered: Bool? =
            switch only {
            case "both": nil
            case "exited": false
            default: true
            }
        return MembershipFilter(entered: entered, causes: causes ?? MembershipFilter.usualCauses)
    }
}
