import EventModel
import Foundation
import GRDB
import Storage

/// Reads and writes the store-wide dictionaries. Texts are kept as blobs: SQLite's texts end at the first zero byte.
enum DictionaryTables {
    static func image(_ database: Database) throws -> StoreDictionaries.Image {
        var image = StoreDictionaries.Image()
        try entries(database, "SELECT number, text FROM name ORDER BY number", .name) { number, bytes in
            image.names.append(String(decoding: bytes, as: UTF8.self))
            return Int(number) == image.names.count - 1
        }
        try entries(database, "SELECT number, path FROM path ORDER BY number", .path) { number, bytes in
            guard let steps = (try? JSONValue(parsing: String(decoding: bytes, as: UTF8.self)))?.asArray?.compactMap(\.asString) else {
                return false
            }
            image.paths.append(steps)
            return Int(number) == image.paths.count - 1
        }
        try entries(database, "SELECT number, tokens FROM shape ORDER BY number", .shape) { number, bytes in
            guard let shape = Shape(encoded: bytes, pathCount: image.paths.count) else { return false }
            image.shapes.append(shape)
            return Int(number) == image.shapes.count - 1
        }
        try entries(database, "SELECT path << 32 | number, text FROM vocabulary ORDER BY path, number", .vocabulary) { key, bytes in
            let path = Int32(truncatingIfNeeded: key >> 32)
            image.vocabularies[path, default: []].append(String(decoding: bytes, as: UTF8.self))
            return key & 0xFFFF_FFFF == Int64(image.vocabularies[path, default: []].count - 1)
        }
        return image
    }

    /// Hands over the entries of a table; false from `take` says that one is not as it was written.
    private static func entries(
        _ database: Database, _ sql: String, _ table: Sealed.Table, _ take: (_ key: Int64, _ bytes: [UInt8]) -> Bool
    ) throws {
        let damaged = DamagedTable(name: "\(table)")
        let rows = try Row.fetchCursor(database, sql: sql)
        while let row = try rows.next() {
            let key: Int64 = try row.decode(atIndex: 0)
            let bytes = try Sealed.bytes(try row.decode(Data.self, atIndex: 1), table, key, damaged: damaged)
            guard take(key, bytes) else { throw damaged }
        }
    }

    /// Adds what `image` holds beyond `mark`.
    static func save(_ image: StoreDictionaries.Image, beyond mark: StoreDictionaries.Mark, _ database: Database) throws {
        for number in mark.names..<image.names.count {
            try database.execute(
                sql: "INSERT INTO name(number, text) VALUES(?, ?)",
                arguments: [number, Sealed.data(Data(image.names[number].utf8), .name, Int64(number))])
        }
        for number in mark.paths..<image.paths.count {
            let text = JSONValue.array(image.paths[number].map { .string($0) }).text
            try database.execute(
                sql: "INSERT INTO path(number, path) VALUES(?, ?)", arguments: [number, Sealed.data(Data(text.utf8), .path, Int64(number))])
        }
        for number in mark.shapes..<image.shapes.count {
            try database.execute(
                sql: "INSERT INTO shape(number, tokens) VALUES(?, ?)",
                arguments: [number, Sealed.data(image.shapes[number].encoded, .shape, Int64(number))])
        }
        for (path, texts) in image.vocabularies {
            for number in (mark.vocabularies[path] ?? 0)..<texts.count {
                let bytes = Sealed.data(Data(texts[number].utf8), .vocabulary, Int64(path) << 32 | Int64(number))
                try database.execute(
                    sql: "INSERT INTO vocabulary(path, number, text) VALUES(?, ?, ?)", arguments: [path, number, bytes])
            }
        }
    }
}
