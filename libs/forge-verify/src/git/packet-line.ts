/** git's wire format: four hex digits of length, then the text; 0000 ends a list, 0001 parts it. */
export function packet(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, "0") + text;
}

/** The lines of a packet stream; null stands for a flush. Undefined when the bytes are not packets. */
export function readPackets(bytes: Buffer): (string | null)[] | undefined {
  const lines: (string | null)[] = [];
  let at = 0;
  while (at < bytes.length) {
    const digits = bytes.toString("latin1", at, at + 4);
    if (!/^[0-9a-f]{4}$/i.test(digits)) return undefined;
    const length = Number.parseInt(digits, 16);
    if (length < 4) {
      lines.push(null);
      at += 4;
      continue;
    }
    if (at + length > bytes.length) return undefined;
    lines.push(bytes.toString("utf8", at + 4, at + length).replace(/\n$/, ""));
    at += length;
  }
  return lines;
}
