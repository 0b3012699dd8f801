/** What the web server reads from its environment, once, at boot. */
export interface Settings {
  port: number;
  host: string;
  /** Origin of the api. */
  api: string;
  publicUrl: URL;
  production: boolean;
  /** Addresses or networks that may say whom they speak for; without any, the visitor's address is the connection's. */
  trustedProxies: string[];
}

/** Refuses to start without a usable PUBLIC_URL, and in production with one that is not https. */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const port = Number(environment.PORT ?? 3900);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`PORT is not a port: ${environment.PORT}`);
  const address = environment.PUBLIC_URL ?? `http://127.0.0.1:${port}`;
  const publicUrl = URL.canParse(address) ? new URL(address) : null;
  if (publicUrl === null || !/^https?:$/.test(publicUrl.protocol) || publicUrl.pathname !== "/")
    throw new Error(`PUBLIC_URL must be an origin such as https://freehold.example: ${address}`);
  const production = environment.NODE_ENV === "production";
  if (production && publicUrl.protocol !== "https:")
    throw new Error(`Refusing to start in production: PUBLIC_URL must begin with https:// (it is ${address}).`);
  const api = environment.API_URL ?? "http://127.0.0.1:4001";
  if (!URL.canParse(api)) throw new Error(`API_URL is not an address: ${api}`);
  return {
    port,
    host: environment.LISTEN_HOST || "127.0.0.1",
    api: new URL(api).origin,
    publicUrl,
    production,
    trustedProxies: (environment.TRUSTED_PROXIES ?? "").split(",").filter((entry) => entry !== ""),
  };
}
