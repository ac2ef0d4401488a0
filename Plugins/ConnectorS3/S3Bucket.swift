import AWSClient
import Connectors
import EventModel
import Foundation
import FoundationXML
import WebClient

/// A bucket, or what speaks like one.
struct S3Bucket: Sendable {
    /// An object as a listing names it.
    struct Object: Sendable, Hashable {
        var key: String
        /// When it was put there: whole seconds.
        var modified: Instant
        var tag: String
        var size: Int
    }
    let client: AWSClient
    let name: String
    /// Whether the bucket's name is a step of the path: at an address that is not Amazon's.
    let isInPath: Bool

    /// Where objects are, for messages.
    var shown: String { isInPath ? "\(client.shown)/\(name)" : client.shown }

    private func path(_ key: String) -> String { (isInPath ? "/\(name)" : "") + "/\(key)" }

    /// The next thousand objects whose keys begin with a prefix, in the order of keys (ListObjectsV2).
    ///
    /// - Parameter token: What the page before said; nil: the first.
    /// - Returns: The objects, what the next page is asked for with, and when that was by the server's clock.
    func page(prefix: String, token: String?) async throws(ConnectorError) -> (objects: [Object], token: String?, at: Instant?) {
        var query: [(name: String, value: String)] = [("list-type", "2"), ("prefix", prefix)]
        if let token { query.append(("continuation-token", token)) }
        let answer = try await client.send("GET", path: path(""), query: query, keeping: 16 << 20)
        guard let page = ListingParser.parse(answer.body) else {
            throw ConnectorError(
                .retry(after: nil), at: shown, "the list of objects cannot be read", remedy: "Look whether it is a server that speaks S3.")
        }
        return (page.objects, page.token, answer.header("date").flatMap { Instant(httpDate: $0) })
    }

    /// Bytes of an object, as long as it is the one that was listed; nil where it is not any more.
    func read(_ object: Object, from start: Int, count: Int) async throws(ConnectorError) -> [UInt8]? {
        let end = min(object.size, start + count) - 1
        let answer = try await client.send(
            "GET", path: path(object.key), headers: [("if-match", object.tag), ("range", "bytes=\(start)-\(end)")],
            expecting: [404, 412, 416],
            keeping: count)
        guard (200..<300).contains(answer.status) else { return nil }
        guard answer.body.count == end - start + 1 else {
            throw ConnectorError(
                .retry(after: nil), at: shown, "an object came in another length than it was listed with",
                remedy: "It is tried again; look at the server where that goes on.")
        }
        return answer.body
    }

    /// Puts an object there, in the place of one of the same key.
    func put(_ body: [UInt8], as key: String, type: String) async throws(ConnectorError) {
        _ = try await client.send("PUT", path: path(key), headers: [("content-type", type)], body: body)
    }
}

/// Reads an answer of ListObjectsV2.
private final class ListingParser: NSObject, XMLParserDelegate {
    private var objects: [S3Bucket.Object] = []
    private var token: String?
    private var isWhole = false
    private var element: [String] = []
    private var text = ""
    private var fields: [String: String] = [:]

    static func parse(_ body: [UInt8]) -> (objects: [S3Bucket.Object], token: String?)? {
        let parser = XMLParser(data: Data(body))
        let listing = ListingParser()
        parser.delegate = listing
        parser.shouldResolveExternalEntities = false
        guard parser.parse(), listing.isWhole else { return nil }
        return (listing.objects, listing.token)
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String]
    ) {
        element.append(name)
        text = ""
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        switch element {
        case ["ListBucketResult", "Contents", name]: fields[name] = text
        case ["ListBucketResult", "Contents"]:
            if let key = fields["Key"], let modified = fields["LastModified"].flatMap({ Instant(text: $0) }),
                let size = fields["Size"].flatMap({ Int($0) })
            {
                objects.append(.init(key: key, modified: modified, tag: fields["ETag"] ?? "", size: size))
            }
            fields = [:]
        case ["ListBucketResult", "NextContinuationToken"]: token = text
        case ["ListBucketResult"]: isWhole = true
        default: break
        }
        element.removeLast()
    }
}
