import Archive
import Foundation
import TestFolder
import Testing

private func readAll(_ path: String, _ options: InflateOptions = InflateOptions(), chunk: Int = 1000) -> (
    text: String, reader: InflatingReader?, error: ArchiveError?
) {
    var bytes: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 8)
    defer { buffer.deallocate() }
    do throws(ArchiveError) {
        let reader = try InflatingReader(path: path, options: options)
        do throws(ArchiveError) {
            while true {
                let count = try reader.read(into: buffer)
                if count == 0 { return (String(decoding: bytes, as: UTF8.self), reader, nil) }
                bytes += buffer[..<count]
            }
        } catch { return (String(decoding: bytes, as: UTF8.self), reader, error) }
    } catch { return ("", nil, error) }
}

private let lines = (0..<3000).map { "line \($0) \($0 &* 2_654_435_761 % 99_991)\n" }

@Test(arguments: [1, 7, 1000, 1 << 20], [1, 2, 5, 60])
func `members end to end read as one text`(chunk: Int, members: Int) throws {
    let folder = try Folder()
    let size = lines.count / members
    let parts = (0..<members).map { lines[$0 * size..<($0 + 1) * size].joined() }
    let file = try folder.write(parts.flatMap { Gzip.member($0) }, as: "a.gz")
    let (text, reader, error) = readAll(file, chunk: chunk)
    #expect(error == nil && text == parts.joined())
    #expect(reader?.members == members && reader?.encoding == .gzip)
    #expect(reader?.bytesRead == reader?.size && reader?.textBytes == text.utf8.count)
}

@Test func `headers with a name, empty members and padding with zeros are read`() throws {
    let folder = try Folder()
    let bytes = Gzip.member("one\n".utf8, name: "one.ndjson") + Gzip.member("") + Gzip.member("two\n") + [UInt8](repeating: 0, count: 1500)
    let (text, reader, error) = try readAll(folder.write(bytes, as: "a.gz"))
    #expect(error == nil && text == "one\ntwo\n" && reader?.members == 3)
}

@Test func `plain and empty files pass through`() throws {
    let folder = try Folder()
    let plain = try readAll(folder.write(lines.joined(), as: "a.ndjson"))
    #expect(plain.text == lines.joined() && plain.reader?.encoding == .plain)
    for name in ["empty.ndjson", "empty.gz"] {
        let empty = try readAll(folder.write("", as: name))
        #expect(empty.text.isEmpty && empty.error == nil)
    }
}

@Test func `what is no file says so`() throws {
    let folder = try Folder()
    #expect(readAll(folder.path).error?.reason == .unreadable)
    #expect(readAll(folder.path).error?.description.contains("is a directory") == true)
    #expect(readAll(folder.path + "/none.gz").error?.reason == .missing)
    let plainNamedGzip = try readAll(folder.write("no gzip", as: "a.gz"))
    #expect(plainNamedGzip.error?.reason == .damaged && plainNamedGzip.text.isEmpty)
}

/// Ways to spoil the second of three members.
enum Spoil: CaseIterable {
    case checksum, length, body, header, truncated, garbage

    func apply(_ members: [[UInt8]]) -> [UInt8] {
        var second = members[1]
        switch self {
        case .checksum: second[second.count - 8] ^= 1
        case .length: second[second.count - 4] ^= 1
        case .body: for index in second.count / 2..<second.count / 2 + 40 { second[index] = ~second[index] }
        case .header: second[2] = 9
        case .truncated: return members[0] + second[..<(second.count / 2)]
        case .garbage: return members[0] + Array("this is not gzip".utf8)
        }
        return members[0] + second + members[2]
    }
}

@Test(arguments: Spoil.allCases)
func `damage is named by member and byte, and nothing of the member is given`(spoil: Spoil) throws {
    let folder = try Folder()
    let parts = [lines[..<1000].joined(), lines[1000..<2000].joined(), lines[2000...].joined()]
    let members = parts.map { Gzip.member($0) }
    let file = try folder.write(spoil.apply(members), as: "a.gz")
    let strict = readAll(file)
    #expect(strict.text == parts[0])
    #expect(strict.error?.reason == .damaged)
    #expect(strict.error?.description.contains("\(file): member 2, which starts at byte \(members[0].count), is damaged at byte") == true)
    #expect(strict.error?.description.contains("--keep-going") == true)

    let lenient = readAll(file, InflateOptions(keepGoing: true))
    #expect(lenient.error == nil)
    #expect(lenient.text == parts[0] + (spoil == .truncated || spoil == .garbage ? "" : parts[2]))
    #expect(lenient.reader?.damages.map(\.member) == [2])
    #expect(lenient.reader?.damages.first?.memberOffset == members[0].count)
}

