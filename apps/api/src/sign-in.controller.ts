import { Controller, Get, Inject, Req, Res } from "@nestjs/common";
import type { SignIn, SignInBeginning } from "@freehold/atproto";
import { Database } from "@freehold/database";
import { PartyService } from "@freehold/journey";
import { isRefusal } from "@freehold/values";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { LIMITS, LOG, SIGN_IN } from "./ground.ts";
import type { Limits } from "./http/limits.ts";
import { returnPathOf } from "./http/return-path.ts";
import { Sessions } from "./http/session.ts";

/** Signing in: a browser is sent to the person's host and comes back. Whatever goes wrong ends on the sign-in page. */
@Controller("oauth")
export class SignInController {
  constructor(
    private readonly database: Database,
    private readonly sessions: Sessions,
    @Inject(SIGN_IN) private readonly signIn: SignIn,
    private readonly party: PartyService,
    @Inject(LIMITS) private readonly limits: Limits,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  @Get("login")
  login(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const { handle } = request.query as Record<string, unknown>;
    return this.#begin(request, reply, { handle: typeof handle === "string" ? handle.slice(0, 300) : "" });
  }

  @Get("sign-up")
  signUp(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    return this.#begin(request, reply, { signUp: true });
  }

  @Get("callback")
  async callback(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    try {
      const params = new URL(request.url, "http://site.invalid").searchParams;
      const { did, handle, returnPath } = await this.signIn.finish(params, this.sessions.browser(request));
      const token = await this.database.transact(async (tx) => {
        const { partyId } = await this.party.welcome(tx, { did, handle });
        return this.sessions.open(tx, partyId, request);
      });
      this.sessions.give(reply, token);
      return reply.redirect(returnPathOf(returnPath), 303);
    } catch (error) {
      return this.#toSignInPage(reply, error);
    }
  }

  /** What hosts read to know who asks. The id in it is the address at which it stands. */
  @Get("client-metadata.json")
  metadata(@Res() reply: FastifyReply) {
    return reply.send(this.signIn.clientMetadata);
  }

  @Get("jwks.json")
  jwks(@Res() reply: FastifyReply) {
    return reply.send(this.signIn.jwks);
  }

  async #begin(request: FastifyRequest, reply: FastifyReply, who: SignInBeginning["who"]) {
    const returnPath = returnPathOf((request.query as Record<string, unknown>)["return"]);
    try {
      this.limits.signIns.take(request.ip);
      const browser = this.sessions.bindBrowser(request, reply);
      return reply.redirect((await this.signIn.begin({ who, returnPath, browser })).href, 303);
    } catch (error) {
      return this.#toSignInPage(reply, error, { returnPath, ...("handle" in who ? { handle: who.handle } : {}) });
    }
  }

  /** `/sign-in?error=<why a sign-in came to nothing, or a refusal's code>&return=<path>&handle=<as typed>` */
  #toSignInPage(reply: FastifyReply, error: unknown, asked: { returnPath?: string; handle?: string } = {}) {
    const facts = isRefusal(error) ? error.facts : {};
    const code = isRefusal(error) ? error.code : "sign_in_failed";
    const back = new URLSearchParams({ error: typeof facts["failure"] === "string" ? facts["failure"] : code });
    back.set("return", returnPathOf(facts["returnPath"] ?? asked.returnPath));
    if (asked.handle) back.set("handle", asked.handle);
    if (!isRefusal(error) || facts["failure"] === "host_failed") this.log.warn({ err: error }, "sign-in failed");
    return reply.redirect(`/sign-in?${back}`, 303);
  }
}
