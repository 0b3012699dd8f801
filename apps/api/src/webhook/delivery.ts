import { refusal } from "@freehold/contract";
import type { FastifyRequest } from "fastify";

/** One header as text; null when it is missing or unreasonably long. */
export function headerOf({ headers }: FastifyRequest, name: string): string | null {
  const value = headers[name];
  return typeof value === "string" && value !== "" && value.length <= 600 ? value : null;
}

/** The object in a body that nobody has vouched for yet; an empty one when there is none. */
export function jsonIn(body: string): Record<string, unknown> {
  try {
    const value = JSON.parse(body) as unknown;
    return value !== null && typeof value === "object" ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The sender's id of a message, by which it is kept once. Refuses request_invalid. */
export function requireDelivery(text: string | null): string {
  if (text === null || !/^[A-Za-z0-9._:-]{1,100}$/.test(text))
    throw refusal("request_invalid", "The message has no delivery id.");
  return text;
}
