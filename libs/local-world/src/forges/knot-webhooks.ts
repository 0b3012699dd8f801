import { randomUUID } from "node:crypto";
import type { StoredKnotRepository } from "./knot-model.ts";
import type { MovedRef } from "./moved-refs.ts";
import { hexHmac, WebhookSender } from "./webhook-sender.ts";

export interface KnotListener {
  url: string;
  /** Without one, messages are not signed. */
  secret?: string;
}

/** What a Tangled spindle posts for a repository whose owner asked for it: three attempts, signed if there is a secret. */
export class KnotWebhooks {
  readonly #sender = new WebhookSender(3);
  readonly #listeners = new Map<string, KnotListener>();
  readonly #cloneUrl: (repository: StoredKnotRepository) => string;

  constructor(cloneUrl: (repository: StoredKnotRepository) => string) {
    this.#cloneUrl = cloneUrl;
  }

  get sent() {
    return this.#sender.sent;
  }

  listen(repository: StoredKnotRepository, listener: KnotListener | null): void {
    if (listener === null) this.#listeners.delete(repository.repoDid);
    else this.#listeners.set(repository.repoDid, listener);
  }

  pushed(repository: StoredKnotRepository, moved: readonly MovedRef[]): void {
    for (const { ref, before, after } of moved) this.tell("push", repository, { ref, before, after });
  }

  tell(event: string, repository: StoredKnotRepository, change: Record<string, unknown>): void {
    const listener = this.#listeners.get(repository.repoDid);
    if (!listener) return;
    const body = JSON.stringify({
      ...change,
      repository: {
        name: repository.name,
        full_name: `${repository.ownerDid}/${repository.name}`,
        clone_url: this.#cloneUrl(repository),
        owner: { did: repository.ownerDid },
        created_at: repository.createdAt,
      },
      pusher: { did: repository.ownerDid },
    });
    const id = randomUUID();
    const { url, secret } = listener;
    this.#sender.post({
      id,
      event,
      url,
      body,
      headers: {
        "content-type": "application/json",
        "user-agent": "Tangled-Hook/local",
        "x-tangled-event": event,
        "x-tangled-delivery": id,
        "x-tangled-hook-id": "1",
        "x-tangled-repo": repository.repoDid.startsWith("did:")
          ? repository.repoDid
          : `${repository.ownerDid}/${repository.name}`,
        ...(secret ? { "x-tangled-signature-256": `sha256=${hexHmac("sha256", secret, body)}` } : {}),
      },
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
}
