import { createServer } from "node:http";

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Freehold is starting</title>
<body style="font: 1.125rem/1.5 serif; margin: 4rem auto; max-width: 32rem"><p>Freehold is starting. This page will be it in a moment.</p>`;

/** Keeps the web server's port until that server comes, so that no other program takes it meanwhile, and says so to early visitors. */
export async function startWaitingPage(port: number): Promise<{ close(): Promise<void> }> {
  const server = createServer((_request, response) => {
    response.writeHead(503, { "content-type": "text/html; charset=utf-8", "retry-after": "2", connection: "close" });
    response.end(page);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    async close() {
      if (!server.listening) return;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
