import GRDBSQLite

/// Shows a `VirtualTable` to SQLite under a name.
///
/// SQLite hands back the pointers it was given: a table's and a cursor's memory begins with SQLite's own part, followed by an unmanaged reference
/// to the Swift object, which is released when SQLite closes it. Everything happens on the thread that runs the statement.
final class VirtualTableModule {
    let table: any VirtualTable
    private unowned let run: ViewRun

    init(_ table: any VirtualTable, of run: ViewRun) { (self.table, self.run) = (table, run) }

    private struct TableMemory {
        var base = sqlite3_vtab()
        var module: Unmanaged<VirtualTableModule>
    }

    /// A reference that is told its type without asking the runtime for every row.
    private final class CursorBox {
        let cursor: any VirtualCursor
        init(_ cursor: any VirtualCursor) { self.cursor = cursor }
    }

    private struct CursorMemory {
        var base = sqlite3_vtab_cursor()
        var cursor: Unmanaged<CursorBox>
        var module: Unmanaged<VirtualTableModule>
    }

    /// The callbacks, in memory that must outlive the connection.
    static func makeCallbacks() -> UnsafeMutablePointer<sqlite3_module> {
        var callbacks = sqlite3_module()
        callbacks.iVersion = 1
        // Without xCreate the table is there by its module's name, and cannot be made or dropped.
        callbacks.xConnect = { database, client, _, _, out, _ in VirtualTableModule.connect(database, client, out) }
        callbacks.xBestIndex = { table, info in VirtualTableModule.bestIndex(table, info) }
        callbacks.xDisconnect = { table in
            guard let memory = VirtualTableModule.memory(table) else { return SQLITE_OK }
            memory.deinitialize(count: 1)
            memory.deallocate()
            return SQLITE_OK
        }
        callbacks.xOpen = { table, out in VirtualTableModule.open(table, out) }
        callbacks.xClose = { cursor in
            guard let memory = VirtualTableModule.memory(cursor) else { return SQLITE_OK }
            memory.pointee.cursor.release()
            memory.deinitialize(count: 1)
            memory.deallocate()
            return SQLITE_OK
        }
        callbacks.xFilter = { cursor, _, plan, count, values in VirtualTableModule.filter(cursor, plan, Int(count), values) }
        callbacks.xNext = { cursor in VirtualTableModule.attempt(cursor) { try $0.advance() } }
        callbacks.xEof = { cursor in VirtualTableModule.cursor(cursor)?.isAtEnd ?? true ? 1 : 0 }
        callbacks.xColumn = { cursor, context, column in
            VirtualTableModule.attempt(cursor) { try $0.write(Int(column), to: ResultCell(context: context)) }
        }
        callbacks.xRowid = { cursor, out in
            out?.pointee = VirtualTableModule.cursor(cursor)?.rowID ?? 0
            return SQLITE_OK
        }
        let memory = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
        memory.initialize(to: callbacks)
        return memory
    }

    // MARK: Memory

