import Connectors
import EventModel
import SwiftProtobuf

/// Tessera's own messages: `Documentation/Schemas/protobuf/tessera/v1` of the repository.
struct PublishedProtobuf: PayloadCodec {
    let contentType = "application/x-protobuf"

    /// Bytes of a record for each of its JSON: members of small values have more of them than their JSON.
    private static let mostBytesEach = 4

    /// Only messages are read.
    func decode(_ bytes: UnsafeRawBufferPointer, longest: Int) throws(PayloadError) -> ContiguousArray<UInt8> {
        guard bytes.count / Self.mostBytesEach <= longest else {
            throw PayloadError("The record has \(bytes.count) bytes: it becomes longer than records may be.")
        }
        let message: Tessera_V1_Message
        do { message = try Tessera_V1_Message(serializedBytes: Array(bytes)) } catch {
            throw PayloadError("It is no tessera.v1.Message: \(Self.reason(error)).")
        }
        var json = ContiguousArray<UInt8>()
        try message.json().append(to: &json)
        guard json.count <= longest else { throw PayloadError("The record becomes \(json.count) bytes of JSON, and \(longest) may be.") }
        return json
    }

    func encode(_ record: JSONObject, _ kind: DeliveryBatch.Kind) throws(PayloadError) -> ContiguousArray<UInt8> {
        do {
            let bytes: [UInt8] =
                switch kind {
                case .message: try Tessera_V1_Message(record).serializedBytes()
                case .membership: try Tessera_V1_Membership(record).serializedBytes()
                case .profile: try Tessera_V1_Profile(record).serializedBytes()
                }
            return ContiguousArray(bytes)
        } catch { throw PayloadError("It cannot be written as Protobuf: \(Self.reason(error)).") }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case BinaryDecodingError.truncated: "it ends within a field"
        case BinaryDecodingError.invalidUTF8: "a text is not UTF-8"
        case BinaryDecodingError.malformedProtobuf: "its bytes are no fields"
        case BinaryDecodingError.messageDepthLimit: "messages lie too deep in each other"
        default: "its bytes cannot be read"
        }
    }
}
