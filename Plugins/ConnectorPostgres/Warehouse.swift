import Connectors

/// The tables that records become, in one schema.
struct Warehouse: Sendable {
    /// As it is written in the settings.
    let schema: String

    private var own: String { quoted(schema) }

    private static let relations = [
        "messages", "membership_changes", "memberships", "segment_versions", "profiles", "members",
    ]

    // MARK: - tables

    /// Makes what is missing, and where a batch is put first. What is there is not touched: a role that may not make tables can use them.
    func prepare(_ connection: Connection) throws(ServerFailure) {
        if try missing(connection) > 0 {
            // Others may be about it at the same time.
            _ = try connection.query("BEGIN; SELECT pg_advisory_xact_lock(hashtext('tessera'), hashtext('schema'))")
            if try !isThere(connection) { _ = try connection.query("CREATE SCHEMA \(own)") }
            if try missing(connection) > 0 { _ = try connection.query(tables) }
            _ = try connection.query("COMMIT")
        }
        _ = try connection.query(
            """
            CREATE TEMPORARY TABLE tessera_batch (
                n integer NOT NULL, kind smallint NOT NULL, key text NOT NULL, profile text NOT NULL, json jsonb NOT NULL
            ) ON COMMIT DELETE ROWS
            """)
    }

    /// How many of the tables are not there.
    private func missing(_ connection: Connection) throws(ServerFailure) -> Int {
        let names = Self.relations.map { "'\($0)'" }.joined(separator: ", ")
        let found = try connection.query(
            """
            SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
            WHERE s.nspname = $1 AND c.relname IN (\(names))
            """, [schema])
        return Self.relations.count - (found.first.flatMap { Int($0) } ?? 0)
    }

    private func isThere(_ connection: Connection) throws(ServerFailure) -> Bool {
        try connection.query("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", [schema]).first != nil
    }

    private var tables: String {
        """
        CREATE TABLE IF NOT EXISTS \(own).messages (
            message_id text PRIMARY KEY, type text NOT NULL, event text, user_id text, anonymous_id text, profile_id text,
            "timestamp" timestamptz NOT NULL, message jsonb NOT NULL, position bigint GENERATED ALWAYS AS IDENTITY,
            delivered_at timestamptz NOT NULL DEFAULT now());
        CREATE TABLE IF NOT EXISTS \(own).membership_changes (
            key text PRIMARY KEY, segment text NOT NULL, profile_id text NOT NULL, entered boolean NOT NULL, at timestamptz NOT NULL,
            cause text, version bigint NOT NULL, position bigint GENERATED ALWAYS AS IDENTITY,
            delivered_at timestamptz NOT NULL DEFAULT now());
        CREATE TABLE IF NOT EXISTS \(own).memberships (
            segment text NOT NULL, profile_id text NOT NULL, is_member boolean NOT NULL, entered_at timestamptz, exited_at timestamptz,
            cause text, version bigint NOT NULL, PRIMARY KEY (segment, profile_id));
        CREATE TABLE IF NOT EXISTS \(own).segment_versions (segment text PRIMARY KEY, version bigint NOT NULL);
        CREATE TABLE IF NOT EXISTS \(own).profiles (
            profile_id text PRIMARY KEY, traits jsonb NOT NULL, profile jsonb NOT NULL, updated_at timestamptz NOT NULL);
        CREATE OR REPLACE VIEW \(own).members AS
            SELECT segment, profile_id, entered_at, version FROM \(own).memberships WHERE is_member
        """
    }

    // MARK: - batches

    /// Writes a batch in one transaction.
    ///
    /// - Returns: Records that the server takes in no company, with why.
    func write(_ batch: DeliveryBatch, _ connection: Connection) throws(ServerFailure) -> [DeliveryReceipt.Refusal] {
        let all = batch.records.indices
        do throws(ServerFailure) {
            _ = try connection.query("BEGIN")
            try put(batch, all, connection)
            _ = try connection.query("COMMIT")
            return []
        } catch {
            guard error.remedy == .withoutRecord else { throw error }
            _ = try connection.query("ROLLBACK; BEGIN")
            var refused: [DeliveryReceipt.Refusal] = []
            try sift(batch, all, &refused, connection)
            _ = try connection.query("COMMIT")
            return refused
        }
    }

    /// Writes records in halves that become smaller around those that are refused.
    private func sift(
        _ batch: DeliveryBatch, _ places: Range<Int>, _ refused: inout [DeliveryReceipt.Refusal], _ connection: Connection
    ) throws(ServerFailure) {
        do throws(ServerFailure) {
            _ = try connection.query("SAVEPOINT half")
            try put(batch, places, connection)
            _ = try connection.query("RELEASE half; DELETE FROM pg_temp.tessera_batch")
        } catch {
            guard error.remedy == .withoutRecord else { throw error }
            _ = try connection.query("ROLLBACK TO half; RELEASE half")
            if places.count == 1 {
                refused.append(.init(record: places.lowerBound, reason: "PostgreSQL cannot take it: \(error.problem)."))
                return
            }
            let middle = places.lowerBound + places.count / 2
            try sift(batch, places.lowerBound..<middle, &refused, connection)
            try sift(batch, middle..<places.upperBound, &refused, connection)
        }
    }

