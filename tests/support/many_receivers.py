"""Many receivers of webhooks in a process of their own: ``python -m tests.support.many_receivers PORT``.

Each path is one of them. Those below /hang never answer; GET /arrived tells when each of the others was called.
"""

import asyncio
import json
import sys
import time

arrived: dict[str, list[float]] = {}


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, *_ = head.split()
        if method == "POST":
            await receive(reader, head, path)
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        else:
            body = json.dumps(arrived).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def receive(reader: asyncio.StreamReader, head: str, path: str) -> None:
    length = next(line.partition(":")[2] for line in head.lower().splitlines() if line.startswith("content-length"))
    await reader.readexactly(int(length))
    if path.startswith("/hang"):
        await asyncio.sleep(3600)
    arrived.setdefault(path, []).append(time.time())


async def main(port: int) -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=2000)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
