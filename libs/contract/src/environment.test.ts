import { expect, test } from "vitest";
import { readEnvironment } from "./index.ts";

const local = {
  FREEHOLD_WORLD: "local",
  PUBLIC_URL: "http://127.0.0.1:4000",
  DATABASE_URL: "postgresql://freehold_app@127.0.0.1:5432/freehold",
  STRIPE_SECRET_KEY: "sk_test_local",
  STRIPE_WEBHOOK_SECRET: "whsec_local",
  STRIPE_API_URL: "http://127.0.0.1:12000",
  MIRRORS_DIR: "/var/tmp/mirrors",
  EVIDENCE_DIR: "/var/tmp/evidence",
  SESSION_SECRET: "a secret of at least thirty-two characters",
  CLAIM_SIGNING_KEY: "MC4CAQAwBQYDK2VwBCIEIGBf8nFbYeE2tiB7kMSCrz3n0SWHOff2EXzhl7vGBukY",
};
const production = {
  NODE_ENV: "production",
  PUBLIC_URL: "https://freehold.example",
  DATABASE_URL: "postgresql://freehold_app@db.internal:5432/freehold",
  REDIS_URL: "redis://redis.internal:6379",
  STRIPE_SECRET_KEY: "sk_live_000000000000",
  STRIPE_WEBHOOK_SECRET: "whsec_000000000000",
  MIRRORS_DIR: "/var/lib/freehold/mirrors",
  EVIDENCE_DIR: "/var/lib/freehold/evidence",
  SESSION_SECRET: "a secret of at least thirty-two characters",
  CLAIM_SIGNING_KEY: "MC4CAQAwBQYDK2VwBCIEIGBf8nFbYeE2tiB7kMSCrz3n0SWHOff2EXzhl7vGBukY",
};

test("production starts with everything real", () => {
  expect(readEnvironment(production).NODE_ENV).toBe("production");
});

test.each([
  ["FREEHOLD_WORLD", "local"],
  ["STRIPE_API_URL", "http://127.0.0.1:12000"],
  ["STRIPE_SECRET_KEY", "sk_test_0000000000"],
  ["REDIS_URL", ""],
  ["PUBLIC_URL", "http://freehold.example"],
  ["PLC_URL", "http://localhost:2582"],
  ["PDS_URL", "http://localhost:2583"],
  ["GITHUB_API_URL", "http://127.0.0.1:4010/api/v3"],
  ["GITHUB_URL", "http://127.0.0.1:4010"],
  ["TANGLED_URL", "http://127.0.0.1:4011"],
  ["LOCAL_PREVIEW_URL", "http://127.0.0.1:4012"],
  ["BOOT_SEED", "1"],
  ["DATABASE_OWNER_URL", "postgresql://owner@db.internal:5432/freehold"],
])("production refuses to start with %s=%s, and names it", (name, value) => {
  expect(() => readEnvironment({ ...production, [name]: value })).toThrow(name);
});

test("a claim is signed with a key of the right kind, and former keys are public ones", () => {
  for (const [name, value] of [
    ["CLAIM_SIGNING_KEY", ""],
    ["CLAIM_SIGNING_KEY", "a secret of at least thirty-two characters"],
    ["CLAIM_FORMER_KEYS", production.CLAIM_SIGNING_KEY],
  ] as const)
    expect(() => readEnvironment({ ...production, [name]: value })).toThrow(name);
});

test("a message names everything that is missing", () => {
  expect(() => readEnvironment({ PUBLIC_URL: "no address" })).toThrow(
    /PUBLIC_URL[\s\S]*DATABASE_URL[\s\S]*STRIPE_SECRET_KEY[\s\S]*SESSION_SECRET/,
  );
});

test("J11 a key that is not a test key is never sent to a simulator", () => {
  expect(readEnvironment(local).STRIPE_API_URL).toBe(local.STRIPE_API_URL);
  expect(() => readEnvironment({ ...local, STRIPE_SECRET_KEY: "sk_live_000000000000" })).toThrow("simulator");
});
