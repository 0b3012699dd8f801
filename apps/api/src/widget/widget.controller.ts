import { Controller, Get, Inject, Param, Res } from "@nestjs/common";
import { type Environment, refusal } from "@freehold/contract";
import { ENVIRONMENT, TimetableQueries } from "@freehold/journey";
import { makeBadge } from "badge-maker";
import type { FastifyReply } from "fastify";
import element from "./freehold-feature.js?raw";

/** Five minutes fresh, then shown while it is fetched anew: a badge on a busy page costs next to nothing. */
const CACHE = "public, max-age=300, stale-while-revalidate=3600";

/** The door for maintainers: the element and the badge, public, without cookies, under a versioned address. */
@Controller()
export class WidgetController {
  constructor(
    private readonly timetable: TimetableQueries,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get("/w/1/freehold-feature.js")
  async element(@Res() reply: FastifyReply) {
    await this.#open(reply).type("text/javascript; charset=utf-8").send(element);
  }

  @Get("/w/1/features/:file.svg")
  async badge(@Param("file") id: string, @Res() reply: FastifyReply) {
    const feature = await this.timetable.widget(id, this.environment.PUBLIC_URL).catch((error: unknown) => {
      throw error instanceof Error && error.name === "Refusal" ? refusal("not_found") : error;
    });
    const svg = makeBadge({
      label: "freehold",
      message: feature.line,
      color: feature.stage === "settled" ? "#0f5c4a" : "#16211f",
      style: "flat",
    });
    await this.#open(reply)
      .header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
      .type("image/svg+xml; charset=utf-8")
      .send(svg);
  }

  #open(reply: FastifyReply): FastifyReply {
    return reply
      .header("cache-control", CACHE)
      .header("cross-origin-resource-policy", "cross-origin")
      .header("x-content-type-options", "nosniff");
  }
}
