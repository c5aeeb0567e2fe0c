"""A puppet in Python: what its environment means stands in ../README.md."""

import os
import signal
import threading
import time
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc


def number(name):
    return int(os.environ[name])


def file(name):
    with open(os.environ[name], "rb") as opened:
        return opened.read()


def method(work_ms):
    """Answers with an empty message after so much work."""

    def handler(_request, _context):
        time.sleep(work_ms / 1000)
        return b""

    return grpc.unary_unary_rpc_method_handler(handler)


def listen(server):
    address = f"127.0.0.1:{os.environ['PORT']}"
    if os.environ["TLS"] == "off":
        server.add_insecure_port(address)
        return
    mutual = os.environ["TLS"] == "mutual"
    credentials = grpc.ssl_server_credentials(
        [(file("KEY_FILE"), file("CERT_FILE"))],
        root_certificates=file("CA_FILE") if mutual else None,
        require_client_auth=mutual,
    )
    server.add_secure_port(address, credentials)


options = [("grpc.max_connection_age_ms", number("MAX_AGE_MS"))] if number("MAX_AGE_MS") else []
server = grpc.server(futures.ThreadPoolExecutor(max_workers=number("WORKERS")), options=options)
methods = {"Version": method(0), "Ding": method(number("WORK_MS"))}
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("wechaty.Puppet", methods),))
if os.environ["HEALTH"] == "on":
    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)

asked = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: asked.set())
listen(server)
server.start()
print("listening", flush=True)
asked.wait()
# Calls that are under way may end.
server.stop(grace=10).wait()