@Test func `torn lines on both sides of a gap are not joined`() throws {
    let folder = try Folder()
    var damaged = Gzip.member("lost")
    damaged[damaged.count - 8] ^= 1
    let bytes = Gzip.member("whole\nhal") + damaged + Gzip.member("f\nwhole\n")
    #expect(try readAll(folder.write(bytes, as: "a.gz"), InflateOptions(keepGoing: true)).text == "whole\nhal\nf\nwhole\n")
}

@Test func `a damaged first member leaves the rest readable`() throws {
    let folder = try Folder()
    var first = Gzip.member("lost\n")
    first[12] ^= 0xFF
    let read = try readAll(folder.write(first + Gzip.member("kept\n"), as: "a.gz"), InflateOptions(keepGoing: true))
    #expect(read.text == "kept\n" && read.reader?.damages.count == 1)
}

@Test(arguments: 0..<60)
func `a flipped bit anywhere is found, or changes nothing`(seed: Int) throws {
    let folder = try Folder()
    var dice = Dice(UInt64(seed))
    let text = lines[..<400].joined()
    var bytes = Gzip.member(text)
    let bit = Int.random(in: 0..<bytes.count * 8, using: &dice)
    bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    let read = try readAll(folder.write(bytes, as: "a.gz"))
    #expect(read.error != nil || read.text == text, "bit \(bit)")
}

@Test(arguments: 0..<40)
func `a file cut anywhere is found`(seed: Int) throws {
    let folder = try Folder()
    var dice = Dice(UInt64(seed))
    let bytes = Gzip.member(lines.joined())
    let cut = Int.random(in: 1..<bytes.count, using: &dice)
    #expect(try readAll(folder.write(bytes[..<cut], as: "a.gz")).error?.reason == .damaged, "cut at \(cut)")
}

@Test func `a long member streams, and its damage at the end is told after its text`() throws {
    let folder = try Folder()
    var dice = Dice(5)
    let text = (0..<1_200_000).map { _ in UInt8.random(in: 97...122, using: &dice) }  // Does not compress well.
    let long = text + text + text + text + text + text + text + text + text + text
    let whole = try readAll(folder.write(Gzip.member(long, level: 1) + Gzip.member("next\n"), as: "a.gz"), chunk: 100_000)
    #expect(whole.error == nil && whole.text.utf8.count == long.count + 5)
    var bytes = Gzip.member(long, level: 1)
    bytes[bytes.count - 6] ^= 4
    let damaged = try readAll(folder.write(bytes + Gzip.member("next\n"), as: "b.gz"), chunk: 100_000)
    #expect(damaged.error?.reason == .damaged && damaged.text.utf8.count == long.count)
    let lenient = try readAll(folder.write(bytes + Gzip.member("next\n"), as: "c.gz"), InflateOptions(keepGoing: true), chunk: 100_000)
    #expect(lenient.error == nil && lenient.text.hasSuffix("\nnext\n") && lenient.reader?.damages.count == 1)
}

@Test(arguments: [false, true])
func `a file made to fill the disk is refused with the flag that raises the limit`(inManyMembers: Bool) throws {
    let folder = try Folder()
    let zeros = [UInt8](repeating: 48, count: inManyMembers ? 1 << 20 : 30 << 20)
    let bomb = Gzip.member(zeros, level: 9)
    let file = try folder.write((0..<(inManyMembers ? 30 : 1)).flatMap { _ in bomb }, as: "bomb.gz")
    for keepGoing in [false, true] {
        let read = readAll(file, InflateOptions(floor: 4 << 20, keepGoing: keepGoing), chunk: 1 << 20)
        #expect(read.error?.reason == .limit && read.error?.description.contains("--max-ratio") == true)
        #expect(read.text.utf8.count < 14 << 20)
    }
    #expect(readAll(file, InflateOptions(ratio: 2000, floor: 4 << 20), chunk: 1 << 20).error == nil)
    #expect(readAll(file).error == nil, "30 MiB of text are below the floor")
    #expect(readAll(file, InflateOptions(longestText: 10 << 20), chunk: 1 << 20).error?.reason == .limit)
}
