import { newId } from "@freehold/values";
import { now, type Tx } from "@freehold/database";
import type { IntentRequest } from "./requests.ts";

/** Writes down what we mean to do, in the transaction that decides it. One intent per purpose, subject and attempt. */
export async function plan(
  tx: Tx,
  request: IntentRequest,
  subject: { id: string; key: string; developmentId: string | null; attempt?: number },
): Promise<string> {
  const id = newId();
  const attempt = subject.attempt ?? 1;
  await tx.intent.create({
    data: {
      id,
      purpose: request.purpose,
      subjectId: subject.id,
      developmentId: subject.developmentId,
      attempt,
      key: `${subject.key}_${attempt}`,
      request: request.params as object,
      createdAt: await now(tx),
    },
  });
  return id;
}
