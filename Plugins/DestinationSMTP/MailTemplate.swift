import Connectors
import Crypto
import EventModel
import Foundation
import Records

/// What a record becomes: a mail, nothing, or a dead letter.
struct MailTemplate: Sendable {
    /// Where a mail goes.
    enum Recipient: Sendable {
        case fixed(MailAddress)
        /// Names between dots, which lead to it in the record.
        case path([String])
    }
    enum Finding: Sendable, Hashable {
        case mail(Mail)
        /// Nobody wants a mail of it.
        case unwanted
        /// There can be no mail of it, and why.
        case refused(String)
    }
    private struct Refused: Error { let reason: String }

    var from: MailAddress
    var to: Recipient
    var replyTo: MailAddress?
    var subject: RecordText
    var text, html: RecordText?
    /// An address of the web where one click ends the mails (RFC 8058).
    var unsubscribe: RecordText?
    /// What stands where a value is missing, by the value as templates write it.
    var fallbacks: [String: String]
    var memberships: MembershipFilter
    /// Part of `Message-ID`: two connectors that make different mails of one record are told apart by it.
    var mark: String

    /// The longest line that servers take has 998 characters; the rest is the header's name and brackets.
    private static let longestLink = 900
    private static let longestSubject = 998

    /// What becomes of a record.
    ///
    /// - Parameter now: For the header `Date`.
    func finding(_ kind: DeliveryBatch.Kind, key: String, json: some Sequence<UInt8>, now: Instant) -> Finding {
        guard let record = (try? JSONValue(parsing: Array(json)))?.asObject else { return .refused("The record is no object.") }
        if kind == .membership, !memberships.takes(record) { return .unwanted }
        do { return .mail(try mail(kind, key, record, now)) } catch let error as RecordText.Missing {
            return .refused("The record has no value for {\(error.value)}, and `fallbacks` has none.")
        } catch let error as Refused { return .refused(error.reason) } catch { return .refused("\(error)") }
    }

    private func mail(_ kind: DeliveryBatch.Kind, _ key: String, _ record: JSONObject, _ now: Instant) throws -> Mail {
        let recipient = try recipient(of: record)
        let subject = try subject.text(of: record, else: fallbacks) { $0 }
        guard subject.utf8.count <= Self.longestSubject else {
            throw Refused(reason: "The subject has more than \(Self.longestSubject) bytes.")
        }
        var headers = [
            "Date: " + now.mailDate, "From: " + from.header, "To: " + recipient.header, "Subject: " + HeaderText.unstructured(subject),
            "Message-ID: " + messageID(kind, key), "Auto-Submitted: auto-generated",
        ]
        if let replyTo { headers.append("Reply-To: " + replyTo.header) }
        if let unsubscribe {
            let link = try unsubscribe.text(of: record, else: fallbacks) {
                $0.addingPercentEncoding(withAllowedCharacters: Self.unreserved) ?? ""
            }
            guard link.utf8.count <= Self.longestLink else {
                throw Refused(reason: "The address of `unsubscribe` has more than \(Self.longestLink) bytes.")
            }
            headers += ["List-Unsubscribe: <\(link)>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
        }
        let text = try text.map { Self.lines(try $0.text(of: record, else: fallbacks) { $0 }) }
        let html = try html.map { Self.lines(try $0.text(of: record, else: fallbacks, escape: Self.escaped)) }
        guard (text?.utf8.count ?? 0) + (html?.utf8.count ?? 0) <= Mail.mostBytes else {
            throw Refused(reason: "The mail has more than \(Mail.mostBytes) bytes.")
        }
        return Mail(sender: from.address, recipient: recipient.address, headers: headers, text: text, html: html)
    }

    private func recipient(of record: JSONObject) throws -> MailAddress {
        switch to {
        case .fixed(let address): return address
        case .path(let path):
            let place = path.joined(separator: ".")
            guard let text = record.value(at: path)?.asString?.trimmingCharacters(in: .whitespaces), !text.isEmpty else {
                throw Refused(reason: "The record has no address at `\(place)`.")
            }
            // What stands there may be anybody's address: it is not shown.
            guard let address = MailAddress(address: text) else {
                throw Refused(reason: "What the record has at `\(place)` is no address of a mail in ASCII.")
            }
            return address
        }
    }

    /// The same however often a record is sent: whoever gets it twice can tell by that.
    private func messageID(_ kind: DeliveryBatch.Kind, _ key: String) -> String {
        let hash = SHA256.hash(data: Array("\(mark)\n\(kind.rawValue)/\(key)".utf8))
        return "<" + hash.prefix(20).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "@\(from.domain)>"
    }

    private static let unreserved = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~")

    /// As it stands in HTML, between tags and in values of attributes that are quoted.
    private static func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    /// Every end of a line as mails have it.
    private static func lines(_ text: String) -> String {
        var lines = String.UnicodeScalarView()
        var isAfterReturn = false
        for scalar in text.unicodeScalars {
            if scalar == "\r" || (scalar == "\n" && !isAfterReturn) {
                lines.append(contentsOf: "\r\n".unicodeScalars)
            } else if scalar != "\n" {
                lines.append(scalar)
            }
            isAfterReturn = scalar == "\r"
        }
        return String(lines)
    }
}

/// Which memberships become mails.
struct MembershipFilter: Sendable, Hashable {
    /// nil: those who enter and those who exit.
    var entered: Bool?
    var causes: [String]

    /// Words of `cause` that a membership can have.
    static let allCauses = ["message", "clock", "threshold", "merge", "definition", "full", "reconcile", "renamed", "erasure"]
    /// Those of people who did something, or did not: nobody gets a mail since somebody else defined a segment, or added the connector.
    static let usualCauses = ["message", "clock", "threshold", "merge"]

    /// Whether a record of a membership becomes a mail.
    func takes(_ record: JSONObject) -> Bool {
        if let entered, record["entered"] != .bool(entered) { return false }
        return record["cause"]?.asString.map { causes.contains($0) } ?? false
    }
}
