import { z } from "zod";
import { id, instant, line, moneyInput, moneyView, prose, webAddress } from "../values.ts";
import { previewKind } from "../words.ts";

export const createDevelopment = z
  .strictObject({
    /** The day the developer expects to open the preview, at most 90 days ahead. */
    expectedPreviewAt: instant,
    /** Where the code will be released: a GitHub or Tangled repository. */
    repository: z.string().trim().min(3).max(300),
    destination: z.enum(["own", "project"]),
    /** What the developer hopes for: an estimate of the full cost, not a threshold (003-17, 003-34). */
    goal: moneyInput.optional(),
  })
  .meta({ id: "CreateDevelopment" });
export type CreateDevelopment = z.infer<typeof createDevelopment>;

export const endDevelopment = z.strictObject({ note: prose(3, 1000) }).meta({ id: "EndDevelopment" });

export const createDonation = z
  .strictObject({
    /** Goes to the developer today and does not come back. */
    amount: moneyInput,
    /** What the giver would pay in all if the feature were finished (003-19). */
    fullAmount: moneyInput,
  })
  .meta({ id: "CreateDonation" });

export const openPreview = z
  .strictObject({
    kind: previewKind.default("page"),
    /** Where it is, or for a download where we fetch it from. It has to answer when the preview opens. */
    url: webAddress,
    howToReach: prose(10, 5000),
    /** What it should do, one point each. */
    points: z.array(line(3, 300)).min(1).max(20),
    days: z.number().int(),
    windowDays: z.number().int(),
    /** The branch that will hold the release, pinned now. */
    branch: z.string().trim().min(1).max(200),
    /** Optional seal: 64 hexadecimal digits. */
    commitment: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  })
  .meta({ id: "OpenPreview" });
export type OpenPreview = z.infer<typeof openPreview>;

export const createPledge = z
  .strictObject({
    amount: moneyInput,
    /** Whether the plaque may name the backer. */
    named: z.boolean().default(false),
  })
  .meta({ id: "CreatePledge" });

/** A payment that has to be made on the processor's own page. */
export const checkoutView = z
  .object({
    id,
    state: z.string(),
    amount: moneyView,
    serviceFee: moneyView,
    total: moneyView,
    url: z.url().nullable(),
  })
  .meta({ id: "Checkout" });
export type CheckoutView = z.infer<typeof checkoutView>;

/** What a pledge of some amount would mean, before paying. */
export const pledgeQuote = z
  .object({
    amount: moneyView,
    serviceFee: moneyView,
    total: moneyView,
    toDeveloper: moneyView,
    platformFee: moneyView,
    closesAt: instant,
    latestDay: instant,
    statementName: z.string(),
    developer: z.string(),
  })
  .meta({ id: "PledgeQuote" });
export type PledgeQuote = z.infer<typeof pledgeQuote>;

export const quoteQuery = z.object({ minor: z.string().regex(/^[0-9]{1,12}$/) });

export const decide = z
  .strictObject({ kind: z.enum(["decline", "release"]), note: prose(0, 2000).optional() })
  .meta({ id: "Decide" });

export const submitRelease = z
  .strictObject({
    commit: z.string().trim().toLowerCase().max(64),
    /** Must be the branch pinned at the preview's opening. */
    branch: z.string().trim().min(1).max(200),
    /**
     * For a sealed preview: the whole text of freehold-seal.json, or the nonce alone. 500,000 characters (some 3,500 sealed
     * files) stay below the 1 MB of a request however they are escaped; whoever sealed more hands in the nonce.
     */
    nonce: z.string().trim().max(500_000).optional(),
  })
  .meta({ id: "SubmitRelease" });
