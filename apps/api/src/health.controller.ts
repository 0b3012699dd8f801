import { Controller, Get, Res } from "@nestjs/common";
import { Database } from "@freehold/database";
import type { FastifyReply } from "fastify";

const PATIENCE_MS = 2_000;

@Controller("api/health")
export class HealthController {
  constructor(private readonly database: Database) {}

  /** 200 when the database answers, else 503. */
  @Get()
  async health(@Res({ passthrough: true }) reply: FastifyReply) {
    const late = new Promise<never>((_, reject) => setTimeout(reject, PATIENCE_MS).unref());
    const reachable = await Promise.race([this.database.$queryRaw`SELECT 1`, late]).then(
      () => true,
      () => false,
    );
    void reply.code(reachable ? 200 : 503);
    return { status: reachable ? "ok" : "database unreachable" };
  }
}
