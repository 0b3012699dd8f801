import { z } from "zod";
import { id, instant, personView } from "../values.ts";

export const sessionView = z
  .object({
    person: personView.extend({ did: z.string(), staff: z.boolean() }).nullable(),
    /** Goes into every form and back as `x-csrf-token`. Present signed out, too (then it is empty). */
    csrfToken: z.string(),
    unreadNotices: z.number().int(),
    /** Story time, and whether it can be wound here. */
    now: instant,
    windable: z.boolean(),
  })
  .meta({ id: "Session" });
export type SessionView = z.infer<typeof sessionView>;

export const noticeView = z
  .object({
    id,
    kind: z.string(),
    sentence: z.string(),
    /** Where it leads, a path on this site. */
    path: z.string(),
    at: instant,
    read: z.boolean(),
  })
  .meta({ id: "Notice" });
export const noticesView = z
  .object({ notices: z.array(noticeView), next: z.string().nullable() })
  .meta({ id: "Notices" });
export type NoticesView = z.infer<typeof noticesView>;

/** What a developer needs to be paid. */
export const payeeAccountView = z
  .object({
    state: z.enum(["none", "incomplete", "payable", "restricted"]),
    checkedAt: instant.nullable(),
  })
  .meta({ id: "PayeeAccount" });
export type PayeeAccountView = z.infer<typeof payeeAccountView>;

export const onboardingRequest = z.strictObject({
  returnPath: z
    .string()
    .regex(/^\/[^/\\]/)
    .max(300),
});
export const onboardingView = z.object({ url: z.url() }).meta({ id: "Onboarding" });
