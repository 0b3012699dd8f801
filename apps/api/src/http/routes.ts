import type { FastifyInstance } from "fastify";

/** All routes there are, to tell a wrong method from a wrong address. */
export class RouteList {
  readonly #routes: { pattern: RegExp; methods: string[] }[] = [];

  /** Listens to the routes that are registered from now on. */
  listen(server: FastifyInstance): void {
    server.addHook("onRoute", ({ url, method }) => {
      if (url.includes("*")) return;
      const source = url
        .split("/")
        .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/:[a-zA-Z]+/g, "[^/]+"))
        .join("/");
      this.#routes.push({ pattern: new RegExp(`^${source}/?$`), methods: [method].flat() });
    });
  }

  /** The methods that an address answers to. */
  methods(url: string): string[] {
    const path = url.split("?", 1)[0]!;
    return [...new Set(this.#routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))];
  }
}