    private func put(_ batch: DeliveryBatch, _ places: Range<Int>, _ connection: Connection) throws(ServerFailure) {
        try connection.copy(
            "COPY pg_temp.tessera_batch (n, kind, key, profile, json) FROM STDIN (FORMAT binary)", CopyRows(batch, places).bytes)
        for kind in DeliveryBatch.Kind.allCases where places.contains(where: { batch.records[$0].kind == kind }) {
            _ = try connection.query(insertion(of: kind))
        }
    }

    private func insertion(of kind: DeliveryBatch.Kind) -> String {
        let rows = "FROM pg_temp.tessera_batch WHERE kind = \(CopyRows.number(of: kind))"
        switch kind {
        case .message:
            return """
                INSERT INTO \(own).messages (message_id, type, event, user_id, anonymous_id, profile_id, "timestamp", message)
                SELECT key, json->>'type', json->>'event', json->>'userId', json->>'anonymousId', nullif(profile, ''),
                    (json->>'timestamp')::timestamptz, json
                \(rows) ORDER BY n ON CONFLICT (message_id) DO NOTHING
                """
        case .membership:
            // Only what the history did not have has an effect: a change that comes again late undoes nothing.
            return """
                WITH fresh AS (
                    INSERT INTO \(own).membership_changes (key, segment, profile_id, entered, at, cause, version)
                    SELECT key, json->>'segment', json->>'profile', (json->>'entered')::boolean, (json->>'at')::timestamptz,
                        json->>'cause', (json->>'version')::bigint
                    \(rows) ORDER BY n ON CONFLICT (key) DO NOTHING
                    RETURNING segment, profile_id, entered, at, cause, version, position
                ), latest AS (
                    SELECT DISTINCT ON (segment, profile_id) segment, profile_id, entered,
                        max(at) FILTER (WHERE entered) OVER (PARTITION BY segment, profile_id) AS entered_at,
                        CASE WHEN NOT entered THEN at END AS exited_at, cause, version
                    FROM fresh ORDER BY segment, profile_id, version DESC, position DESC
                ), present AS (
                    INSERT INTO \(own).memberships AS m (segment, profile_id, is_member, entered_at, exited_at, cause, version)
                    SELECT segment, profile_id, entered, entered_at, exited_at, cause, version FROM latest
                    ON CONFLICT (segment, profile_id) DO UPDATE SET
                        is_member = excluded.is_member, exited_at = excluded.exited_at, cause = excluded.cause,
                        version = excluded.version,
                        entered_at = CASE WHEN m.is_member AND excluded.cause = 'full' THEN m.entered_at
                            ELSE coalesce(excluded.entered_at, m.entered_at) END
                    WHERE excluded.version >= m.version
                )
                INSERT INTO \(own).segment_versions AS v (segment, version)
                SELECT segment, max(version) FROM fresh GROUP BY segment ORDER BY segment
                ON CONFLICT (segment) DO UPDATE SET version = greatest(v.version, excluded.version)
                """
        case .profile:
            return """
                INSERT INTO \(own).profiles AS p (profile_id, traits, profile, updated_at)
                SELECT DISTINCT ON (profile) profile, coalesce(json->'traits', '{}'), json, now()
                \(rows) ORDER BY profile, n DESC
                ON CONFLICT (profile_id) DO UPDATE SET
                    traits = excluded.traits, profile = excluded.profile, updated_at = excluded.updated_at
                WHERE p.profile IS DISTINCT FROM excluded.profile
                """
        }
    }

    // MARK: - reports

    /// Who is in which segment.
    func audiences(_ connection: Connection) throws(ServerFailure) -> [Audience] {
        if try missing(connection) > 0 { return [] }
        var fold = AudienceFold()
        let rows = try connection.query("SELECT segment, profile_id, is_member, version FROM \(own).memberships")
        for row in rows.values {
            guard let segment = row[0], let profile = row[1], let version = row[3].flatMap({ Int64($0) }) else { continue }
            fold.take(segment: segment, profile: profile, entered: row[2] == "t", version: version)
        }
        return fold.audiences
    }

    /// What is there, as a sentence; changes nothing.
    func look(_ connection: Connection) throws(ServerFailure) -> String {
        let server = "PostgreSQL \(connection.serverVersion)"
        guard try isThere(connection) else {
            let mayMake = try connection.query("SELECT has_database_privilege(current_database(), 'CREATE')").first == "t"
            if mayMake { return "\(server); the schema \(schema) will be made." }
            throw ServerFailure(
                state: "42501", message: nil, object: "the schema \(schema) is not there, and the role may not make it")
        }
        let missing = try missing(connection)
        if missing == Self.relations.count { return "\(server); the schema \(schema) is there, its tables will be made." }
        if missing > 0 { return "\(server); the schema \(schema) lacks \(missing) of \(Self.relations.count) tables, which will be made." }
        let version = try connection.query("SELECT max(version) FROM \(own).segment_versions").first
        let memberships = version.map { "memberships up to version \($0)" } ?? "and no memberships yet"
        return "\(server); the schema \(schema) has its tables, \(memberships)."
    }
}
