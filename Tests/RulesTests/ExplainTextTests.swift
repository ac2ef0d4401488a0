import EventModel
import Rules
import Testing

/// What explanations say, word for word, one kind of node after another.
struct ExplainTextTests {
    @Test func `a count, its window and how near it is`() throws {
        let text = try ExplainCase.explain(
            #"count("Product Viewed" where .category == "shoes" within 2h) >= 3"#,
            #"[{"at":"-1h","track":"Product Viewed","p":{"category":"shoes"}},{"at":"-30m","track":"Product Viewed","p":{"category":"shoes"}},{"at":"-20m","track":"Product Viewed","p":{"category":"hats"}}]"#
        ).text
        #expect(
            text == """
                not a member: 2 of 3 "Product Viewed" where .category == "shoes" within 2h; becomes a member with 1 more "Product Viewed" where .category == "shoes" before 2026-06-30T13:00:00.000Z
                no  count("Product Viewed" where .category == "shoes" within 2h) >= 3: 2 of 3
                    count("Product Viewed" where .category == "shoes" within 2h) = 2
                        window from 2026-06-30T10:00:00.001Z to 2026-06-30T12:00:00.000Z
                        2026-06-30T11:00:00.000Z "Product Viewed" m01
                        2026-06-30T11:30:00.000Z "Product Viewed" m02
                smallest change that makes it a member:
                  1 more "Product Viewed" where .category == "shoes" before 2026-06-30T13:00:00.000Z

                """)
    }

    @Test func `events since another event`() throws {
        let text = try ExplainCase.explain(
            #"did "Product Added" within 48h and not did "Order Completed" since last("Product Added")"#,
            #"[{"at":"-1h","track":"Product Added"}]"#
        ).text
        #expect(
            text == """
                a member until 2026-07-02T11:00:00.000Z, when "Product Added" of 2026-06-30T11:00:00.000Z (m01) leaves the window; no longer one with 1 "Order Completed"
                yes all of (holds until 2026-07-02T11:00:00.000Z)
                    yes did "Product Added" within 2d (holds until 2026-07-02T11:00:00.000Z)
                        window from 2026-06-28T12:00:00.001Z to 2026-06-30T12:00:00.000Z
                        2026-06-30T11:00:00.000Z "Product Added" m01
                    yes not
                        no  did "Order Completed" since last("Product Added"): no event of that name
                            window from 2026-06-30T11:00:00.000Z to 2026-06-30T12:00:00.000Z
                            last("Product Added") = 2026-06-30T11:00:00.000Z
                                2026-06-30T11:00:00.000Z "Product Added" m01
                smallest change that ends it:
                  1 "Order Completed"

                """)
    }

    @Test func `a disjunction of quantifiers`() throws {
        let text = try ExplainCase.explain(
            #"did "A" at most 1 times or did "A" exactly 3 times"#,
            #"[{"at":"-3h","track":"A"},{"at":"-2h","track":"A"}]"#
        ).text
        #expect(
            text == """
                not a member: 2 of 3 "A"; becomes a member with 1 more "A"
                no  any of
                    no  did "A" at most 1 times: 2, at most 1
                        2026-06-30T09:00:00.000Z "A" m01
                        2026-06-30T10:00:00.000Z "A" m02
                    no  did "A" exactly 3 times: 2, exactly 3 wanted
                        2026-06-30T09:00:00.000Z "A" m01
                        2026-06-30T10:00:00.000Z "A" m02
                smallest change that makes it a member:
                  1 more "A"

                """)
    }

    @Test func `more events than are listed`() throws {
        let text = try ExplainCase.explain(
            #"did any"#,
            #"[{"at":"-7h","track":"A"},{"at":"-6h","track":"A"},{"at":"-5h","page":"P"},{"at":"-4h","track":"A"},{"at":"-3h","track":"A"},{"at":"-2h","track":"A"}]"#
        ).text
        #expect(
            text == """
                a member until something new comes
                yes did any
                    2026-06-30T06:00:00.000Z "A" m02
                    2026-06-30T07:00:00.000Z "page" m03
                    2026-06-30T08:00:00.000Z "A" m04
                    2026-06-30T09:00:00.000Z "A" m05
                    2026-06-30T10:00:00.000Z "A" m06
                    and 1 before

                """)
    }

    @Test func `events that do not match`() throws {
        let text = try ExplainCase.explain(
            #"(did "A" where .x > 2) or did "A" within 1h or did "B" or did "A" until last("B")"#,
            #"[{"at":"-3h","track":"A","p":{"x":1}}]"#
        ).text
        #expect(
            text == """
                not a member: 0 of 1 "A" where .x > 2; becomes a member with 1 "A" where .x > 2
                no  any of
                    no  did "A" where .x > 2: 1 event of that name, none that matches the condition
                    no  did "A" within 1h: 1 such event, none in the window
                        window from 2026-06-30T11:00:00.001Z to 2026-06-30T12:00:00.000Z
                    no  did "B": no event of that name
                    no  did "A" until last("B"): the window lets no instant in
                        last("B") = missing: no event of that name
                smallest change that makes it a member:
                  1 "A" where .x > 2

                """)
    }

    @Test func `a sum with the events it passed over`() throws {
        let text = try ExplainCase.explain(
            #"sum("Order", .revenue) >= 100"#,
            #"[{"at":"-2h","track":"Order","p":{"revenue":79.5}},{"at":"-1h","track":"Order"}]"#
        ).text
        #expect(
            text == """
                not a member: sum("Order", .revenue) is 79.5; becomes a member with 1 more "Order" with .revenue of at least 20.5
                no  sum("Order", .revenue) >= 100: 79.5 is not >= 100
                    sum("Order", .revenue) = 79.5: 1 event without .revenue
                        2026-06-30T10:00:00.000Z "Order" m01
                smallest change that makes it a member:
                  1 more "Order" with .revenue of at least 20.5

                """)
    }

    @Test func `the events with the greatest and the most frequent value`() throws {
        let text = try ExplainCase.explain(
            #"maximum("V", .price) > 5 and mostFrequent("V", .c) == "hats""#,
            #"[{"at":"-3h","track":"V","p":{"price":5,"c":"shoes"}},{"at":"-2h","track":"V","p":{"price":3,"c":"shoes"}},{"at":"-1h","track":"V","p":{"price":1,"c":"hats"}}]"#
        ).text
        #expect(
            text == """
                not a member: maximum("V", .price) is 5, mostFrequent("V", .c) is "shoes"; becomes a member with 1 more "V" with .price above 5, and 1 more "V" with .c "hats"
                no  all of
                    no  maximum("V", .price) > 5: 5 is not > 5
                        maximum("V", .price) = 5
                            2026-06-30T09:00:00.000Z "V" m01
                    no  mostFrequent("V", .c) == "hats": "shoes" is not == "hats"
                        mostFrequent("V", .c) = "shoes"
                            2026-06-30T09:00:00.000Z "V" m01
                            2026-06-30T10:00:00.000Z "V" m02
                smallest change that makes it a member:
                  1 more "V" with .price above 5
                  1 more "V" with .c "hats"

                """)
    }

    @Test func `traits, consent and texts`() throws {
        let text = try ExplainCase.explain(
            #"trait.country in ("DE", "AT") and consent.ads and lower(trait.plan) startsWith "pro" and exists(trait.age) and trait.zip matches "^8""#,
            #"[{"at":"-1d","identify":{"plan":"Basic","zip":"80331"}}]"#
        ).text
        #expect(
            text == """
                not a member: trait.country is missing, consent.ads is not set, trait.plan is "Basic", trait.age is missing; becomes a member with trait.country one of "DE", "AT", and consent.ads granted, and trait.plan changed, for example to "pro", and trait.age there
                no  all of
                    no  trait.country in ("DE", "AT"): trait.country is missing
                        trait.country = missing
                    no  consent.ads: it is false
                        consent.ads = false: never set, or expired
                    no  lower(trait.plan) startsWith "pro": it is "basic"
                        lower(trait.plan) = "basic"
                            trait.plan = "Basic"
                    no  exists(trait.age): trait.age is missing
                        trait.age = missing
                    yes trait.zip matches "^8": it is "80331"
                        trait.zip = "80331"
                smallest change that makes it a member:
                  trait.country must be one of "DE", "AT"
                  consent.ads must be granted
                  trait.plan must be changed, for example to "pro"
                  trait.age must be there

                """)
    }
}
