"""Clients of a tessera-worker for Locust: three of four send batches, the others ask about people.

locust -f Tools/samples/locustfile.py --headless --users 20 --spawn-rate 20 --run-time 10s --host http://127.0.0.1:8080
"""
import itertools
import os
import random
import uuid

from locust import FastHttpUser, constant_throughput, task

WRITE = (os.environ.get("WRITE", "dev"), "")
READ = (os.environ.get("READ", "dev-admin"), "")
PEOPLE = 1_000
EVENTS = ["Product Viewed", "Product Added", "Order Completed"]
numbers = itertools.count()
run = uuid.uuid4().hex[:8]


class Sender(FastHttpUser):
    """Ten batches of 100 messages a second, each with ids of its own."""

    weight = 3
    wait_time = constant_throughput(10)

    @task
    def batch(self):
        messages = [
            {"type": "track", "userId": f"person-{random.randrange(PEOPLE)}", "event": random.choice(EVENTS),
             "messageId": f"{run}-{next(numbers)}", "properties": {"price": random.randrange(100)}}
            for _ in range(100)
        ]
        self.client.post("/v1/batch", json={"batch": messages}, auth=WRITE)


class Reader(FastHttpUser):
    """Twenty questions a second; somebody who was never seen is no failure."""

    weight = 1
    wait_time = constant_throughput(20)

    @task(3)
    def decide(self):
        self.ask(f"/v1/decide?profile=user_id:person-{random.randrange(PEOPLE)}", "/v1/decide")

    @task
    def profile(self):
        self.ask(f"/v1/profiles/user_id:person-{random.randrange(PEOPLE)}", "/v1/profiles/{reference}")

    def ask(self, path, name):
        with self.client.get(path, name=name, auth=READ, catch_response=True) as answer:
            if answer.status_code == 404:
                answer.success()
