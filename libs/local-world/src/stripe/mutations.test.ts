import fc from "fast-check";
import { stringify } from "qs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTES } from "./api.ts";
import { Desk } from "./fixture.ts";
import { samplesOf, type Sample } from "./samples.ts";

let desk: Desk;
let samples: Sample[];
beforeAll(async () => {
  desk = await Desk.open();
  samples = await samplesOf(desk);
});
afterAll(() => desk.close());

type Node = Record<string, unknown>;
const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;
const isV2 = (sample: Sample): boolean => sample.path.startsWith("/v2/");

async function send({ method, path }: Sample, fields: Node): Promise<{ status: number; headers: Headers; body: Node }> {
  const json = method === "POST" && path.startsWith("/v2/");
  const form = stringify(fields, { encodeValuesOnly: true });
  const response = await fetch(`${desk.sim.url}${path}${method === "GET" && form !== "" ? `?${form}` : ""}`, {
    method,
    headers: {
      authorization: "Bearer sk_test_x",
      "content-type": json ? "application/json" : "application/x-www-form-urlencoded",
    },
    ...(method === "POST" ? { body: json ? JSON.stringify(fields) : form } : {}),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Node };
}

/** Every place in the fields, as a path of names. */
function places(value: unknown, at: string[] = []): string[][] {
  if (!isNode(value)) return [at];
  return [...(at.length > 0 ? [at] : []), ...Object.keys(value).flatMap((name) => places(value[name], [...at, name]))];
}

/** A copy of the fields in which what stands at `path` is changed; undefined takes it away. */
function changed(fields: Node, path: string[], change: (old: unknown) => unknown): Node {
  const copy = structuredClone(fields);
  const last = path.at(-1)!;
  const holder = path.slice(0, -1).reduce<Node>((node, name) => node[name] as Node, copy);
  const value = change(holder[last]);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}

interface Mutation {
  sample: Sample;
  what: string;
  fields: Node;
}

const without = (sample: Sample): Mutation[] =>
  sample.required.map((name) => ({
    sample,
    what: `without ${name}`,
    fields: changed(sample.fields, name.split("."), () => undefined),
  }));

const withMore = (sample: Sample, name: string): Mutation[] =>
  [[], ...places(sample.fields)]
    .filter((at) => at.length === 0 || isNode(at.reduce<unknown>((node, part) => (node as Node)[part], sample.fields)))
    // A list takes any number of items, and metadata any name.
    .filter(
      (at) =>
        !["metadata", "include", "expand", "types", "line_items", "applied_configurations"].includes(at.at(-1) ?? ""),
    )
    .map((at) => ({
      sample,
      what: `with ${[...at, name].join(".")}`,
      fields: changed(sample.fields, [...at, name], () => "1"),
    }));

const retyped = (sample: Sample): Mutation[] =>
  places(sample.fields).flatMap((at) => {
    const wrong = (old: unknown): unknown[] => {
      if (isNode(old)) return ["text"];
      if (!isV2(sample) || sample.method === "GET") return [{ zz: "1" }];
      return [{ zz: "1" }, typeof old === "string" ? 7 : String(old)];
    };
    const old = at.reduce<unknown>((node, part) => (node as Node)[part], sample.fields);
    return (
      wrong(old)
        // Numbers are taken as metadata's text.
        .filter((value) => !(at.includes("metadata") && typeof value === "number"))
        .map((value) => ({
          sample,
          what: `with ${JSON.stringify(value)} at ${at.join(".")}`,
          fields: changed(sample.fields, at, () => value),
        }))
    );
  });

test("there is a valid request for every endpoint, which names all that is required", () => {
  const endpoints = (list: { method: string; path: string }[]): string[] =>
    [...new Set(list.map(({ method, path }) => `${method} ${path}`))].toSorted();
  expect(endpoints(samples.map(({ method, route }) => ({ method, path: route })))).toEqual(endpoints([...ROUTES]));
  for (const sample of samples) {
    const route = ROUTES.find((one) => one.method === sample.method && one.path === sample.route)!;
    for (const [name, field] of Object.entries(route.params))
      if (field.required) expect(sample.required, `${sample.method} ${sample.route}`).toContain(name);
  }
});

test("a request that lacks a parameter, has an unknown one or one of another type is refused and does nothing", async () => {
  const mutation = fc
    .constantFrom(...samples)
    .chain((sample) =>
      fc
        .stringMatching(/^zz_[a-z_]{1,12}$/)
        .map((name) => [...without(sample), ...withMore(sample, name), ...retyped(sample)]),
    )
    .chain((all) => fc.constantFrom(...all));
  let before = JSON.stringify(await desk.sim.control.dump());
  await fc.assert(
    fc.asyncProperty(mutation, async ({ sample, what, fields }) => {
      const { status, headers, body } = await send(sample, fields);
      const where = `${sample.method} ${sample.path} ${what}: ${JSON.stringify(body)}`;
      expect(status, where).toBe(400);
      expect(body["error"], where).toMatchObject({
        type: "invalid_request_error",
        message: expect.stringMatching(/\S/) as string,
      });
      expect(headers.get("request-id"), where).toMatch(/^req_\w{14}$/);
      expect(headers.get("stripe-version"), where).toBe("2026-10-28.endive");
      const after = JSON.stringify(await desk.sim.control.dump());
      expect(after === before, `${where} changed something`).toBe(true);
      before = after;
    }),
    { numRuns: 300 },
  );
});

test("unaltered, each of these requests is accepted", async () => {
  for (const sample of samples) {
    const { status, body } = await send(sample, sample.fields);
    expect(status, `${sample.method} ${sample.path}: ${JSON.stringify(body)}`).toBe(200);
  }
});
