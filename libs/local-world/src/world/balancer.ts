import net from "node:net";

/** Hands each new connection to the next of several servers on 127.0.0.1, as a load balancer before them would. */
export async function startBalancer(port: number, targets: number[]): Promise<{ close(): Promise<void> }> {
  let turn = 0;
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const target = net.connect(targets[turn++ % targets.length] ?? 0, "127.0.0.1");
    for (const socket of [client, target]) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      socket.on("error", () => {
        client.destroy();
        target.destroy();
      });
    }
    client.pipe(target).pipe(client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
