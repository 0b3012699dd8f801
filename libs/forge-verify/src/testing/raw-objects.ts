import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";

/** An object as git stores it, whatever it holds: nothing is checked. */
export interface RawObject {
  type: "commit" | "tree" | "blob";
  body: Buffer;
  oid: string;
}

export function rawObject(type: RawObject["type"], body: Buffer | string): RawObject {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const oid = createHash("sha1").update(`${type} ${bytes.length}\0`).update(bytes).digest("hex");
  return { type, body: bytes, oid };
}

export const rawTree = (entries: readonly { mode: string; name: string; oid: string }[]): RawObject =>
  rawObject(
    "tree",
    Buffer.concat(
      entries.flatMap(({ mode, name, oid }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, "hex")]),
    ),
  );

const who = "dave <dave@freehold.test> 1777000000 +0000";
export const rawCommit = (tree: string, parents: readonly string[] = []): RawObject =>
  rawObject(
    "commit",
    `tree ${tree}\n${parents.map((sha) => `parent ${sha}\n`).join("")}author ${who}\ncommitter ${who}\n\nRaw\n`,
  );

/** A pack of these objects, each whole. */
export function packOf(objects: readonly RawObject[]): Buffer {
  const head = Buffer.alloc(12);
  head.write("PACK");
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(objects.length, 8);
  const types = { commit: 1, tree: 2, blob: 3 };
  const parts: Buffer[] = [head];
  for (const { type, body } of objects) {
    let size = body.length;
    const bytes = [(types[type] << 4) | (size & 15)];
    size = Math.floor(size / 16);
    for (; size > 0; size = Math.floor(size / 128)) {
      bytes[bytes.length - 1]! |= 128;
      bytes.push(size & 127);
    }
    parts.push(Buffer.from(bytes), deflateSync(body));
  }
  const whole = Buffer.concat(parts);
  return Buffer.concat([whole, createHash("sha1").update(whole).digest()]);
}
