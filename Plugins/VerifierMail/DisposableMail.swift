public import EventModel
import Foundation

/// The verifier `disposable-mail`: refuses addresses of listed domains and of domains below them.
public struct DisposableMail: VerifierKind {
    public let name = "disposable-mail"
    public let settings = ["domains"]

    /// Domains that a list may have.
    static let mostLines = 1_000_000
    /// Bytes of the longest list: full lines of the longest domains.
    private static let mostBytes = mostLines * 256
    /// Wrong lines that are told of.
    private static let mostErrors = 10
    private static let blank = CharacterSet.whitespacesAndNewlines.union(CharacterSet(charactersIn: "\u{FEFF}"))

    /// The kind; each of its verifiers reads its own list.
    public init() {}

    public func makeVerifier(_ settings: JSONObject, in folder: SettingsFolder) throws(SettingsErrors) -> any Verifier {
        guard let path = settings["domains"]?.asString, !path.isEmpty else {
            let isThere = settings["domains"] != nil
            throw SettingsErrors([
                SettingsError(
                    at: isThere ? ["domains"] : [],
                    isThere ? "this is not the path of a file" : "disposable-mail needs the setting 'domains'",
                    remedy: "Write domains: and the path of a file with one domain a line.")
            ])
        }
        return DisposableMailVerifier(listed: try Self.list(try Self.read(folder.path(path)), of: folder.path(path)))
    }

    private static func read(_ path: String) throws(SettingsErrors) -> Data {
        func error(_ problem: String, _ remedy: String) -> SettingsErrors {
            SettingsErrors([SettingsError(at: ["domains"], "\(path) \(problem)", remedy: remedy)])
        }
        let file = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let values = try? file.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey])
        guard values?.isRegularFile == true, let size = values?.fileSize else {
            throw error("is not a file", "Name a file; a relative path starts from the folder of the settings file.")
        }
        if size > mostBytes { throw error("is longer than \(mostBytes) bytes", "Name a file with one domain a line.") }
        guard let data = FileManager.default.contents(atPath: file.path) else { throw error("cannot be read", "Check its permissions.") }
        return data
    }

    /// One domain a line; what follows `#` is a comment. A byte order mark is passed over.
    private static func list(_ data: Data, of path: String) throws(SettingsErrors) -> DomainList {
        var list = DomainList()
        var errors: [SettingsError] = []
        let bytes = [UInt8](data)
        var (start, number) = (0, 0)
        while start < bytes.count, errors.count < mostErrors {
            let line = bytes[start..<end(ofLineAt: start, in: bytes)]
            (start, number) = (line.endIndex + 1, number + 1)
            if number > mostLines {
                errors.append(SettingsError(at: ["domains"], "\(path) has more than \(mostLines) lines", remedy: "Shorten it."))
                break
            }
            if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
            let text = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
            let domain = text.trimmingCharacters(in: blank).lowercased()
            if EmailRule.isDomain(domain[...]) {
                list.insert(domain)
            } else if !domain.isEmpty {
                errors.append(
                    SettingsError(
                        at: ["domains"], "\(path), line \(number): '\(domain.prefix(60))' is not a domain",
                        remedy: "Write one domain a line, such as mail.example; other scripts in their xn-- form."))
            }
        }
        if errors.isEmpty, list.isEmpty {
            errors.append(
                SettingsError(at: ["domains"], "\(path) lists no domain", remedy: "Write one domain a line, such as mail.example."))
        }
        if !errors.isEmpty { throw SettingsErrors(errors) }
        return list
    }

    private static func end(ofLineAt start: Int, in bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { all in
            guard let base = all.baseAddress, let end = memchr(base + start, 10, all.count - start) else { return all.count }
            return base.distance(to: UnsafeRawPointer(end))
        }
    }
}

private struct DisposableMailVerifier: Verifier {
    let listed: DomainList

    func finding(on text: String) -> VerifierFinding {
        guard let address = MailAddress(text), listed.covers(address.domain) else { return .fine }
        return .wrong(
            problem: "is an e-mail address of a domain that is listed as disposable",
            remedy: "Send an address that lasts, or take the domain off the list.")
    }
}
