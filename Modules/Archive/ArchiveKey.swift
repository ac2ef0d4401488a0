import Crypto
import Foundation

/// The secret of encrypted archives: 32 bytes.
public struct ArchiveKey: Sendable {
    let secret: SymmetricKey

    /// Reads the text of a key file: 32 bytes in base64, spaces and line ends around them allowed.
    ///
    /// - Parameter name: What error messages call the file. The key itself never shows in one.
    public init(base64 text: String, name: String) throws(ArchiveError) {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let bytes = Data(base64Encoded: trimmed), bytes.count == 32 else {
            throw ArchiveError(
                .key, "\(name): this is not a key. A key file holds 32 random bytes in base64; make one with `openssl rand -base64 32`.")
        }
        secret = SymmetricKey(data: bytes)
    }

    /// Reads a key file.
    public init(file path: String) throws(ArchiveError) {
        let stream = try FileStream(path: path)
        let window = InputWindow(stream, capacity: 4096)
        _ = try window.require(4096)
        let bytes = UnsafeBufferPointer(start: window.base, count: min(window.count, 4096))
        try self.init(base64: String(decoding: bytes, as: UTF8.self), name: path)
    }
}

/// The outer shape of an encrypted archive.
///
/// `TSRE1`, 32 bytes of salt, then one frame for each gzip member: 4 bytes (little-endian; the lowest 31 bits count the bytes that
/// follow, the highest bit marks the last frame), the ciphertext, 16 bytes of tag. AES-256-GCM; the key comes from the secret and the
/// salt by HKDF with SHA-256; the nonce is the frame's number from 0 (12 bytes, big-endian); the 4 bytes are authenticated with it, so
/// frames can be neither changed, moved, nor cut off unnoticed.
enum SealedFrames {
    static let magic = ContiguousArray("TSRE1".utf8)
    static let saltBytes = 32
    static let tagBytes = 16
    /// Longest frame that a reader believes.
    static let longest = 64 << 20

    static func key(_ key: ArchiveKey, salt: some Sequence<UInt8>) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key.secret, salt: Data(salt), info: Data("tessera archive 1".utf8), outputByteCount: 32)
    }

    static func nonce(_ number: UInt64) -> AES.GCM.Nonce {
        var bytes = [UInt8](repeating: 0, count: 12)
        for index in 0..<8 { bytes[11 - index] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(index))) }
        guard let nonce = try? AES.GCM.Nonce(data: bytes) else { preconditionFailure("a nonce has 12 bytes") }
        return nonce
    }

    static func lead(count: Int, isLast: Bool) -> [UInt8] {
        let word = UInt32(count) | (isLast ? 1 << 31 : 0)
        return (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
    }

    /// One frame that holds `member`.
    static func seal(_ member: Data, number: UInt64, isLast: Bool, key: SymmetricKey) throws -> Data {
        let lead = lead(count: member.count + tagBytes, isLast: isLast)
        let box = try AES.GCM.seal(member, using: key, nonce: nonce(number), authenticating: lead)
        return Data(lead) + box.ciphertext + box.tag
    }
}

/// The gzip members inside an encrypted archive, as a stream of their bytes.
final class SealedStream: ByteStream {
    let name: String
    private let window: InputWindow
    private let key: SymmetricKey
    private let keepGoing: Bool
    private var number: UInt64 = 0
    private var plain = Data()
    private var given = 0
    private var sawLast = false
    /// Frames that were passed over.
    private(set) var damages: [ArchiveDamage] = []

    var bytesTaken: Int { window.stream.bytesTaken }
    var size: Int? { window.stream.size }

    /// Starts behind the magic, which `window` has shown but not consumed.
    init(_ window: InputWindow, key: ArchiveKey, keepGoing: Bool) throws(ArchiveError) {
        (name, self.window, self.keepGoing) = (window.stream.name, window, keepGoing)
        let head = SealedFrames.magic.count + SealedFrames.saltBytes
        guard try window.require(head) else {
            throw ArchiveError(.damaged, "\(name): the file ends inside its head, after \(window.count) bytes. Fetch it again.")
        }
        let salt = UnsafeBufferPointer(start: window.base + window.start + SealedFrames.magic.count, count: SealedFrames.saltBytes)
        self.key = SealedFrames.key(key, salt: salt)
        window.start += head
    }

    func seek(to offset: Int) throws(ArchiveError) -> Bool { false }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
        while given == plain.count { if try !openFrame() { return 0 } }
        let count = min(buffer.count, plain.count - given)
        _ = plain.copyBytes(to: buffer, from: given..<given + count)
        given += count
        return count
    }

    /// Decrypts the next frame; false behind the last.
    private func openFrame() throws(ArchiveError) -> Bool {
        let offset = window.offset
        guard try window.require(4) else {
            if sawLast && window.count == 0 { return false }
            return try stop(offset, "the file ends before the last member")
        }
        if sawLast { return try stop(offset, "bytes follow the last member") }
        let lead = (0..<4).map { window.base[window.start + $0] }
        let word = lead.indices.reduce(UInt32(0)) { $0 | UInt32(lead[$1]) << (8 * UInt32($1)) }
        let count = Int(word & 0x7FFF_FFFF)
        guard count >= SealedFrames.tagBytes && count <= SealedFrames.longest else {
            return try stop(offset, "a member of \(count) bytes is not possible")
        }
        window.start += 4
        var sealed = Data(capacity: count)
        while sealed.count < count {
            if window.count == 0, try !window.refill() { return try stop(offset, "the file ends inside this member") }
            let part = min(window.count, count - sealed.count)
            sealed.append(window.base + window.start, count: part)
            window.start += part
        }
        number += 1
        if word >> 31 == 1 { sawLast = true }
        let split = count - SealedFrames.tagBytes
        do {
            let box = try AES.GCM.SealedBox(
                nonce: SealedFrames.nonce(number - 1), ciphertext: sealed.prefix(split), tag: sealed.suffix(SealedFrames.tagBytes))
            (plain, given) = (try AES.GCM.open(box, using: key, authenticating: lead), 0)
        } catch {
            if number == 1 {
                throw ArchiveError(
                    .key,
                    "\(name): the key does not open this archive: another key locked it, or its first member was changed. Give the right --key."
                )
            }
            (plain, given) = (Data(), 0)
            let damage = ArchiveDamage(
                file: name, member: Int(number), memberOffset: offset, offset: offset,
                problem: "the member was changed after it was written")
            if !keepGoing { throw InflatingReader.error(damage) }
            damages.append(damage)
        }
        return true
    }

    /// Ends the stream at damage that no later frame can be found behind.
    private func stop(_ offset: Int, _ problem: String) throws(ArchiveError) -> Bool {
        let damage = ArchiveDamage(file: name, member: Int(number) + 1, memberOffset: offset, offset: window.offset, problem: problem)
        if !keepGoing { throw InflatingReader.error(damage) }
        if damages.last != damage { damages.append(damage) }
        window.start += window.count
        return false
    }
}
