import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Turns JSON-safe values into bytes that only the holder of the secret can read, and back. */
export interface Seal {
  /** @param place where the bytes will be kept; they can be opened for no other place */
  close(place: string, value: unknown): Uint8Array<ArrayBuffer>;
  /** The value, or undefined when the bytes were changed, moved, or sealed with another secret. */
  open(place: string, sealed: Uint8Array): unknown;
}

/** AES-256-GCM with a key of its own per purpose, derived from the session secret. */
export function createSeal(secret: string, purpose: string): Seal {
  const key = deriveKey(secret, purpose);
  return {
    close(place, value) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(JSON.stringify(value), "utf8"), cipher.final()]);
      return Uint8Array.from(Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), body]));
    },
    open(place, sealed) {
      const bytes = Buffer.from(sealed);
      if (bytes[0] !== VERSION || bytes.length < 1 + IV_BYTES + TAG_BYTES) return undefined;
      const iv = bytes.subarray(1, 1 + IV_BYTES);
      const tag = bytes.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES);
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(place)).setAuthTag(tag);
        const text = Buffer.concat([decipher.update(bytes.subarray(1 + IV_BYTES + TAG_BYTES)), decipher.final()]);
        return JSON.parse(text.toString("utf8")) as unknown;
      } catch {
        return undefined;
      }
    },
  };
}

/** 32 bytes for one purpose; the same secret and purpose always give the same ones. */
export const deriveKey = (secret: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, "freehold", purpose, 32));
