import http from "node:http";

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

export interface NewAccount {
  handle: string;
  email: string;
  password: string;
}

/**
 * A browser for tests that walks through a host's authorization pages: it keeps cookies and calls what the pages' own script
 * calls. Those addresses are private to the host's software; one test in a real browser proves the pages themselves.
 */
export class ScriptedBrowser {
  readonly cookies = new Map<string, string>();

  request(method: string, address: string, headers: Record<string, string> = {}, body?: unknown): Promise<Answer> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const all = {
      "user-agent": "Mozilla/5.0 (X11; Linux x86_64) freehold-test/1.0",
      accept: "text/html,application/json",
      "accept-language": "en",
      ...(cookie === "" ? {} : { cookie }),
      ...(payload === undefined
        ? {}
        : { "content-type": "application/json", "content-length": String(Buffer.byteLength(payload)) }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      // fetch cannot set the sec-fetch headers that the host insists on.
      const request = http.request(new URL(address), { method, headers: all, agent: false }, (response) => {
        for (const line of response.headers["set-cookie"] ?? []) this.#keep(line);
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      });
      request.on("error", reject);
      request.end(payload);
    });
  }

  navigate(address: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request("GET", address, {
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
      "sec-fetch-site": "none",
      "sec-fetch-user": "?1",
      "upgrade-insecure-requests": "1",
      ...headers,
    });
  }

  /** Signs in on the host's page and says yes. @returns where the host sends the browser back to */
  async signIn(authorizePage: URL, username: string, password: string): Promise<URL> {
    const page = await this.openPage(authorizePage);
    const answer = await this.#call(page, "/sign-in", { locale: "en", username, password, remember: false });
    return this.#consent(page, answer as SignedInOnHost);
  }

  /** Makes an account on the host's page and says yes. */
  async signUp(authorizePage: URL, account: NewAccount): Promise<URL> {
    const page = await this.openPage(authorizePage);
    await this.#call(page, "/verify-handle-availability", { handle: account.handle });
    const answer = await this.#call(page, "/sign-up", { locale: "en", ...account });
    return this.#consent(page, answer as SignedInOnHost);
  }

  /** Says no on the host's page. */
  async deny(authorizePage: URL): Promise<URL> {
    const page = await this.openPage(authorizePage);
    return this.#leave(page, ((await this.#call(page, "/reject", {})) as { url: string }).url);
  }

  /** Opens the host's page. @returns its final address */
  async openPage(authorizePage: URL): Promise<string> {
    let page = authorizePage.href;
    let answer = await this.navigate(page);
    for (let hops = 0; answer.headers.location !== undefined && hops < 5; hops += 1) {
      page = new URL(answer.headers.location, page).href;
      answer = await this.navigate(page);
    }
    if (answer.status !== 200)
      throw new Error(`The host's page answered ${answer.status}: ${answer.text.slice(0, 400)}`);
    return page;
  }

  async #consent(page: string, { account, ephemeralToken }: SignedInOnHost): Promise<URL> {
    const { url } = (await this.#call(page, "/consent", { did: account.did }, ephemeralToken)) as { url: string };
    return this.#leave(page, url);
  }

  async #leave(page: string, url: string): Promise<URL> {
    const answer = await this.navigate(url, { referer: page, "sec-fetch-site": "same-origin" });
    if (answer.headers.location === undefined)
      throw new Error(`The host did not send the browser back: ${answer.status} ${answer.text.slice(0, 400)}`);
    return new URL(answer.headers.location, url);
  }

  async #call(page: string, path: string, body: unknown, bearer?: string): Promise<unknown> {
    const { origin } = new URL(page);
    const headers = {
      origin,
      referer: page,
      "sec-fetch-mode": "same-origin",
      "sec-fetch-dest": "empty",
      "sec-fetch-site": "same-origin",
      "x-csrf-token": this.cookies.get("csrf-token") ?? "",
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    };
    const answer = await this.request("POST", `${origin}/@atproto/oauth-provider/~api${path}`, headers, body);
    const json = JSON.parse(answer.text) as { error?: string };
    if (answer.status >= 400 || json.error !== undefined)
      throw new Error(`The host refused ${path}: ${answer.status} ${answer.text}`);
    return json;
  }

  #keep(line: string): void {
    const [pair = "", ...attributes] = line.split(";");
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    if (attributes.some((attribute) => attribute.trim().toLowerCase() === "max-age=0")) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(at + 1));
  }
}

interface SignedInOnHost {
  account: { did: string };
  ephemeralToken?: string;
}
