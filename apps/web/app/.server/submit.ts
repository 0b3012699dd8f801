import {
  type AnswerOf,
  type BodyOf,
  type EndpointName,
  type Problem,
  type Endpoint,
  endpoints,
} from "@freehold/contract";
import { data, redirect } from "react-router";
import { carryTyped, signInPath } from "../return-path.ts";
import type { Refused } from "../refused.ts";
import { call } from "./api.ts";
import { dropDraft, keepDraft } from "./draft.ts";
import { Form } from "./form.ts";
import { fieldOf, sentenceFor } from "./problem-fields.ts";

interface Submission<Name extends EndpointName> {
  params?: Record<string, string>;
  /** Reads the form into the endpoint's body; faults are noted on the form. */
  body?: (form: Form) => BodyOf<Name>;
  /** Where the visitor goes after success. */
  then: (answer: AnswerOf<Name>, form: Form) => string;
  /** What was typed comes back filled in after signing in. */
  carry?: true;
}

/**
 * A plain form becomes one call of the api. Success leads on with 303; a refusal comes back with what was typed, the
 * field it belongs to and the status the api gave. A signed-out visitor is sent to sign in and back to this form.
 */
export async function submit<Name extends EndpointName>(request: Request, name: Name, submission: Submission<Name>) {
  if (request.method !== "POST") throw data(null, { status: 405 });
  const form = await Form.read(request);
  const endpoint: Endpoint = endpoints[name];
  const body = submission.body?.(form);
  if (body !== undefined && endpoint.body !== undefined) form.check(endpoint.body, body);
  if (form.faulty) {
    // Signed-out visitors correct their form here, too, before they are sent away to sign in.
    return answer(400, { typed: form.typed, faults: form.faults, problem: null, key: null });
  }
  const answered = await call(name, {
    request,
    ...(submission.params && { params: submission.params }),
    ...(body !== undefined && { body }),
    csrf: form.csrf,
    idempotencyKey: form.key,
  } as Parameters<typeof call<Name>>[1]);
  if (answered.ok) {
    const headers = new Headers();
    const dropped = dropDraft(new URL(request.url).pathname, request);
    for (const cookie of [...answered.setCookie, ...dropped]) headers.append("set-cookie", cookie);
    throw redirect(submission.then(answered.answer, form), { status: 303, headers });
  }
  const { problem } = answered;
  if (await needsSignIn(request, problem)) return toSignIn(request, form, submission.carry === true);
  const field = fieldOf(problem);
  return answer(problem.status, {
    typed: form.typed,
    faults: field && field in form.typed ? { [field]: sentenceFor(problem) } : {},
    problem: { code: problem.code, sentence: sentenceFor(problem) },
    // Nobody knows whether it was carried out: the same key makes sending it again harmless.
    key: problem.status >= 500 ? form.key : null,
  });
}

const answer = (status: number, refused: Refused) => data({ refused }, { status });

/** A form that was rendered signed out has no token, so its refusal may come as either code. */
async function needsSignIn(request: Request, problem: Problem): Promise<boolean> {
  if (problem.code === "sign_in_required") return true;
  if (problem.code !== "csrf_token_invalid") return false;
  const session = await call("session", { request });
  return session.ok && session.answer.person === null;
}

function toSignIn(request: Request, form: Form, carry: boolean) {
  const { pathname, search } = new URL(request.url);
  const back = carry ? carryTyped(pathname, form.typed) : pathname + search;
  if (back !== null) throw redirect(signInPath(back), 303);
  const kept = keepDraft(pathname, form.typed);
  if (kept !== null) {
    const headers = new Headers();
    for (const cookie of kept) headers.append("set-cookie", cookie);
    throw redirect(signInPath(pathname), { status: 303, headers });
  }
  const sentence =
    "Sign in first. Your text is too long to be carried along: sign in in another tab, then come back here and send this form again.";
  return answer(401, {
    typed: form.typed,
    faults: {},
    problem: { code: "sign_in_required", sentence },
    key: null,
  });
}
