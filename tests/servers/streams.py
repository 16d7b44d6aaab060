"""asyncio streams, HTTP/1.1 by hand, kept alive. Its argument is a port."""
import asyncio
import os
import sys

GENERATION = f"generation={os.environ.get('BATON_GENERATION')}\n".encode()


async def answer(writer, path):
    lines = 5 if path == b"/stream" else 1
    if path == b"/slow":
        await asyncio.sleep(0.3)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (lines * len(GENERATION))
    writer.write(head + GENERATION)
    for _ in range(lines - 1):
        await asyncio.sleep(0.2)
        writer.write(GENERATION)
        await writer.drain()


async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            await answer(writer, head.split(b" ")[1])
            if b"\r\nconnection: close" in head.lower():
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "0.0.0.0", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
