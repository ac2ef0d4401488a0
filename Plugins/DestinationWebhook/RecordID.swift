import Connectors
import Crypto
import EventModel

/// What receivers tell repeats by: ids of letters, digits, `-` and `_`, the same however often a record is sent, and of no two records.
enum RecordID {
    private static let hashed = "sha256_"
    private static let longest = 128

    /// Its key, where that can be an id; else a hash of it and its kind.
    static func of(_ kind: DeliveryBatch.Kind, key: String) -> String {
        // Only messages have keys of somebody else's making: as they are, those are never taken for another's hash.
        let isPlain =
            kind == .message && (1...longest).contains(key.utf8.count) && !key.hasPrefix(hashed)
            && key.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
            }
        return isPlain ? key : hash("\(kind.rawValue)/\(key)")
    }

    /// Of a request that holds several records.
    static func of(_ records: some Sequence<String>) -> String { hash(records.joined(separator: "\n")) }

    private static func hash(_ text: String) -> String {
        hashed + SHA256.hash(data: Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
