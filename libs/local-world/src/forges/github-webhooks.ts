import { randomUUID } from "node:crypto";
import type { StoredGitHubRepository } from "./github-model.ts";
import { zeroSha, type MovedRef } from "./moved-refs.ts";
import { hexHmac, WebhookSender } from "./webhook-sender.ts";

export interface GitHubListener {
  url: string;
  secret: string;
}

/** What GitHub tells a listener, with its own headers and signatures. A message that is not taken is not sent again. */
export class GitHubWebhooks {
  readonly #sender = new WebhookSender(1);
  readonly #describe: (repository: StoredGitHubRepository) => Promise<Record<string, unknown>>;
  #listener: GitHubListener | null = null;

  constructor(describe: (repository: StoredGitHubRepository) => Promise<Record<string, unknown>>) {
    this.#describe = describe;
  }

  get sent() {
    return this.#sender.sent;
  }

  listen(listener: GitHubListener | null): void {
    this.#listener = listener;
    if (listener) this.#post("ping", { zen: "Keep it logically awesome.", hook_id: 1, hook: { type: "App", id: 1 } });
  }

  async pushed(repository: StoredGitHubRepository, moved: readonly MovedRef[], actor: string): Promise<void> {
    for (const { ref, before, after, forced } of moved) {
      const created = before === zeroSha;
      const deleted = after === zeroSha;
      const tell = (event: string, body: Record<string, unknown>) => this.tell(event, repository, body, actor);
      await tell("push", { ref, before, after, created, deleted, forced, commits: [], pusher: { name: actor } });
      const [, kind, ...name] = ref.split("/");
      const short = { ref: name.join("/"), ref_type: kind === "tags" ? "tag" : "branch", pusher_type: "user" };
      if (created || deleted) await tell(created ? "create" : "delete", short);
    }
  }

  /** `body` is what the event says besides its repository and its sender. */
  async tell(
    event: string,
    repository: StoredGitHubRepository,
    body: Record<string, unknown> = {},
    actor = repository.owner,
  ): Promise<void> {
    if (!this.#listener) return;
    this.#post(event, {
      ...body,
      repository: await this.#describe(repository),
      sender: { login: actor, type: "User" },
    });
  }

  again(id: string): void {
    this.#sender.again(id);
  }

  drained(): Promise<void> {
    return this.#sender.drained();
  }

  close(): void {
    this.#sender.close();
  }

  #post(event: string, payload: Record<string, unknown>): void {
    if (!this.#listener) return;
    const { url, secret } = this.#listener;
    const body = JSON.stringify(payload);
    const id = randomUUID();
    this.#sender.post({
      id,
      event,
      url,
      body,
      headers: {
        accept: "*/*",
        "content-type": "application/json",
        "user-agent": "GitHub-Hookshot/local",
        "x-github-event": event,
        "x-github-delivery": id,
        "x-github-hook-id": "1",
        "x-github-hook-installation-target-type": "integration",
        "x-hub-signature": `sha1=${hexHmac("sha1", secret, body)}`,
        "x-hub-signature-256": `sha256=${hexHmac("sha256", secret, body)}`,
      },
    });
  }
}
