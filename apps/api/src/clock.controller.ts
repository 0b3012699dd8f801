import { Controller, Inject } from "@nestjs/common";
import { type BodyOf, type Environment, refusal } from "@freehold/contract";
import { Database } from "@freehold/database";
import { ENVIRONMENT, PartyService } from "@freehold/journey";
import pg from "pg";
import { Body, Door, Visitor } from "./http/door.ts";
import type { SignedIn } from "./http/session.ts";

/** Only where every part is the local world's, and the owner's right is lent to the api. */
export const isWindable = (environment: Environment): boolean =>
  environment.FREEHOLD_WORLD === "local" &&
  environment.STRIPE_API_URL !== undefined &&
  environment.DATABASE_OWNER_URL !== undefined;

/** Story time. Winding it is the owner role's right, and only where the local world lends that to the api. */
@Controller()
export class ClockController {
  constructor(
    private readonly database: Database,
    private readonly parties: PartyService,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Door("clock")
  async read() {
    const [row] = await this.database.$queryRaw<{ now: Date; shift: bigint }[]>`
      SELECT clock_now() AS now, extract(epoch FROM shift)::bigint AS shift FROM clock_offset WHERE id = 1`;
    return { now: row!.now.toISOString(), shiftSeconds: Number(row!.shift), windable: isWindable(this.environment) };
  }

  @Door("windClock")
  async wind(@Visitor() who: SignedIn, @Body() { by }: BodyOf<"windClock">) {
    if (!isWindable(this.environment)) throw refusal("clock_not_windable");
    if (!(await this.parties.isStaff(this.database, who.partyId))) throw refusal("not_staff");
    const [, count, unit] = /^\+(\d+)([dhm])$/.exec(by)!;
    const owner = new pg.Client({ connectionString: this.environment.DATABASE_OWNER_URL });
    await owner.connect();
    try {
      await owner.query("UPDATE clock_offset SET shift = shift + $1::interval WHERE id = 1", [`${count}${unit}`]);
    } finally {
      await owner.end();
    }
    return this.read();
  }
}
