"""Sends the requests of a file over several connections as fast as they are answered; a process of its own.

``python tests/bench/otlp_client.py <host> <port> <connections> <file>``: the file holds whole HTTP requests, each
after its length in 4 bytes. Prints one JSON line:
``{"seconds": …, "statuses": {"200": …, "503, again after 1 s": …}}``.
"""

import json
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def main() -> None:
    host, port, connections, file = sys.argv[1:]
    waiting = requests(memoryview(Path(file).read_bytes()))
    statuses: Counter[str] = Counter()
    lock = threading.Lock()

    def send() -> None:
        with socket.create_connection((host, int(port))) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader = connection.makefile("rb")
            while True:
                with lock:
                    request = next(waiting, None)
                if request is None:
                    return
                connection.sendall(request)
                status = answered(reader)
                with lock:
                    statuses[status] += 1

    threads = [threading.Thread(target=send) for _ in range(int(connections))]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"seconds": time.perf_counter() - began, "statuses": statuses}))


def requests(packed: memoryview) -> Iterator[memoryview]:
    at = 0
    while at < len(packed):
        length = int.from_bytes(packed[at : at + 4], "big")
        yield packed[at + 4 : at + 4 + length]
        at += 4 + length


def answered(reader: BinaryIO) -> str:
    """The status of the next answer, whose body is read to its end, with its Retry-After if it has one."""
    status, headers = reader.readline().split()[1].decode(), {}
    while (line := reader.readline()) != b"\r\n":
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    reader.read(int(headers.get("content-length", 0)))
    later = headers.get("retry-after")
    return f"{status}, again after {later} s" if later else status


if __name__ == "__main__":
    main()
