import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import Synchronization
import Testing

@testable import ConnectorPostgres

extension ServerTests {
    @Suite(.serialized) struct DestinationFaultTests {
        let server: LocalServer

        init() async throws { server = try await LocalServer.shared.value }

        /// Delivers as a worker does, again where it helps: at least `least` records, and on until somebody says that it is enough.
        private func deliver(
            _ least: Int, to destination: any Destination, size: Int, until isEnough: borrowing Atomic<Bool>
        ) async throws -> (count: Int, failures: Int) {
            var (count, failures) = (0, 0)
            while count < least || !isEnough.load(ordering: .relaxed) {
                let keys = (count..<(count + size)).map { "key-\($0)" }
                count += size
                let batch = DestinationContract.batch(keys[...])
                while true {
                    do {
                        #expect(try await destination.deliver(batch).refused.isEmpty)
                        break
                    } catch {
                        guard case .retry = error.recovery else { throw error }
                        failures += 1
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
            }
            return (count, failures)
        }

        private final class Flag: Sendable {
            let isSet = Atomic(false)
        }

        @Test func `connections that are ended again and again lose and double nothing`() async throws {
            let destination = try server.destination("cut")
            let flag = Flag()
            let killer = Task {
                for _ in 0..<(isLong ? 1_000 : 20) {
                    try await server.sql(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE application_name = 'tessera' AND pid <> pg_backend_pid()
                        """)
                    try await Task.sleep(for: .milliseconds(60))
                }
                flag.isSet.store(true, ordering: .relaxed)
            }
            let (count, failures) = try await deliver(isLong ? 400_000 : 8_000, to: destination, size: 200, until: flag.isSet)
            try await killer.value
            #expect(failures > 0, "nothing was cut off")
            #expect(try await server.sql("SELECT count(*), count(DISTINCT message_id) FROM cut.messages") == [["\(count)", "\(count)"]])
            #expect(try await server.keys("cut") == (0..<count).map { "key-\($0)" })
            await destination.close()
        }

        @Test func `a server that breaks down in the middle loses and doubles nothing`() async throws {
            let destination = try server.destination("crash")
            let flag = Flag()
            let breaker = Task {
                for _ in 0..<(isLong ? 20 : 3) {
                    try await Task.sleep(for: .milliseconds(400))
                    try await server.tell("crash")
                    try await Task.sleep(for: .milliseconds(100))
                    try await server.tell("start")
                }
                flag.isSet.store(true, ordering: .relaxed)
            }
            let (count, failures) = try await deliver(isLong ? 200_000 : 4_000, to: destination, size: 100, until: flag.isSet)
            try await breaker.value
            #expect(failures > 0, "nothing was cut off")
            // The connection of the tests broke with the server.
            _ = try? await server.sql("SELECT 1")
            #expect(try await server.sql("SELECT count(*), count(DISTINCT message_id) FROM crash.messages") == [["\(count)", "\(count)"]])
            await destination.close()
        }

        @Test func `who is cancelled while a lock is held ends, and the server stops too`() async throws {
            let destination = try server.destination("held")
            _ = try await destination.deliver(DestinationContract.batch(["a"]))
            let session = server.makeSession()
            _ = try await session.perform { connection throws(ServerFailure) in
                try connection.query("BEGIN; LOCK TABLE held.messages IN ACCESS EXCLUSIVE MODE")
            }
            let task = Task { try await destination.deliver(DestinationContract.batch(["b"])) }
            let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO \"held\"%'"
            while try await server.number(waiting) == 0 { try await Task.sleep(for: .milliseconds(20)) }
            task.cancel()
            await #expect(throws: ConnectorError.self) { try await task.value }
            while try await server.number(waiting) > 0 { try await Task.sleep(for: .milliseconds(20)) }
            await session.close()
            #expect(try await destination.deliver(DestinationContract.batch(["b"])).refused.isEmpty)
            #expect(try await server.keys("held") == ["a", "b"])
            await destination.close()
        }

        @Test func `a connection that nobody is at the other end of any more is given up`() async throws {
            let destination = try server.destination("halfopen", #","statementTimeout":0.5"#)
            _ = try await destination.deliver(DestinationContract.batch(["a"]))
            let place = "FROM pg_stat_activity WHERE query LIKE '%COMMIT%' AND application_name = 'tessera' AND pid <> pg_backend_pid()"
            let stopped = pid_t(try await server.number("SELECT pid \(place)"))
            #expect(stopped > 1 && kill(stopped, SIGSTOP) == 0)
            defer { kill(stopped, SIGCONT) }
            await #expect {
                _ = try await destination.deliver(DestinationContract.batch(["b"]))
            } throws: { error in
                (error as? ConnectorError)?.recovery == .retry(after: nil) && "\(error)".contains("the server does not answer")
            }
            #expect(try await destination.deliver(DestinationContract.batch(["b"])).refused.isEmpty)
            #expect(try await server.keys("halfopen") == ["a", "b"])
            await destination.close()
        }

        // MARK: - refusals

        @Test func `what only settings can mend says so, and shows no secret`() async throws {
            try await server.sql(
                """
                CREATE ROLE guarded LOGIN PASSWORD 'right-secret'; CREATE ROLE poor LOGIN; CREATE ROLE crowded LOGIN CONNECTION LIMIT 0;
                CREATE SCHEMA IF NOT EXISTS strange; CREATE TABLE IF NOT EXISTS strange.messages (x int)
                """)
            func error(_ connection: String, _ more: String = "") async throws -> ConnectorError? {
                let destination = try makeDestination(#"{"connection":"host=\#(server.folder) \#(connection)"\#(more)}"#)
                do {
                    _ = try await destination.deliver(DestinationContract.batch(["a"]))
                    return nil
                } catch { return error }
            }
            let cases: [(String, String, String)] = [
                ("user=guarded dbname=postgres", #","password":"env:WRONG""#, "the password is wrong, or missing"),
                ("user=guarded dbname=postgres", "", "the password is wrong, or missing"),
                ("user=tessera dbname=nowhere", "", "there is no such database"),
                ("user=nobody_known dbname=postgres", "", "the server does not let the user in"),
                ("user=poor dbname=postgres", "", "the role may not do this"),
                ("user=tessera dbname=postgres", #","schema":"strange""#, "column \"message_id\" of relation \"messages\" does not exist"),
            ]
            for (connection, more, problem) in cases {
                let error = try await error(connection, more)
                #expect(error?.recovery == .mendSettings && error?.problem == problem, "\(String(describing: error))")
                #expect(error?.description.contains("hunter2") != true)
            }
            let crowded = try await error("user=crowded dbname=postgres")
            #expect(crowded?.recovery == .retry(after: nil) && crowded?.problem == "the server has too many connections")
            let gone = try await error("port=1 user=tessera dbname=postgres")
            #expect(gone?.recovery == .retry(after: nil) && gone?.problem.hasPrefix("no connection (") == true)
        }

        @Test func `a server that takes connections and says nothing is given up`() async throws {
            let silent = try SilentServer()
            let destination = try makeDestination(
                #"{"connection":"host=127.0.0.1 port=\#(silent.port) user=a dbname=b","connectTimeout":0.2}"#)
            await #expect {
                _ = try await destination.deliver(DestinationContract.batch(["a"]))
            } throws: { error in
                (error as? ConnectorError)?.recovery == .retry(after: nil) && "\(error)".contains("the server does not answer")
            }
        }
    }
}
