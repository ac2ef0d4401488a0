import CKafka
import Connectors
import Foundation

/// Which partitions are read, and from where.
extension KafkaConsumer {
    typealias List = UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// Without a group: reads all partitions that there are by now.
    func assignAll() throws(ConnectorError) {
        var all: [TopicPartition] = []
        for (place, topic) in plan.topics.enumerated() {
            let count = try plan.connection.metadata(of: topic, handle, events).partitions
            all += (0..<count).map { TopicPartition(topic: Int32(place), number: Int32($0)) }
        }
        guard all.contains(where: { position.offsets[$0] == nil }) else { return }
        // Assigning fetches anew, from where records were given.
        drop { _ in true }
        let list = try makeList(all)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        try place(list)
        let code = rd_kafka_assign(handle, list)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw plan.connection.error(code) }
    }

    /// The group gives partitions, or takes them away. Called from within a poll.
    func rebalance(_ code: rd_kafka_resp_err_t, _ list: List) {
        let isIncremental = rd_kafka_rebalance_protocol(handle).map { strcmp($0, "COOPERATIVE") == 0 } ?? false
        if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            do throws(ConnectorError) { try place(list) } catch {
                failure = error
                if !isIncremental { rd_kafka_assign(handle, nil) }
                return
            }
            if isIncremental { discard(rd_kafka_incremental_assign(handle, list)) } else { rd_kafka_assign(handle, list) }
            // All else was confirmed before this poll: these are the places where partitions begin, which whoever has them next must know.
            confirm()
        } else {
            let taken = Set(partitions(of: list))
            for partition in taken { end(partition) }
            drop { taken.contains($0) }
            // What was confirmed of them is committed by this.
            if isIncremental { discard(rd_kafka_incremental_unassign(handle, list)) } else { rd_kafka_assign(handle, nil) }
        }
    }

    /// Says of each partition of a list where reading goes on: where it is, or was when the connector last stopped, or the group stands, or
    /// at the start.
    private func place(_ list: List) throws(ConnectorError) {
        var places: [TopicPartition: Int64] = [:]
        var rest = partitions(of: list)
        func take(_ found: [TopicPartition: Int64]) {
            places.merge(found) { $1 }
            rest.removeAll { places[$0] != nil }
        }
        take(position.offsets)
        take(kept.offsets)
        if plan.group != nil { take(try ask(rest, from: -1) { rd_kafka_committed(handle, $0, KafkaConnection.patience) }) }
        // Partitions that come later are new: nothing of them is left out.
        let start = Int64(startsLatest ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING)
        take(try ask(rest, from: start) { rd_kafka_offsets_for_times(handle, $0, KafkaConnection.patience) })
        guard rest.isEmpty else {
            throw ConnectorError(
                .retry(after: nil), at: plan.topics[Int(rest[0].topic)], "no broker says where partition \(rest[0].number) begins",
                remedy: "It is tried again; where that goes on, look at the cluster.")
        }
        (kept, hasPartitions, startsLatest) = (KafkaPosition(), true, false)
        for index in 0..<Int(list.pointee.cnt) {
            guard let partition = partition(list, index), let offset = places[partition] else { continue }
            list.pointee.elems[index].offset = offset
            begin(partition, at: offset)
        }
    }

    /// Asks the cluster for an offset of each partition; those of which it knows none are left out.
    private func ask(
        _ partitions: [TopicPartition], from offset: Int64, _ question: (List) -> rd_kafka_resp_err_t
    ) throws(ConnectorError) -> [TopicPartition: Int64] {
        if partitions.isEmpty { return [:] }
        let list = try makeList(partitions)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for index in 0..<Int(list.pointee.cnt) { list.pointee.elems[index].offset = offset }
        let code = question(list)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw plan.connection.error(code) }
        var found: [TopicPartition: Int64] = [:]
        for index in 0..<Int(list.pointee.cnt) {
            let answer = list.pointee.elems[index]
            if answer.err != RD_KAFKA_RESP_ERR_NO_ERROR { throw plan.connection.error(answer.err, at: String(cString: answer.topic)) }
            if answer.offset >= 0, let partition = partition(list, index) { found[partition] = answer.offset }
        }
        return found
    }

    private func makeList(_ partitions: [TopicPartition]) throws(ConnectorError) -> List {
        guard let list = rd_kafka_topic_partition_list_new(Int32(partitions.count)) else {
            throw ConnectorError(.retry(after: nil), at: plan.connection.brokers, "there is no memory", remedy: "It is tried again.")
        }
        for partition in partitions { rd_kafka_topic_partition_list_add(list, plan.topics[Int(partition.topic)], partition.number) }
        return list
    }

    private func partitions(of list: List) -> [TopicPartition] { (0..<Int(list.pointee.cnt)).compactMap { partition(list, $0) } }

    func partition(_ list: List, _ index: Int) -> TopicPartition? {
        let element = list.pointee.elems[index]
        return topic(called: element.topic).map { TopicPartition(topic: Int32($0), number: element.partition) }
    }

    /// Partitions that cannot be taken over are told about by the next poll.
    private func discard(_ error: OpaquePointer?) { if let error { rd_kafka_error_destroy(error) } }
}
