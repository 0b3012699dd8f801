import { z } from "zod";
import { instant } from "../values.ts";

/** A build that we keep, and what it is known by. */
export const keptFile = z
  .object({
    name: z.string(),
    bytes: z.number().int(),
    sha256: z.string(),
  })
  .meta({ id: "KeptFile" });
export type KeptFile = z.infer<typeof keptFile>;

/** How a preview was found from outside. Time in which nobody looked is neither up nor down. */
export const uptimeView = z
  .object({
    from: instant,
    until: instant,
    /** Equal parts of the time from opening to now, oldest first; what is not up or down in one was not looked at. */
    cells: z.array(z.object({ from: instant, until: instant, upMs: z.number().int(), downMs: z.number().int() })),
    upMs: z.number().int(),
    downMs: z.number().int(),
    /** Of the time looked at; null when nobody has looked. */
    upBasisPoints: z.number().int().nullable(),
    /** When it is down now: since when. */
    downSince: instant.nullable(),
    lastVisit: z
      .object({
        at: instant,
        up: z.boolean(),
        status: z.number().int().nullable(),
        tookMs: z.number().int().nullable(),
      })
      .nullable(),
  })
  .meta({ id: "Uptime" });
export type UptimeView = z.infer<typeof uptimeView>;
