import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Letter {
  body: Buffer;
  signature: string;
}

/** Where the processor's messages lie until a process of ours takes them: each is handed in again until somebody has. */
export class PostBox {
  readonly url: string;
  readonly letters: Letter[] = [];
  readonly #close: () => Promise<void>;

  constructor(url: string, letters: Letter[], close: () => Promise<void>) {
    this.url = url;
    this.letters = letters;
    this.#close = close;
  }

  close(): Promise<void> {
    return this.#close();
  }
}

export async function openPostBox(): Promise<PostBox> {
  const letters: Letter[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      letters.push({ body: Buffer.concat(chunks), signature: String(request.headers["stripe-signature"]) });
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return new PostBox(`http://127.0.0.1:${port}/`, letters, async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
}
