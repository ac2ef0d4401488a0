import CResolver

/// The resolver of the system, or one name server; asked over UDP.
public struct SystemResolver: MailResolver {
    private let server: String?
    private let port: UInt16
    private let seconds: Int32
    private let tries: Int32

    /// Takes how long to wait: a question that nobody answers ends after about `seconds` × `tries` with one server, 2.5 times that with three.
    ///
    /// - Parameter server: IPv4 address of the one name server to ask; nil: those of the system (`/etc/resolv.conf`, read for each question).
    /// - Parameter port: Where that one listens.
    /// - Parameter seconds: How long an answer is waited for at each try.
    /// - Parameter tries: How often each server is asked.
    public init(server: String? = nil, port: UInt16 = 53, seconds: Int = 2, tries: Int = 2) {
        (self.server, self.port, self.seconds, self.tries) = (server, port, Int32(seconds), Int32(tries))
    }

    public func answer(_ record: MailRecord, of domain: String) -> MailAnswer {
        let kind: tessera_dns_record =
            switch record {
            case .mx: TESSERA_DNS_MX
            case .a: TESSERA_DNS_A
            case .aaaa: TESSERA_DNS_AAAA
            case .ns: TESSERA_DNS_NS
            }
        return switch tessera_dns_ask(domain, kind, server, port, seconds, tries) {
        case TESSERA_DNS_FOUND: .found
        case TESSERA_DNS_NULL_MX: .nullMX
        case TESSERA_DNS_NO_RECORD: .noRecord
        case TESSERA_DNS_NO_NAME: .noDomain
        default: .failed
        }
    }
}
