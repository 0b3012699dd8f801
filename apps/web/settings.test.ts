import { describe, expect, it } from "vitest";
import { readSettings } from "./settings.ts";

describe("what the web server reads at boot", () => {
  it("refuses to start in production on an address that is not https", () => {
    expect(() => readSettings({ NODE_ENV: "production", PUBLIC_URL: "http://127.0.0.1:3900" })).toThrow(/https/);
    expect(readSettings({ NODE_ENV: "production", PUBLIC_URL: "https://freehold.example" }).production).toBe(true);
  });

  it("refuses a public address that is not an origin, and a port that is not one", () => {
    expect(() => readSettings({ PUBLIC_URL: "freehold" })).toThrow(/PUBLIC_URL/);
    expect(() => readSettings({ PUBLIC_URL: "https://freehold.example/path" })).toThrow(/PUBLIC_URL/);
    expect(() => readSettings({ PORT: "99999" })).toThrow(/PORT/);
  });

  it("listens on loopback and trusts no proxy unless told", () => {
    const settings = readSettings({ PORT: "3000" });
    expect(settings).toMatchObject({ host: "127.0.0.1", port: 3000, trustedProxies: [] });
    expect(settings.publicUrl.origin).toBe("http://127.0.0.1:3000");
  });
});