    private static func memory(_ table: UnsafeMutablePointer<sqlite3_vtab>?) -> UnsafeMutablePointer<TableMemory>? {
        table.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: TableMemory.self) }
    }

    private static func memory(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> UnsafeMutablePointer<CursorMemory>? {
        cursor.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: CursorMemory.self) }
    }

    private static func cursor(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> (any VirtualCursor)? {
        memory(cursor)?.pointee.cursor.takeUnretainedValue().cursor
    }

    /// Runs `body`, and keeps what it throws.
    private static func attempt(
        _ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?, _ body: (any VirtualCursor) throws -> Void
    ) -> Int32 {
        guard let memory = memory(cursor), let known = self.cursor(cursor) else { return SQLITE_ERROR }
        do {
            try body(known)
            return SQLITE_OK
        } catch {
            memory.pointee.module.takeUnretainedValue().run.keep(error)
            return SQLITE_ERROR
        }
    }

    // MARK: Callbacks

    private static func connect(
        _ database: OpaquePointer?, _ client: UnsafeMutableRawPointer?, _ out: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab>?>?
    ) -> Int32 {
        guard let client, let out else { return SQLITE_ERROR }
        // The module is kept alive by whoever opened the connection.
        let module = Unmanaged<VirtualTableModule>.fromOpaque(client)
        let told = sqlite3_declare_vtab(database, "CREATE TABLE x(\(type(of: module.takeUnretainedValue().table).columns))")
        guard told == SQLITE_OK else { return told }
        let memory = UnsafeMutablePointer<TableMemory>.allocate(capacity: 1)
        memory.initialize(to: TableMemory(module: module))
        out.pointee = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: sqlite3_vtab.self)
        return SQLITE_OK
    }

    private static func open(
        _ table: UnsafeMutablePointer<sqlite3_vtab>?, _ out: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab_cursor>?>?
    ) -> Int32 {
        guard let known = memory(table), let out else { return SQLITE_ERROR }
        let module = known.pointee.module
        let cursor = Unmanaged.passRetained(CursorBox(module.takeUnretainedValue().table.makeCursor()))
        let memory = UnsafeMutablePointer<CursorMemory>.allocate(capacity: 1)
        memory.initialize(to: CursorMemory(cursor: cursor, module: module))
        out.pointee = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: sqlite3_vtab_cursor.self)
        return SQLITE_OK
    }

    private static func bestIndex(
        _ table: UnsafeMutablePointer<sqlite3_vtab>?, _ info: UnsafeMutablePointer<sqlite3_index_info>?
    ) -> Int32 {
        guard let known = memory(table), let info else { return SQLITE_ERROR }
        var offered: [ScanConstraint] = []
        for place in 0..<Int(info.pointee.nConstraint) {
            let constraint = info.pointee.aConstraint[place]
            guard constraint.usable != 0, let comparison = ScanConstraint.Comparison(rawValue: constraint.op),
                // A comparison by another collation than bytes is none that a scan can make.
                String(cString: sqlite3_vtab_collation(info, Int32(place))) == "BINARY"
            else { continue }
            offered.append(ScanConstraint(column: Int(constraint.iColumn), comparison: comparison, place: place))
        }
        let (rows, cost) = known.pointee.module.takeUnretainedValue().table.plan(&offered)
        for (number, constraint) in offered.enumerated() {
            info.pointee.aConstraintUsage[constraint.place].argvIndex = Int32(number + 1)
        }
        info.pointee.estimatedCost = cost
        info.pointee.estimatedRows = Int64(rows)
        // The plan goes to xFilter as text: column and comparison of each constraint.
        let text = offered.map { "\($0.column) \($0.comparison.rawValue)" }.joined(separator: ",")
        let count = text.utf8.count
        guard let memory = sqlite3_malloc64(UInt64(count + 1)) else { return SQLITE_NOMEM }
        text.withCString { memory.copyMemory(from: $0, byteCount: count + 1) }
        info.pointee.idxStr = memory.assumingMemoryBound(to: CChar.self)
        info.pointee.needToFreeIdxStr = 1
        return SQLITE_OK
    }

    private static func filter(
        _ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?, _ plan: UnsafePointer<CChar>?, _ count: Int,
        _ values: UnsafeMutablePointer<OpaquePointer?>?
    ) -> Int32 {
        var told: [(constraint: ScanConstraint, value: ScanValue)] = []
        if let plan, let values {
            for (number, part) in String(cString: plan).split(separator: ",").prefix(count).enumerated() {
                let words = part.split(separator: " ").compactMap { Int($0) }
                guard words.count == 2, let comparison = ScanConstraint.Comparison(rawValue: UInt8(clamping: words[1])) else { continue }
                told.append((ScanConstraint(column: words[0], comparison: comparison), ScanValue(values[number])))
            }
        }
        return attempt(cursor) { try $0.start(told) }
    }
}
