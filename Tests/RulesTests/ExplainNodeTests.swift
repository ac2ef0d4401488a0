import EventModel
import Rules
import Testing

/// What explanations say, word for word: traits, values, percentiles, definitions and sequences.
struct ExplainNodeTests {
    @Test func `arithmetic and distances`() throws {
        let text = try ExplainCase.explain(
            #"distanceKm(trait.lat, trait.lon, 40, -74) <= 1 and now - last("V") >= 7d and hour(now) == 12"#,
            #"[{"at":"-1d","identify":{"lat":40,"lon":-74}},{"at":"-1d","track":"V"}]"#
        ).text
        #expect(
            text == """
                not a member: now - last("V") is 1d; becomes a member at 2026-07-06T12:00:00.000Z
                no  all of (holds until 2026-07-06T12:00:00.000Z)
                    yes distanceKm(trait.lat, trait.lon, 40, -74) <= 1: 0 <= 1
                        distanceKm(trait.lat, trait.lon, 40, -74) = 0
                            trait.lat = 40
                            trait.lon = -74
                    no  now - last("V") >= 1w: 1d is not >= 1w (holds until 2026-07-06T12:00:00.000Z)
                        now - last("V") = 1d
                            now = 2026-06-30T12:00:00.000Z
                            last("V") = 2026-06-29T12:00:00.000Z
                                2026-06-29T12:00:00.000Z "V" m02
                    yes hour(now) == 12: 12 == 12
                        hour(now) = 12
                            now = 2026-06-30T12:00:00.000Z
                smallest change that makes it a member:
                  wait until 2026-07-06T12:00:00.000Z

                """)
    }

    @Test func `a percentile`() throws {
        let text = try ExplainCase.explain(
            #"sum("Order", .revenue) in top 20%"#,
            #"[{"at":"-1h","track":"Order","p":{"revenue":79.5}}]"#
        ).text
        #expect(
            text == """
                not a member: sum("Order", .revenue) is 79.5; becomes a member with 1 more "Order" with .revenue of at least 233
                no  sum("Order", .revenue) in top 20%: the threshold of the top 20 % is 312.5
                    sum("Order", .revenue) = 79.5
                        2026-06-30T11:00:00.000Z "Order" m01
                smallest change that makes it a member:
                  1 more "Order" with .revenue of at least 233

                """)
    }

    @Test func `segments and features, unfolded once`() throws {
        let text = try ExplainCase.explain(
            #"segment "buyers" and (feature.spent > 100 or feature.spent < 50)"#,
            #"[{"at":"-1h","track":"Order","p":{"revenue":79.5}}]"#
        ).text
        #expect(
            text == """
                not a member: sum("Order", .revenue) is 79.5; becomes a member with 1 more "Order" with .revenue of more than 20.5
                no  all of
                    yes segment "buyers"
                        yes did "Order"
                            2026-06-30T11:00:00.000Z "Order" m01
                    no  any of
                        no  feature.spent > 100: 79.5 is not > 100
                            feature.spent = 79.5
                                sum("Order", .revenue) = 79.5
                                    2026-06-30T11:00:00.000Z "Order" m01
                        no  feature.spent < 50: 79.5 is not < 50
                            feature.spent = 79.5: unfolded above
                smallest change that makes it a member:
                  1 more "Order" with .revenue of more than 20.5

                """)
    }

    @Test func `a sequence that was found`() throws {
        let text = try ExplainCase.explain(
            #"sequence("V" then "A" within 1h then not "O" within 2h)"#,
            #"[{"at":"-5h","track":"V"},{"at":"-4h 30m","track":"A"},{"at":"-1h","track":"O"}]"#
        ).text
        #expect(
            text == """
                a member until something new comes
                yes sequence("V" then "A" within 1h then not "O" within 2h): 2 of 2 steps
                    2026-06-30T07:00:00.000Z "V" m01
                    2026-06-30T07:30:00.000Z "A" m02

                """)
    }

    @Test func `a sequence that waits`() throws {
        let text = try ExplainCase.explain(
            #"sequence("V" then "A" within 1h then not "O" within 24h)"#,
            #"[{"at":"-1h","track":"V"},{"at":"-30m","track":"A"}]"#
        ).text
        #expect(
            text == """
                not a member: sequence("V" then "A" within 1h then not "O" within 1d) does not hold; becomes a member at 2026-07-01T11:30:00.000Z, when 1d have passed since "A" of 2026-06-30T11:30:00.000Z (m02) without "O"
                no  sequence("V" then "A" within 1h then not "O" within 1d): 2 of 2 steps; waits until 2026-07-01T11:30:00.000Z without "O" (holds until 2026-07-01T11:30:00.000Z)
                    2026-06-30T11:00:00.000Z "V" m01
                    2026-06-30T11:30:00.000Z "A" m02
                smallest change that makes it a member:
                  wait until 2026-07-01T11:30:00.000Z, when 1d have passed since "A" of 2026-06-30T11:30:00.000Z (m02) without "O"

                """)
    }

    @Test func `a sequence that lacks a step`() throws {
        let text = try ExplainCase.explain(
            #"sequence("V" then "A" within 1h then "C" within 1h) within 7d spanning 2h"#,
            #"[{"at":"-40m","track":"V"},{"at":"-30m","track":"A"}]"#
        ).text
        #expect(
            text == """
                not a member: 2 of 3 steps of sequence("V" then "A" within 1h then "C" within 1h) within 1w spanning 2h; becomes a member with 1 "C" within 1h before 2026-06-30T12:30:00.001Z
                no  sequence("V" then "A" within 1h then "C" within 1h) within 1w spanning 2h: 2 of 3 steps; step 3, "C", is missing
                    window from 2026-06-23T12:00:00.001Z to 2026-06-30T12:00:00.000Z
                    2026-06-30T11:20:00.000Z "V" m01
                    2026-06-30T11:30:00.000Z "A" m02
                smallest change that makes it a member:
                  1 "C" within 1h before 2026-06-30T12:30:00.001Z

                """)
    }

    @Test func `a sequence that was ended`() throws {
        let text = try ExplainCase.explain(
            #"sequence("V" then "A" then not "O" within 2h)"#,
            #"[{"at":"-5h","track":"V"},{"at":"-4h 30m","track":"A"},{"at":"-4h","track":"O"}]"#
        ).text
        #expect(
            text == """
                not a member: 1 of 2 steps of sequence("V" then "A" then not "O" within 2h); becomes a member with 1 "A", and no "O" for 2h
                no  sequence("V" then "A" then not "O" within 2h): 2 of 2 steps; ended by "O" of 2026-06-30T08:00:00.000Z (m03), which must not follow
                    2026-06-30T07:00:00.000Z "V" m01
                    2026-06-30T07:30:00.000Z "A" m02
                smallest change that makes it a member:
                  1 "A"
                  no "O" for 2h

                """)
    }
}
