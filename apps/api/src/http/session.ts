import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Database, Tx } from "@freehold/database";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Somebody whose session is good. */
export interface SignedIn {
  partyId: string;
  sessionId: string;
  csrfToken: string;
  name: string;
  /** Empty when the party has no identity in force. */
  did: string;
  handle: string;
}

interface SessionRow extends SignedIn {
  stale: boolean;
}

/** A session ends this long after its last use; browsers keep the cookie longer, the row decides. Machine time. */
const SESSION_DAYS = 30;
const COOKIE_SECONDS = 400 * 24 * 60 * 60;
const SIGN_IN_SECONDS = 30 * 60;

const secret = () => randomBytes(32).toString("base64url");
const isSecret = (text: string | undefined): text is string => /^[A-Za-z0-9_-]{43}$/.test(text ?? "");
const hash = (token: string) => createHash("sha256").update(token).digest("hex");

/** Only a host itself, over https, can set cookies of this name. */
const prefixFor = (publicUrl: string) => (publicUrl.startsWith("https:") ? "__Host-" : "");
export const sessionCookieName = (publicUrl: string) => `${prefixFor(publicUrl)}freehold_session`;

/** Our own sessions: an opaque cookie, of which the database keeps only the hash. A party may have many. */
export class Sessions {
  readonly #database: Database;
  readonly #secure: boolean;
  readonly #cookie: string;
  readonly #browserCookie: string;

  constructor(database: Database, publicUrl: string) {
    this.#database = database;
    this.#secure = publicUrl.startsWith("https:");
    this.#cookie = sessionCookieName(publicUrl);
    this.#browserCookie = `${prefixFor(publicUrl)}freehold_sign_in`;
  }

  /** Who sends this request; null without a good session. Using a session keeps it alive. */
  async find(request: FastifyRequest): Promise<SignedIn | null> {
    const token = request.cookies[this.#cookie];
    if (!isSecret(token)) return null;
    const [row] = await this.#database.$queryRaw<SessionRow[]>`
      SELECT s.id AS "sessionId", s.party_id AS "partyId", s.csrf_token AS "csrfToken", p.name,
        coalesce(i.value, '') AS did, coalesce(i.handle, '') AS handle,
        s.last_seen_at < now() - interval '1 hour' AS stale
      FROM session s JOIN party p ON p.id = s.party_id
      LEFT JOIN LATERAL (SELECT value, handle FROM identity WHERE party_id = p.id AND kind = 'did' AND valid_until IS NULL
        ORDER BY valid_from DESC LIMIT 1) i ON true
      WHERE s.token_hash = ${hash(token)} AND s.expires_at > now()`;
    if (row === undefined) return null;
    const { stale, ...visitor } = row;
    if (stale)
      await this.#database.$executeRaw`
        UPDATE session SET last_seen_at = now(), expires_at = now() + make_interval(days => ${SESSION_DAYS}::int)
        WHERE id = ${visitor.sessionId}::uuid`;
    return visitor;
  }

  /** Begins a session in this browser; the one it had before ends. @returns the token for `give` */
  async open(tx: Tx, partyId: string, request: FastifyRequest): Promise<string> {
    const token = secret();
    const before = request.cookies[this.#cookie] ?? "";
    await tx.$executeRaw`DELETE FROM session WHERE token_hash = ${hash(before)} OR expires_at <= now()`;
    await tx.$executeRaw`
      INSERT INTO session (id, token_hash, csrf_token, party_id, expires_at)
      VALUES (gen_random_uuid(), ${hash(token)}, ${secret()}, ${partyId}::uuid, now() + make_interval(days => ${SESSION_DAYS}::int))`;
    return token;
  }

  give(reply: FastifyReply, token: string): void {
    void reply.setCookie(this.#cookie, token, { ...this.#attributes, maxAge: COOKIE_SECONDS });
  }

  async end(visitor: SignedIn, reply: FastifyReply): Promise<void> {
    await this.#database.session.deleteMany({ where: { id: visitor.sessionId } });
    void reply.clearCookie(this.#cookie, this.#attributes);
  }

  /** The secret that binds a sign-in to this browser. A second sign-in in another tab has the same. */
  browser(request: FastifyRequest): string | undefined {
    const held = request.cookies[this.#browserCookie];
    return isSecret(held) ? held : undefined;
  }

  bindBrowser(request: FastifyRequest, reply: FastifyReply): string {
    const held = this.browser(request) ?? secret();
    void reply.setCookie(this.#browserCookie, held, { ...this.#attributes, maxAge: SIGN_IN_SECONDS });
    return held;
  }

  get #attributes() {
    return { path: "/", httpOnly: true, sameSite: "lax" as const, secure: this.#secure };
  }
}

/** Whether a request carries its session's own token. */
export function hasToken(visitor: SignedIn, request: FastifyRequest): boolean {
  const sent = Buffer.from(String(request.headers["x-csrf-token"] ?? ""));
  const expected = Buffer.from(visitor.csrfToken);
  return sent.length === expected.length && timingSafeEqual(sent, expected);
}
